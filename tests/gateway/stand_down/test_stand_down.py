"""`menshen stand-down`: what goes, what stays, what the certificate says, and who may not."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from edge_rules.effects import Record
from gateway.cli.app import app
from gateway.keys import SUBJECT_KEY, load_subject_key
from gateway.outbox.errors import OutboxInUseError
from gateway.outbox.ledger import Cursor
from gateway.outbox.outbox import Outbox
from gateway.outbox.schema import FILE
from gateway.people.people_list import Person, store_list
from gateway.site_file import load_site
from gateway.stand_down import standing_down
from gateway.stand_down.destroying import destroy, file_system
from gateway.stand_down.standing_down import BEGUN, StandDown
from gateway.tokens import TokenFile
from simulators.dcc_issuer import DccIssuer
from tests.conftest import REPOSITORY
from tests.gateway.outbox.records import NOW_MS, decided, record, rows, stored
from tests.system.gateway_process import SiteOnDisk, menshen, mqtt_lane

TRACER = "tracer-7f3a"
STORE = {"store": {"influx": {"url": "http://127.0.0.1:9", "org": "o", "bucket": "b"}}}


def person(number: int, reason: str = "healthy", decision: str = "admit") -> Record:
    subject = f"{TRACER}-{number}"
    credential = {"kind": "eu-dcc", "status": "valid", "reason": None, "subject": subject}
    id_ = f"d-{reason}-{number}"
    return decided(id_, credential=credential, decision=decision, reasons=[reason])


async def recorded(on_disk: SiteOnDisk, *records: Record, sent: int = 0) -> None:
    """Leave a record behind, as a gateway does that was stopped."""
    outbox = Outbox(on_disk.data, "riverside", now_ms=lambda: NOW_MS)
    outbox.start()
    await stored(outbox, *records)
    if sent:
        outbox.move_cursor("influx", Cursor(sent, sent))
    await outbox.close()


@pytest.fixture
def site(tmp_path: Path) -> SiteOnDisk:
    on_disk = SiteOnDisk(tmp_path, DccIssuer(1), [mqtt_lane("north-in")])
    on_disk.write()
    return on_disk


def stand_down(site: SiteOnDisk, *args: object, said: str = "") -> Result:
    command = ["stand-down", str(site.folder / "site.yaml"), *map(str, args)]
    return CliRunner().invoke(app, command, input=said)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
async def worn(site: SiteOnDisk) -> SiteOnDisk:
    """A site at the end: a record, its remnants, a damaged copy, a key, a picture, a token."""
    await recorded(
        site,
        record("fire", "operator-acted", act="release", by="desk", mode="released"),
        *(person(number) for number in range(40)),
        *(person(number, "temperature-high", "refer") for number in range(3)),
    )
    load_subject_key(site.data)
    for name in ("outbox.damaged-17.db", "outbox.damaged-17.db-wal", "walk.cptv", "outbox.db-wal"):
        (site.data / name).write_text(TRACER, "utf-8")
    TokenFile(site.data).add("desk", "guard", "0" * 64, "2026-11-01T00:00:00.000Z")
    return site


def test_nothing_about_a_person_is_left(worn: SiteOnDisk) -> None:
    key = (worn.data / SUBJECT_KEY).read_bytes()
    done = stand_down(worn, "--yes")
    assert done.exit_code == 0, done.output
    left = everything_in(worn.data)
    assert TRACER.encode() not in left
    assert key not in left
    assert not (worn.data / SUBJECT_KEY).exists()
    assert not (worn.data / "walk.cptv").exists()
    assert not (worn.data / BEGUN).exists()
    assert rows(worn.data, "SELECT type FROM events") == [("stood-down",), ("stood-down",)]
    assert [token.name for token in TokenFile(worn.data).live()] == ["desk"]


def test_passes_their_keys_and_what_was_shared_of_them_go_and_foreign_files_stay(
    worn: SiteOnDisk,
) -> None:
    site, trust = worn.folder / "site.yaml", worn.folder / "trust"
    told = menshen("pass", "issue", site, "--kind", "visitor", "--static")
    number = json.loads(told.stdout)["id"]
    assert menshen("pass", "revoke", site, number).returncode == 0
    foreign = trust / "hillside.pass-revoked.json"
    foreign.write_text('{"revoked": []}')
    done = stand_down(worn, "--yes")
    assert done.exit_code == 0, done.output
    assert list((worn.data / "passes").iterdir()) == []
    assert [path.name for path in trust.iterdir() if "pass" in path.name] == [foreign.name]
    assert number.encode() not in everything_in(worn.folder)
    assert menshen("pass", "list", site).stdout == ""
    again = menshen("pass", "issue", site, "--kind", "visitor", "--static")
    assert json.loads(again.stdout)["key"] != json.loads(told.stdout)["key"]


async def test_numbers_and_what_stands_go_on(worn: SiteOnDisk) -> None:
    (last,) = rows(worn.data, "SELECT max(seq) FROM events")[0]
    assert stand_down(worn, "--yes").exit_code == 0
    outbox = Outbox(worn.data, "riverside")
    past = outbox.past()
    assert past.modes == {"north-in": "released"}
    assert [event["seq"] for event in past.recent] == [last + 1, last + 2]
    assert outbox.cursor("hq") == Cursor(last, last)
    await outbox.close()


def test_the_certificate_names_every_file_and_holds(worn: SiteOnDisk) -> None:
    done = stand_down(worn, "--yes")
    certificate = json.loads(done.stdout)
    names = {file["file"] for file in certificate["destroyed"]}
    assert names >= {FILE, SUBJECT_KEY, "outbox.damaged-17.db", "walk.cptv"}
    assert all(len(file["sha256"]) == 64 for file in certificate["destroyed"])
    assert certificate["rows"] == 44
    assert certificate["text"].keys() == {"zh", "en"}
    assert "滨河花园" in certificate["text"]["zh"]
    assert "flash" in certificate["text"]["en"]
    (kept,) = worn.data.glob("stand-down-*.json")
    checked = stand_down(worn, "--check", kept)
    assert (checked.exit_code, checked.stderr) == (0, "")


def test_counts_of_fewer_than_ten_people_are_not_kept(worn: SiteOnDisk) -> None:
    certificate = json.loads(stand_down(worn, "--yes").stdout)
    assert sum(line["count"] for line in certificate["kept"]) == 43
    assert not [line for line in certificate["kept"] if line["reason"] == "temperature-high"]
    assert TRACER not in json.dumps(certificate)


async def test_of_a_handful_of_people_nothing_is_kept(site: SiteOnDisk) -> None:
    await recorded(site, *(person(number) for number in range(9)))
    assert json.loads(stand_down(site, "--yes").stdout)["kept"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: c.update(rows=1), "its signature does not hold"),
        (lambda c: c["destroyed"].pop(), "its signature does not hold"),
        (lambda c: c.pop("signature"), "no public_key or signature"),
        (lambda c: c.update(public_key="AAAA"), "no public_key or signature"),
        (lambda c: c.update(certificate="diploma"), "is no certificate"),
    ],
)
def test_a_certificate_that_was_changed_does_not_hold(
    worn: SiteOnDisk, change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    certificate = json.loads(stand_down(worn, "--yes").stdout)
    change(certificate)
    path = worn.folder / "changed.json"
    path.write_text(json.dumps(certificate), "utf-8")
    checked = stand_down(worn, "--check", path)
    assert checked.exit_code == 1
    assert fault in checked.stderr


def test_a_copy_that_comes_back_is_found(worn: SiteOnDisk) -> None:
    copy = (worn.data / FILE).read_bytes()
    stand_down(worn, "--yes")
    (worn.data / "outbox-backup.db").write_bytes(copy)
    (kept,) = worn.data.glob("stand-down-*.json")
    checked = stand_down(worn, "--check", kept)
    assert checked.exit_code == 1
    assert "is there again" in checked.stderr


def test_what_is_no_json_is_bad_input(site: SiteOnDisk) -> None:
    checked = stand_down(site, "--check", site.folder / "policy.yaml")
    assert checked.exit_code == 2


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_it_asks_first(worn: SiteOnDisk, answer: str) -> None:
    before = (worn.data / FILE).read_bytes()
    asked = stand_down(worn, said=answer)
    assert asked.exit_code == 1
    assert "永久销毁" in asked.stderr
    assert (worn.data / FILE).read_bytes() == before
    assert (worn.data / SUBJECT_KEY).exists()


def test_yes_is_yes(worn: SiteOnDisk) -> None:
    assert stand_down(worn, said="y\n").exit_code == 0


async def test_not_while_a_gateway_runs(worn: SiteOnDisk) -> None:
    outbox = Outbox(worn.data, "riverside")
    with pytest.raises(OutboxInUseError):
        StandDown(load_site(worn.folder / "site.yaml"), NOW_MS)
    refused = menshen("stand-down", worn.folder / "site.yaml", "--yes")
    await outbox.close()
    assert refused.returncode == 2
    assert "another gateway uses this data folder" in refused.stderr
    assert (worn.data / SUBJECT_KEY).exists()


async def test_not_before_the_store_has_all_of_it_unless_that_is_said(tmp_path: Path) -> None:
    site = SiteOnDisk(tmp_path, DccIssuer(1), [mqtt_lane("north-in")], STORE)
    site.write()
    await recorded(site, *(person(number) for number in range(12)), sent=9)
    refused = stand_down(site, "--yes")
    assert refused.exit_code == 1
    assert "3 points are not there for good" in refused.stderr
    assert len(rows(site.data, "SELECT seq FROM events")) == 12
    done = stand_down(site, "--yes", "--unforwarded")
    assert done.exit_code == 0
    assert list(json.loads(done.stdout)["unforwarded"].values()) == [3]


async def test_a_record_that_can_not_be_read_goes_only_if_that_is_said(worn: SiteOnDisk) -> None:
    (worn.data / FILE).write_bytes(b"\xa5" * 20_000)
    assert stand_down(worn, "--yes").exit_code == 1
    done = stand_down(worn, "--yes", "--unforwarded")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["rows"] is None
    outbox = Outbox(worn.data, "riverside")
    assert outbox.last_seq > NOW_MS - 10**12  # no number comes twice
    await outbox.close()


def test_an_empty_folder_has_nothing_to_destroy(site: SiteOnDisk) -> None:
    assert stand_down(site, "--yes").exit_code == 2
    site.data.mkdir()
    refused = stand_down(site, "--yes")
    assert refused.exit_code == 2
    assert "nothing about persons" in refused.stderr


@pytest.mark.parametrize("files", [0, 1, 3])
def test_one_that_is_killed_is_ended_by_the_next(worn: SiteOnDisk, files: int) -> None:
    before = {path.name for path in worn.data.iterdir()}
    killed = subprocess.run(
        [sys.executable, "-m", "tests.gateway.stand_down.test_stand_down",
         worn.folder / "site.yaml", str(files)],
        cwd=REPOSITORY, check=False, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    certificate = json.loads(stand_down(worn, "--yes").stdout)
    names = {file["file"] for file in certificate["destroyed"]}
    assert names == {n for n in before if n not in {"outbox.lock", "tokens.jsonl"}}
    assert certificate["rows"] == 44
    assert TRACER.encode() not in everything_in(worn.data)
    assert rows(worn.data, "SELECT count(*) FROM events") == [(2,)]


def test_blocks_are_overwritten_where_they_lie(worn: SiteOnDisk) -> None:
    path = worn.data / "walk.cptv"
    beside = worn.folder / "same-blocks"
    os.link(path, beside)  # another name for the same blocks
    stand_down(worn, "--yes")
    assert beside.read_bytes() == bytes(len(TRACER))


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a / ext4 rw 0 0\nb {tmp_path} btrfs rw 0 0\nc {tmp_path}x zfs rw 0 0\n")
    assert file_system(tmp_path / "data", mounts) == "btrfs"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == "unknown"


def test_an_old_log_of_the_record_goes_too(worn: SiteOnDisk) -> None:
    with sqlite3.connect(worn.data / FILE) as db:
        db.execute("PRAGMA journal_mode=WAL")
    stand_down(worn, "--yes")
    assert {path.name for path in worn.data.glob("outbox*")} <= {"outbox.db", "outbox.lock"}


def _die_after(site: Path, files: int) -> None:
    left = files

    def mortal(path: Path) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        destroy(path)

    setattr(standing_down, destroy.__name__, mortal)
    one = StandDown(load_site(site), NOW_MS)
    one.carry_out(one.plan(), NOW_MS)


if __name__ == "__main__":
    _die_after(Path(sys.argv[1]), int(sys.argv[2]))


async def test_the_list_of_people_goes_with_its_key(worn: SiteOnDisk) -> None:
    store_list(worn.data, [Person("Ann Lee", "staff")])
    certificate = json.loads(stand_down(worn, "--yes", "--unforwarded").stdout)
    assert {"people.list", "list.key"} <= {file["file"] for file in certificate["destroyed"]}
    assert [path for path in (worn.data / "people").iterdir() if path.is_file()] == []
