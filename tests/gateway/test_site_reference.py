"""gateway.site_reference: docs/site-file.md says what the model says, and its example is sound."""

import re
from pathlib import Path

import pytest

from gateway.site_file import load_site
from gateway.site_model import SiteFile
from gateway.site_reference import SECTIONS, reference, with_reference
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "site-file.md"


def test_page_holds_the_reference_of_the_model() -> None:
    page = PAGE.read_text("utf-8")
    remedy = "run: .venv/bin/python -m gateway.site_reference docs/site-file.md"
    assert page == with_reference(page), remedy


def test_every_part_of_the_model_has_its_section_and_every_key_its_words() -> None:
    schema = SiteFile.model_json_schema()
    parts = {name for name, part in schema["$defs"].items() if "properties" in part}
    assert parts | {"SiteFile"} == SECTIONS.keys()
    for name in parts:
        for key, field in schema["$defs"][name]["properties"].items():
            assert field.get("description"), f"{name}.{key}"
            assert f"| `{key}` |" in reference()


def test_example_of_the_page_is_a_sound_site(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(site: .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "site.yaml").write_text(example, "utf-8")
    site = load_site(tmp_path / "site.yaml")
    assert [lane.direction for lane in site.lanes] == ["in", "out"]


@pytest.mark.parametrize("word", ["mqtt-scanner", "serial-scanner", "thermal-recording"])
def test_page_leads_to_the_drivers(word: str) -> None:
    assert word in PAGE.read_text("utf-8")
