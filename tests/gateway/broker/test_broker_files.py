"""menshen broker config: what is printed, what is written, what a second run keeps."""

import stat
from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.broker.accounts import read_pairs
from gateway.broker.broker_files import OWN_PART
from gateway.broker.password_hash import password_holds
from tests.gateway.broker.estate import SITE, configure, write_site

NAMES = [
    "acl", "accounts", "doctor.password", "gateway.password", "hq.password", "mosquitto.conf",
    "passwords",
]  # fmt: skip
SPEAKERS = ["scan-1", "gate-1", "scan-2", "term-1", "term-2", "gate-2"]


def written(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_file_is_written_and_every_speaker_has_an_account(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    result = configure(write_site(tmp_path), "--write", folder)
    assert result.exit_code == 0
    assert sorted(written(folder)) == sorted(NAMES)
    accounts = read_pairs(folder / "accounts", "")
    assert list(accounts) == SPEAKERS  # the serial scanner needs none
    hashes = read_pairs(folder / "passwords", "")
    assert list(hashes) == ["gateway", "doctor", "hq", *SPEAKERS]
    assert all(password_holds(accounts[user], hashes[user]) for user in SPEAKERS)
    assert len(set(accounts.values())) == len(SPEAKERS)


def test_nobody_else_may_read_a_password(tmp_path: Path) -> None:
    configure(write_site(tmp_path), "--write", tmp_path / "broker")
    for name in ("accounts", "gateway.password", "doctor.password", "hq.password"):
        assert stat.S_IMODE((tmp_path / "broker" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "broker" / "passwords").stat().st_mode) in (0o600, 0o640)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    site, folder = write_site(tmp_path), tmp_path / "broker"
    configure(site, "--write", folder)
    before = written(folder)
    result = configure(site, "--write", folder)
    assert written(folder) == before
    assert result.stdout.count("as it was") == len(NAMES)


def test_new_devices_get_accounts_gone_ones_lose_theirs_the_rest_stay(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    configure(write_site(tmp_path), "--write", folder)
    before = read_pairs(folder / "accounts", "")
    with (folder / "passwords").open("a") as file:
        file.write("visitor-counter:$7$101$AAAA$AAAA\n")
    with (folder / "acl").open("a") as file:
        file.write("user visitor-counter\n")
    changed = SITE.replace("scan-2", "scan-3")
    configure(write_site(tmp_path, text=changed), "--write", folder)
    after, hashes = read_pairs(folder / "accounts", ""), read_pairs(folder / "passwords", "")
    assert before.keys() - after.keys() == {"scan-2"}
    assert after.keys() - before.keys() == {"scan-3"}
    assert all(after[user] == before[user] for user in after.keys() & before.keys())
    assert "scan-2" not in hashes
    assert hashes["visitor-counter"] == "$7$101$AAAA$AAAA"
    assert (folder / "acl").read_text().partition(OWN_PART)[2] == "user visitor-counter\n"
    assert "scan-2" not in (folder / "acl").read_text()


def test_passwords_that_were_taken_away_still_hold(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    configure(write_site(tmp_path), "--write", folder)
    before = read_pairs(folder / "passwords", "")
    for name in ("accounts", "gateway.password", "doctor.password", "hq.password"):
        (folder / name).unlink()
    configure(write_site(tmp_path, text=SITE.replace("scan-2", "scan-3")), "--write", folder)
    after = read_pairs(folder / "passwords", "")
    assert all(
        after[user] == before[user] for user in ("gateway", "doctor", "hq", "scan-1", "term-1")
    )
    assert list(read_pairs(folder / "accounts", "")) == ["scan-3"]
    assert not (folder / "gateway.password").exists()


def test_a_password_that_the_site_file_names_is_the_gateway_s(tmp_path: Path) -> None:
    (tmp_path / "named").write_text("a password from before\n")
    broker = '{url: "mqtts://broker.example:8883", username: edge, password_file: named}'
    configure(write_site(tmp_path, broker), "--write", tmp_path / "broker")
    assert (tmp_path / "broker" / "gateway.password").read_text() == "a password from before\n"
    hashes = read_pairs(tmp_path / "broker" / "passwords", "")
    assert password_holds("a password from before", hashes["edge"])


def test_printing_shows_hashes_and_no_password(tmp_path: Path) -> None:
    (tmp_path / "named").write_text("a password from before\n")
    broker = '{url: "mqtts://broker.example:8883", username: edge, password_file: named}'
    result = configure(write_site(tmp_path, broker))
    assert result.exit_code == 0
    for name in ("mosquitto.conf", "acl", "passwords"):
        assert f"# ======== /etc/mosquitto/{name} ========" in result.stdout
    assert "accounts" not in [line.split("/")[-1] for line in result.stdout.splitlines()]
    assert "edge:$7$101$" in result.stdout
    assert "a password from before" not in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["named", "site.yaml"]


def test_without_a_site_file_the_general_configuration_is_printed() -> None:
    result = configure()
    assert result.exit_code == 0
    for line in (
        "allow_anonymous false",
        "set_tcp_nodelay true",
        "max_queued_messages 100000",
        "max_inflight_messages 100",
        "persistence false",
        "listener 1883 127.0.0.1",
        "#listener 8883",
    ):
        assert line in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("broker", "listeners"),
    [
        ("auto", ["listener 1883 127.0.0.1"]),
        ('{url: "mqtt://127.0.0.1:1884"}', ["listener 1884 127.0.0.1"]),
        ('{url: "mqtts://b.example", username: g, password_file: p}', ["listener 8883"]),
        ('{url: "mqtt://10.0.0.2", username: g, password_file: p}', ["listener 1883"]),
    ],
)
def test_it_listens_where_the_site_file_looks(
    tmp_path: Path, broker: str, listeners: list[str]
) -> None:
    lines = configure(write_site(tmp_path, broker)).stdout.splitlines()
    assert [line for line in lines if line.startswith("listener ")] == listeners
    assert ("certfile /etc/mosquitto/certs/broker.pem" in lines) == ("mqtts" in broker)
    assert any("NOT ENCRYPTED" in line for line in lines) == ("10.0.0.2" in broker)


def test_two_terminals_on_one_topic_are_pointed_out(tmp_path: Path) -> None:
    text = SITE.replace('"+/2/#"', "vendor/+/code")
    result = configure(write_site(tmp_path, text=text))
    assert "term-1 and term-2 can speak for each other" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("vendor/term-1/code", '"a\\nuser gate-1\\ntopic write b"', "vendor's own"),
        ("vendor/term-1/code", "menshen/2/code", "vendor's own"),
        ("scan-1", "doctor", "doctor: is the name of another account"),
        ("scan-1", "gateway", "gateway: is the name of another account"),
    ],
)
def test_names_and_topics_that_would_fake_another_are_refused(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    result = configure(write_site(tmp_path, text=SITE.replace(old, new)))
    assert isinstance(result.exception, SetupError)
    assert fault in str(result.exception)


def test_a_broken_accounts_file_is_named_with_its_line(tmp_path: Path) -> None:
    site, folder = write_site(tmp_path), tmp_path / "broker"
    folder.mkdir()
    (folder / "accounts").write_text("scan-1:good\nno colon\n")
    result = configure(site, "--write", folder)
    assert isinstance(result.exception, SetupError)
    assert str(result.exception) == f"{folder}/accounts:2:1: must be DEVICE:PASSWORD"
    assert "good" not in result.output


@pytest.mark.parametrize("arguments", [["--write", "x"], ["--cert", "x"]])
def test_half_a_request_is_refused_with_what_is_missing(arguments: list[str]) -> None:
    result = configure(*arguments)
    assert result.exit_code == 2
    assert "go together" in result.stderr or "needs SITE.yaml" in result.stderr


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "broker" / "acl").mkdir(parents=True)
    result = configure(write_site(tmp_path), "--write", tmp_path / "broker")
    assert result.exit_code == 2
    assert f"{tmp_path}/broker/acl: can't be written: Is a directory" in result.stderr
