"""devices.digest."""

from devices.digest import digest_under


def test_the_same_message_is_known_again_under_the_same_key_alone() -> None:
    here, elsewhere = digest_under(b"here"), digest_under(b"elsewhere")
    assert here(b"HC1:A") == here(b"HC1:A")
    assert here(b"HC1:A") != here(b"HC1:B")
    assert here(b"HC1:A") != elsewhere(b"HC1:A")
    assert len(here(b"x" * 1_000_000)) == 16
