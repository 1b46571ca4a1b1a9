"""gateway.cli.policy.shipped: the policies that come along, listed and printed."""

from pathlib import Path

import pytest

from gateway.cli.policy.shipped import NAMES, shipped_text, summary
from gateway.setup import load_setup
from tests.conftest import REPOSITORY
from tests.gateway.site_files import write_site
from tests.system.gateway_process import menshen

FOLDER = REPOSITORY / "edge_rules/shipped_policies"


def test_the_list_names_every_file_in_both_tongues() -> None:
    done = menshen("policy", "shipped")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.yaml"))
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(NAMES)
    for name in NAMES:
        zh, en = summary(name)
        assert zh in done.stdout
        assert en in done.stdout
        assert en.isascii()
        assert not zh.isascii()


def test_a_printed_policy_is_the_file_byte_for_byte() -> None:
    done = menshen("policy", "shipped", "level-2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (FOLDER / "level-2.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_site_starts_with_each_of_them(name: str, tmp_path: Path) -> None:
    site = write_site(tmp_path)
    (tmp_path / "policy.yaml").write_text(shipped_text(name), "utf-8")
    assert load_setup(site).policy.name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_printed_policy_stands_every_tool(name: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(shipped_text(name), "utf-8")
    for words in (["check", "--strict"], ["test"], ["prove"]):
        done = menshen("policy", *words, str(path))
        assert (done.returncode, done.stderr) == (0, ""), words
        assert "not covered" not in done.stdout


def test_a_name_that_is_none_of_them_is_told_which_there_are() -> None:
    done = menshen("policy", "shipped", "../level-2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "it is one of everyday, level-4, level-3, level-2, level-1" in done.stderr
