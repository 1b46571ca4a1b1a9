"""gateway.cli.verify: JSON lines in, judgements out, one a line and in order."""

import io
import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from edge_rules.credentials.trust import TrustStore
from gateway.cli.line_trust import MAX_STORES
from gateway.cli.verify import MAX_LINE, Verifier, answer_lines, verify
from gateway.keys import load_subject_key
from simulators.dcc_issuer import DAY_MS, DccIssuer, invent_holder
from tests.edge_rules.certlogic.papers import rule
from tests.gateway.site_files import write_site

NOW_MS = 1_784_700_000_000
AT = "2026-07-22T06:00:00.000Z"
ISSUER = DccIssuer("verify")
HOLDER = invent_holder("Verify")
TEXT = ISSUER.issue("test", HOLDER, NOW_MS - DAY_MS, NOW_MS + DAY_MS)
CERTIFICATES = [ISSUER.certificate_base64]

app = typer.Typer()
app.command()(verify)


def run(lines: list[object], *arguments: str) -> list[dict[str, Any]]:
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    result = CliRunner().invoke(app, list(arguments), input=text)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_is_judged_by_its_own_certificates_and_clock() -> None:
    line = {"credential": TEXT, "certificates": CERTIFICATES, "at": AT}
    (answer,) = run([line])
    assert list(answer) == [
        "ok",
        "kind",
        "failed_at",
        "reason",
        "warnings",
        "subject",
        "claims",
    ]
    assert answer["ok"] is True
    assert (answer["kind"], answer["failed_at"], answer["reason"]) == ("eu-dcc", None, "valid")
    assert answer["warnings"] == []
    assert len(answer["subject"]) == 32
    assert answer["claims"]["entry"] == "test"


def test_answers_come_in_order_and_an_unreadable_line_gets_one_too() -> None:
    good = {"credential": [TEXT], "certificates": CERTIFICATES, "at": AT}
    lines: list[object] = [
        good,
        7,
        {},
        {"credential": 7},
        {"credential": []},
        good | {"at": "yesterday"},
        good | {"at": 7},
        good | {"certificates": "x"},
        good | {"at": "2026-09-22T06:00:00Z"},
        good | {"credential": "x"},
    ]
    answers = run(lines)
    assert [answer["reason"] for answer in answers] == [
        "valid",
        *["line-unreadable"] * 7,
        "credential-expired",
        "credential-unknown",
    ]
    assert all(answer["ok"] == (answer["failed_at"] is None) for answer in answers)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"credential": "' + b"x" * MAX_LINE + b'"}',
        b'{"credential": 1' + b"0" * 5000 + b"}",
        b"null",
        b'{"credential": "\\ud800"}',
    ],
)
def test_a_hostile_line_disturbs_no_other(line: bytes) -> None:
    good = json.dumps({"credential": TEXT, "certificates": CERTIFICATES, "at": AT}).encode()
    sink = io.BytesIO()
    verifier = Verifier(TrustStore([]), bytes(32))
    answer_lines(verifier, io.BytesIO(b"\n".join([good, line, good])), sink)
    first, second, third = (json.loads(text) for text in sink.getvalue().splitlines())
    assert first == third
    assert first["ok"]
    assert not second["ok"]
    assert second["reason"] in {"line-unreadable", "credential-unknown"}


def test_clocks_without_a_zone_or_with_a_terse_one_are_read() -> None:
    line = {"credential": TEXT, "certificates": CERTIFICATES}
    clocks = ["2026-07-22T06:00:00.123456", "2026-07-22T08:00:00+0200", "2026-07-22t06:00:00.1z"]
    answers = run([line | {"at": at} for at in [*clocks, "2026-07-22T06:00:00.1234567Z"]])
    assert all(answer["ok"] for answer in answers)


def test_certificates_that_cant_be_read_are_told_and_passed_over() -> None:
    line = {"credential": TEXT, "at": AT}
    bad = ["!", b64encode(b"no certificate").decode()]
    answers = run([line | {"certificates": [*bad, *CERTIFICATES]}, line | {"certificates": bad}])
    assert [answer["ok"] for answer in answers] == [True, False]
    assert answers[1]["reason"] == "issuer-unknown"
    assert all(answer["warnings"] == ["certificate-unreadable"] for answer in answers)


def test_no_number_of_different_certificates_fills_the_memory() -> None:
    verifier = Verifier(TrustStore([]), b"k" * 32)
    for blanks in range(MAX_STORES + 9):
        certificate = ISSUER.certificate_base64 + " " * blanks
        line = {"credential": TEXT, "certificates": [certificate], "at": AT}
        assert verifier.answer(json.dumps(line).encode())["ok"]
    assert len(verifier._lines.stores) == MAX_STORES
    assert not [
        secret for secret in ("kkk", ISSUER.certificate_base64[:40]) if secret in repr(verifier)
    ]


def test_the_trust_folder_judges_lines_without_certificates(tmp_path: Path) -> None:
    (tmp_path / "signer.pem").write_bytes(ISSUER.certificate_pem)
    line = {"credential": TEXT, "at": AT}
    assert run([line], "--trust", str(tmp_path))[0]["ok"]
    assert run([line])[0]["reason"] == "issuer-unknown"
    assert run([line | {"certificates": []}], "--trust", str(tmp_path))[0]["ok"] is False


def test_the_subject_is_the_sites_own_with_its_data_folder(tmp_path: Path) -> None:
    line = {"credential": TEXT, "certificates": CERTIFICATES, "at": AT}
    one, two = (run([line, line], "--data", str(tmp_path)) for _ in range(2))
    assert one == two
    assert one[0]["subject"] == one[1]["subject"]
    assert run([line])[0]["subject"] != run([line])[0]["subject"]
    verifier = Verifier(TrustStore([]), load_subject_key(tmp_path))
    assert verifier.answer(json.dumps(line).encode())["subject"] == one[0]["subject"]


def test_a_person_is_shown_only_when_asked_for() -> None:
    line = {"credential": TEXT, "certificates": CERTIFICATES, "at": AT}
    hidden, shown = run([line]), run([line], "--show-person")
    for secret in (HOLDER.family, HOLDER.given, HOLDER.uvci, HOLDER.born):
        assert secret.upper() not in json.dumps(hidden).upper()
    assert shown[0]["claims"]["person"] == {
        "family": HOLDER.family,
        "given": HOLDER.given,
        "born": HOLDER.born,
        "number": HOLDER.uvci,
    }


@pytest.mark.timeout(20)
def test_an_answer_is_there_before_the_next_question() -> None:
    program = "import typer; from gateway.cli.verify import verify; typer.run(verify)"
    # Unbuffered by the environment, it would prove nothing.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for at in (AT, "2026-09-22T06:00:00Z"):
            line = {"credential": TEXT, "certificates": CERTIFICATES, "at": at}
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["ok"] is (at == AT)
        process.stdin.close()
    assert process.returncode == 0


def test_the_public_vectors_go_through_the_command(test_data: Path) -> None:
    vectors = (test_data / "dcc" / "vectors.jsonl").read_text("utf-8").splitlines()
    lines = [json.loads(line) for line in vectors]
    answers = run(
        [{"credential": v["prefix"], "certificates": [v["cert"]], "at": v["clock"]} for v in lines]
    )
    assert len(answers) == len(lines)
    assert sum(answer["ok"] for answer in answers) == 202
    assert not any(answer["reason"] == "line-unreadable" for answer in answers)


def test_a_site_s_national_rules_are_told_among_the_claims(tmp_path: Path) -> None:
    country = ("trust: trust", "trust: trust\ncountry: DE")
    site = write_site(tmp_path, country)
    papers = {"ValidFrom": "2020-01-01T00:00:00Z", "ValidTo": "2099-01-01T00:00:00Z"}
    rules = [rule("GR-DE-0001", **papers), rule("TR-DE-0002", {"var": "payload.v"}, **papers)]
    (tmp_path / "trust" / "de.rules.json").write_text(json.dumps(rules))
    (tmp_path / "trust" / "a.pem").write_bytes(ISSUER.certificate_pem)
    own = {"credential": TEXT, "certificates": CERTIFICATES, "at": AT}
    for line in (own, {"credential": TEXT, "at": AT}):
        (answer,) = run([line], str(site))
        assert answer["ok"] is True
        assert answer["claims"]["rules"] == {"ok": False, "failing_rule": "TR-DE-0002"}
    (answer,) = run([{**own, "at": "2036-01-01T00:00:00Z"}], str(site))
    assert "rules" not in answer["claims"]
