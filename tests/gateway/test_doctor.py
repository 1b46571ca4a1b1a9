"""menshen doctor: what it looks at, what it says, how it ends."""

import json
import os
import pty
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from devices.errors import DeviceLinkError, SetupError
from gateway.broker import programs
from gateway.cli.doctor import doctor
from gateway.doctor import disk, machine
from gateway.doctor.certificates import look_at_tls, look_at_trust
from gateway.doctor.disk import look_at_disk
from gateway.doctor.examination import Check, examine
from gateway.doctor.findings import Finding, State, ok
from gateway.doctor.machine import look_at_clock, look_at_mosquitto
from gateway.doctor.serial_ports import look_at_ports
from gateway.doctor.surroundings import look_at_law, look_at_page, look_at_store
from gateway.site_file import load_site
from gateway.site_model import SiteFile, Web
from gateway.trust_folder import load_trust
from gateway.web.listen import listen
from simulators.dcc_issuer import DccIssuer
from tests.edge_rules.certlogic.papers import rule
from tests.gateway.broker.certificate import write_certificate
from tests.gateway.broker.estate import SITE, write_site
from tests.servers import Server, free_port

SCREENING = """trust: trust
legal: {controller: C, contact: C, basis: B, document: D, ends: 2026-12-31}"""
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def one(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def site_of(folder: Path, extra: str = "") -> SiteFile:
    text = SITE.replace("broker: BROKER", f"broker: auto\n{extra}")
    return load_site(write_site(folder, text=text))


async def test_a_check_that_hangs_or_fails_hides_no_other() -> None:
    released = threading.Event()

    def hang() -> list[Finding]:
        released.wait(60)
        return []

    def fail(error: Exception) -> Callable[[], list[Finding]]:
        def look() -> list[Finding]:
            raise error

        return look

    findings = await examine(
        [
            Check("first", hang, within_s=0.05),
            Check("second", fail(DeviceLinkError("the broker is away"))),
            Check("third", fail(ValueError("odd"))),
            Check("fourth", lambda: [ok("fourth", "good")]),
        ]
    )
    released.set()
    assert [(finding.check, finding.state) for finding in findings] == [
        ("first", State.BAD),
        ("second", State.BAD),
        ("third", State.BAD),
        ("fourth", State.OK),
    ]
    assert findings[0].said == "no answer within 0 s"
    assert findings[1].said == "the broker is away"
    assert "ValueError: odd" in findings[2].said


@pytest.mark.parametrize(
    ("year", "state"), [(1970, State.BAD), (2024, State.BAD), (2100, State.BAD)]
)
def test_a_clock_that_can_not_be_right(year: int, state: State) -> None:
    assert one(look_at_clock(NOW.replace(year=year))).state is state


@pytest.mark.parametrize(
    ("kernel", "state"), [(True, State.OK), (False, State.WARN), (None, State.WARN)]
)
def test_a_clock_that_nobody_keeps(
    monkeypatch: pytest.MonkeyPatch, kernel: bool | None, state: State
) -> None:
    monkeypatch.setattr(machine, "kernel_says_synchronised", lambda: kernel)
    assert one(look_at_clock(NOW)).state is state


def test_the_kernel_is_asked_about_its_clock() -> None:
    assert machine.kernel_says_synchronised() in (True, False)


def test_mosquitto_and_what_stands_in_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(look_at_mosquitto(needed=True)).state is State.OK
    monkeypatch.setattr(programs, "BESIDE_THE_PATH", ())
    monkeypatch.setenv("PATH", "/nowhere")
    assert one(look_at_mosquitto(needed=False)).state is State.OK
    assert one(look_at_mosquitto(needed=True)).state is State.WARN
    monkeypatch.setitem(sys.modules, "amqtt", None)
    finding = one(look_at_mosquitto(needed=True))
    assert (finding.missing, finding.remedy) == (True, "sudo apt-get install mosquitto")


def test_a_data_folder_that_others_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert by_check(look_at_disk(folder))["data folder"].state is State.OK
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    finding = by_check(look_at_disk(folder))["data folder"]
    assert (finding.state, finding.remedy) == (State.WARN, f"chmod 700 {folder}")
    folder.chmod(0o700)
    assert by_check(look_at_disk(folder))["data folder"].state is State.OK
    assert list(folder.iterdir()) == []


def test_something_in_the_data_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert by_check(look_at_disk(tmp_path / "data"))["data folder"].state is State.BAD


@pytest.mark.parametrize(("limit", "state"), [("BAD", State.BAD), ("WARN", State.WARN)])
def test_a_disk_that_is_full_or_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, state: State
) -> None:
    monkeypatch.setattr(disk, f"ROOM_{limit}", 1 << 62)
    monkeypatch.setattr(disk, f"SYNC_{limit}_MS", -1)
    findings = by_check(look_at_disk(tmp_path))
    assert findings["disk room"].state is state
    assert findings["disk speed"].state is state


def test_serial_ports_that_are_there_and_that_are_not(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    (tmp_path / "file").write_text("")
    try:
        port = Path(os.ttyname(theirs))
        findings = list(
            look_at_ports({"a": port, "b": tmp_path / "ttyUSB9", "c": tmp_path / "file"})
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert [finding.state for finding in findings] == [State.OK, State.BAD, State.BAD]
    assert "ls -l /dev/serial/by-id" in findings[1].remedy


@pytest.mark.parametrize(
    ("days", "state"), [(400, State.OK), (20, State.WARN), (0, State.BAD), (-5, State.BAD)]
)
def test_signers_that_expire(tmp_path: Path, days: int, state: State) -> None:
    (tmp_path / "trust").mkdir()
    issuer = DccIssuer("doctor")
    (tmp_path / "trust" / "a.pem").write_bytes(issuer.certificate_pem)
    site = site_of(tmp_path, SCREENING)
    (signer,) = load_trust(tmp_path / "trust").signers
    end = datetime.fromtimestamp(signer.not_after_ms / 1000, UTC)
    assert one(look_at_trust(site, end - timedelta(days=days))).state is state


def test_a_trust_folder_that_is_empty_or_at_fault(tmp_path: Path) -> None:
    site = site_of(tmp_path, SCREENING)
    assert one(look_at_trust(site, NOW)).state is State.BAD
    (tmp_path / "trust").mkdir()
    assert one(look_at_trust(site, NOW)).state is State.WARN
    (tmp_path / "trust" / "a.pem").write_text("nothing")
    assert "a.pem" in one(look_at_trust(site, NOW)).said


def test_national_rules_without_a_country_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "a.pem").write_bytes(DccIssuer("doctor").certificate_pem)
    (tmp_path / "trust" / "de.rules.json").write_text(json.dumps(rule()))
    now = datetime(2026, 11, 23, tzinfo=UTC)
    finding = by_check(look_at_trust(site_of(tmp_path, SCREENING), now))["national rules"]
    assert (finding.state, "country:" in finding.remedy) == (State.WARN, True)
    with_country = site_of(tmp_path, SCREENING + "\ncountry: DE")
    assert one(look_at_trust(with_country, now)).state is State.OK


def test_the_page_s_certificate_and_its_key(tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path, days=100)
    site = site_of(tmp_path, f'web: {{listen: "0.0.0.0:8443", tls: {{cert: {cert}, key: {key}}}}}')
    now = datetime.now(UTC)
    states = [one(look_at_tls(site, now + timedelta(days=days))).state for days in (0, 80, 101)]
    assert states == [State.OK, State.WARN, State.BAD]
    (tmp_path / "other").mkdir()
    _, other = write_certificate(tmp_path / "other", days=100)
    other.replace(key)
    assert "is not the key of" in one(look_at_tls(site, now)).said
    cert.unlink()
    assert one(look_at_tls(site, now)).state is State.BAD


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 12, 1), State.OK),
        (date(2026, 12, 20), State.WARN),
        (date(2026, 12, 31), State.WARN),
        (date(2027, 1, 1), State.BAD),
    ],
)
def test_the_end_of_screening_draws_near(tmp_path: Path, day: date, state: State) -> None:
    legal = "legal: {controller: c, contact: c, basis: b, document: d, ends: 2026-12-31}"
    assert one(look_at_law(site_of(tmp_path, legal), day)).state is state


def test_a_store_that_answers_and_one_that_does_not(tmp_path: Path, store: Server) -> None:
    def asked(url: str) -> State:
        influx = f'store: {{influx: {{url: "{url}", org: o, bucket: b}}}}'
        return one(look_at_store(site_of(tmp_path, influx))).state

    assert asked(store.url) is State.OK
    assert asked(f"http://127.0.0.1:{free_port()}") is State.WARN


def test_a_store_whose_token_is_not_there(tmp_path: Path) -> None:
    influx = 'store: {influx: {url: "http://127.0.0.1:1", org: o, bucket: b, token_file: t}}'
    findings = list(look_at_store(site_of(tmp_path, influx)))
    assert [finding.state for finding in findings] == [State.BAD, State.WARN]


def hang_up_on_one(listening: socket.socket) -> None:
    listening.accept()[0].close()


def test_the_page_s_port_free_and_taken() -> None:
    web = Web(listen=f"127.0.0.1:{free_port()}")
    assert one(look_at_page(web)).state is State.OK
    with listen(web.host, web.port) as taken:
        stranger = threading.Thread(target=hang_up_on_one, args=[taken])
        stranger.start()
        finding = one(look_at_page(web))
        stranger.join()
    assert finding.state is State.BAD
    assert "can't listen on" in finding.said


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_machine_that_is_well(private: Path) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "处置" in result.stdout
    assert list(private.iterdir()) == []


def test_one_json_object_a_line(private: Path) -> None:
    result = run("--json")
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert {finding["check"] for finding in findings} >= {
        "python", "mosquitto", "clock", "broker", "broker speed", "broker inflight",
        "broker queue", "data folder", "disk room", "disk speed",
    }  # fmt: skip
    assert all(
        set(finding) == {"check", "state", "said", "remedy", "missing"} for finding in findings
    )
    assert all(finding["remedy"] for finding in findings if finding["state"] != "ok")


def test_a_site_whose_serial_port_is_missing_is_not_well(private: Path) -> None:
    site = write_site(private, text=SITE.replace("/dev/ttyUSB0", "/dev/nothing-here"))
    result = run(site, "--json")
    assert result.exit_code == 1
    bad = [json.loads(line) for line in result.stdout.splitlines() if '"bad"' in line]
    assert [finding["check"] for finding in bad] == ["serial serial-1"]


def test_a_wrong_site_file_is_refused(private: Path) -> None:
    result = run(write_site(private, text="site: riverside\nlanes: []\n"))
    assert isinstance(result.exception, SetupError)  # exit code 2


def test_a_missing_part_is_told_apart(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "BESIDE_THE_PATH", ())
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "amqtt", None)
    result = run("--json")
    assert result.exit_code == 3
    assert '"remedy": "sudo apt-get install mosquitto", "missing": true' in result.stdout
