"""`menshen token`: prints a token once, keeps its hash, and refuses what is no post."""

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.access import Access, Role
from gateway.cli.app import app
from simulators.dcc_issuer import DccIssuer
from tests.system.gateway_process import SiteOnDisk, mqtt_lane


@pytest.fixture
def site(tmp_path: Path) -> SiteOnDisk:
    on_disk = SiteOnDisk(tmp_path, DccIssuer(1), [mqtt_lane("north-in")])
    on_disk.write()
    return on_disk


def token(site: SiteOnDisk, *args: str) -> Result:
    command, *more = args
    return CliRunner().invoke(app, ["token", command, str(site.folder / "site.yaml"), *more])


@pytest.mark.parametrize("role", list(Role))
def test_it_prints_a_token_and_nothing_else(site: SiteOnDisk, role: Role) -> None:
    access = Access(site.data)  # a gateway that runs already
    made = token(site, "create", "--role", role.value)
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.count("\n") == 1
    operator = access.bearer(made.stdout.strip())
    assert operator is not None
    assert operator.role is role
    file = site.data / "tokens.jsonl"
    assert made.stdout.strip() not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_goes_where_data_says(site: SiteOnDisk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    made = token(site, "create", "--role", "viewer", "--data", str(elsewhere))
    assert Access(elsewhere).bearer(made.stdout.strip()) is not None
    assert not site.data.exists()


@pytest.mark.parametrize("name", ["Zhang San", "张三", "a" * 33, "a.b", "a\nb"])
def test_a_name_that_can_be_no_post_is_refused(site: SiteOnDisk, name: str) -> None:
    made = token(site, "create", "--role", "guard", "--name", name)
    assert made.exit_code == 2
    assert made.stdout == ""
    assert "name a post, no person" in made.stderr
    assert made.stderr.count("\n") == 1


def test_a_role_must_be_one_of_three(site: SiteOnDisk) -> None:
    made = token(site, "create", "--role", "root")
    assert made.exit_code == 2
    assert "viewer" in made.stderr
    assert token(site, "create").exit_code == 2


def test_two_posts_never_share_a_name(site: SiteOnDisk) -> None:
    assert token(site, "create", "--role", "guard", "--name", "north-desk").exit_code == 0
    again = token(site, "create", "--role", "admin", "--name", "north-desk")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "north-desk: a token has this name" in again.stderr


def test_tokens_are_listed_without_themselves_and_revoked(site: SiteOnDisk) -> None:
    made = token(site, "create", "--role", "guard", "--name", "north-desk").stdout.strip()
    listed = token(site, "list").stdout
    assert listed.startswith("north-desk\tguard\t")
    assert made not in listed
    assert token(site, "revoke", "north-desk").exit_code == 0
    assert token(site, "list").stdout == ""
    assert Access(site.data).bearer(made) is None
    gone = token(site, "revoke", "north-desk")
    assert (gone.exit_code, gone.stdout) == (1, "")
    assert "no live token has this name" in gone.stderr


def test_a_site_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    lost = SiteOnDisk(tmp_path, DccIssuer(1), [])
    made = token(lost, "create", "--role", "guard")
    assert (made.exit_code, made.stdout) == (2, "")
    assert "site.yaml" in made.stderr + str(made.exception)


def test_a_data_folder_that_takes_nothing_is_told_in_one_line(
    site: SiteOnDisk, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", "utf-8")
    for command in (["create", "--role", "guard"], ["list"], ["revoke", "north-desk"]):
        made = token(site, *command, "--data", str(blocked))
        assert (made.exit_code, made.stdout) == (2, "")
        assert str(blocked) in made.stderr
        assert made.stderr.count("\n") == 1
