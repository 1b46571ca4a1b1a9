"""The site file's colour codes: what can't work, or isn't lawful, is refused with its place."""

import re
from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.setup import load_setup
from gateway.site_model import ColourCode
from gateway.site_rules import lane_rules
from simulators.colour_platform import mapping
from simulators.dcc_issuer import DccIssuer
from tests.conftest import REPOSITORY
from tests.gateway.site_files import write_site

COLOURS = r"""colour_code:
  match: 'https://code\.example/h/[0-9a-f]{32}'
  platform:
    url: https://platform.example/verify
    json: {code: "{text}"}
    answer:
      says:
        - {at: /data/colour, words: {00: green, 01: yellow, 10: red}}
legal:
  controller"""
ASKS = (
    "policy: policy.yaml\n", "policy: colours.yaml\n",
)  # fmt: skip
POLICY = """\
policy: colours
facts: checkpoint/1
rules:
  - id: green
    when: credential.colour == "green"
    then: admit
    reason: healthy
otherwise: refer
"""


def colour_site(folder: Path, *changes: tuple[str, str], colours: str = COLOURS) -> Path:
    (folder / "colours.yaml").write_text(POLICY, "utf-8")
    path = write_site(folder, ("legal:\n  controller", colours), ASKS, *changes)
    (folder / "trust" / "signer.pem").write_bytes(DccIssuer(1).certificate_pem)
    return path


def faults(path: Path) -> str:
    with pytest.raises(SetupError) as caught:
        load_setup(path)
    return str(caught.value)


def test_lanes_know_how_long_the_platform_may_take_and_who_decides_without_it(
    tmp_path: Path,
) -> None:
    window = ("visit_window_ms: 8000", "visit_window_ms: 8000\n    platform_offline: policy")
    setup = load_setup(colour_site(tmp_path, window))
    inward, outward = lane_rules(setup)
    assert (inward.platform_within_ms, inward.platform_refers) == (2000, False)
    assert outward.platform_refers
    assert setup.site.colour_code is not None
    assert setup.site.colour_code.codes().find("HC1:x", b"k") is None


def test_site_without_colour_codes_asks_nobody(tmp_path: Path) -> None:
    path = write_site(tmp_path)
    (tmp_path / "trust" / "signer.pem").write_bytes(DccIssuer(1).certificate_pem)
    assert lane_rules(load_setup(path))[0].platform_within_ms is None


def test_visit_that_ends_before_the_platform_answers_is_a_fault_with_its_place(
    tmp_path: Path,
) -> None:
    path = colour_site(tmp_path, ("visit_window_ms: 8000", "visit_window_ms: 2400"))
    assert "site.yaml:28:22: north-in: visits end before the platform's deadline" in faults(path)


def test_health_codes_without_a_law_are_refused(tmp_path: Path) -> None:
    colours = COLOURS.replace("legal:\n  controller", "notlegal:\n  controller")
    said = faults(colour_site(tmp_path, colours=colours))
    assert "colour_code: judging health codes needs legal" in said


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("[0-9a-f]{32}'", "('", "match: not a pattern of RE2: missing )"),
        ("'https://code\\.example/h/[0-9a-f]{32}'", "'.*'", "matches also nothing at all"),
        ("url: https", "url: http", "codes and colours go over https"),
        ('"{text}"', '"{txt}"', "{txt} can't stand here"),
        ("01: yellow", "01: blue", "01: Input should be 'green'"),
        ("url:", "ca: nowhere.pem\n    url:", "colour_code.platform.ca: there is no such file"),
        ("match:", "cache_s: 900\n  match:", "cache_s: Input should be less than or equal to 600"),
    ],
)
def test_each_fault_has_its_sentence(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert COLOURS.count(old) == 1
    assert what in faults(colour_site(tmp_path, colours=COLOURS.replace(old, new)))


def test_example_of_the_page_is_sound(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "devices" / "colour-platform.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(colour_code:.*?)lanes:.*?```", page, re.DOTALL)
    (tmp_path / "platform.token").write_text("t0ken\n")
    setup = load_setup(colour_site(tmp_path, colours=f"{example}legal:\n  controller"))
    assert setup.site.colour_code is not None
    assert setup.site.colour_code.platform.answer.identity == "/data/personId"


def test_example_for_simulations_fits_the_simulated_platform(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "simulators.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(colour_code:.*?)```", page, re.DOTALL)
    setup = load_setup(colour_site(tmp_path, colours=f"{example}legal:\n  controller"))
    wanted = ColourCode.model_validate(mapping("http://127.0.0.1:9470"))
    assert setup.site.colour_code == wanted


def test_policy_that_takes_a_red_code_for_valid_is_refused(tmp_path: Path) -> None:
    path = colour_site(tmp_path)
    path.write_text(path.read_text("utf-8").replace(ASKS[1], ASKS[0]), "utf-8")
    assert "no rule asks credential.colour" in faults(path)
