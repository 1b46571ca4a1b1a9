"""gateway.site_model: one store or several."""

from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.site_file import load_site
from tests.gateway.site_files import write_site

POLICY = "policy: policy.yaml"


def with_stores(folder: Path, stores: str) -> Path:
    return write_site(folder, (POLICY, f"{POLICY}\nstore: {{influx: {stores}}}"))


def test_one_store_needs_no_name(tmp_path: Path) -> None:
    site = load_site(with_stores(tmp_path, '{url: "http://a:1", org: o, bucket: b}'))
    assert site.store is not None
    assert [(s.name, s.url) for s in site.store.stores] == [("influx", "http://a:1")]


def test_several_stores_each_have_a_name(tmp_path: Path) -> None:
    one = '{url: "http://a:1", org: o, bucket: b}'
    two = '{name: city, url: "http://b:1", org: o, bucket: b, token_file: t}'
    site = load_site(with_stores(tmp_path, f"[{one}, {two}]"))
    assert site.store is not None
    assert [s.name for s in site.store.stores] == ["influx", "city"]


ONE = '{url: "http://a:1", org: o, bucket: b}'


@pytest.mark.parametrize(
    ("stores", "said"),
    [
        (f"[{ONE}, {ONE}]", "store.influx: influx stands here twice; give each store a name"),
        (ONE.replace("{", "{name: hq, "), "store.influx: hq is the alliance's own"),
        ("[]", "store.influx: must hold at least one"),
        (f"[{ONE.replace('url', 'uri')}]", "store.influx.0.uri: unknown key"),
        (ONE.replace("org: o, ", ""), "store.influx.org: is missing"),
    ],
)
def test_a_fault_of_a_store_stands_in_its_place(tmp_path: Path, stores: str, said: str) -> None:
    with pytest.raises(SetupError) as error:
        load_site(with_stores(tmp_path, stores))
    assert any(said in fault.what for fault in error.value.faults), error.value.faults
