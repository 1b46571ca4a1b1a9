"""edge_rules.credentials.hash_list."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.hash_list import HashList

HASHES = st.binary(min_size=16, max_size=16)


@given(st.lists(HASHES, max_size=40), HASHES)
def test_it_holds_what_a_set_holds(hashes: list[bytes], other: bytes) -> None:
    found = HashList.of([*hashes, *hashes[:3]])
    assert len(found) == len(set(hashes))
    assert all(one in found for one in hashes)
    assert (other in found) == (other in hashes)
    assert pickle.loads(pickle.dumps(found)) == found


def test_an_empty_list_holds_nothing() -> None:
    assert bytes(16) not in HashList()
