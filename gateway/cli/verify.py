"""`menshen verify`: credentials as JSON lines in, judgements as JSON lines out."""

import json
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from zoneinfo import ZoneInfo

import typer

from edge_rules.credentials.credential import CredentialKind
from edge_rules.credentials.judge import judge_texts
from edge_rules.credentials.judgement import Judgement, Stage
from edge_rules.credentials.trust import TrustStore
from gateway.cli.bounded_lines import bounded_lines
from gateway.cli.line_trust import LineError, LineTrust
from gateway.keys import KEY_BYTES, load_subject_key
from gateway.passes.pass_files import PassFolders, load_passes
from gateway.trust_folder import load_trust

MAX_LINE = 4 * 1024 * 1024  # thousands of certificates beside one credential

UNREADABLE: Mapping[str, Any] = {
    "ok": False,
    "kind": CredentialKind.UNKNOWN.value,
    "failed_at": Stage.PREFIX.value,
    "reason": "line-unreadable",
    "warnings": [],
    "subject": None,
    "claims": {},
}


@dataclass(slots=True)
class Verifier:
    """Answers questions, one at a time; keeps the signers of those it met lately."""

    trust: TrustStore
    subject_key: bytes = field(repr=False)
    show_person: bool = False
    _lines: LineTrust = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._lines = LineTrust(self.trust)

    def answer(self, line: bytes) -> Mapping[str, Any]:
        """Answer one line; never raises, whatever stands in it."""
        try:
            question = _parse(line)
            texts = _credential(question.get("credential"))
            at_ms = _at_ms(question.get("at"))
            trust, warnings = self._lines.of(question)
        except LineError:
            return UNREADABLE
        judgement = judge_texts(texts, trust, at_ms, self.subject_key)
        return self._laid_out(judgement, warnings)

    def _laid_out(self, judgement: Judgement, warnings: tuple[str, ...]) -> Mapping[str, Any]:
        claims = dict(judgement.claims())
        if self.show_person and judgement.content is not None:
            claims["person"] = judgement.person()
        signed = judgement.signed
        if signed is not None and signed.rules_ok is not None:
            claims["rules"] = {"ok": signed.rules_ok, "failing_rule": signed.failing_rule}
        return {
            "ok": judgement.ok,
            "kind": judgement.kind.value,
            "failed_at": judgement.failed_at,
            "reason": judgement.reason,
            "warnings": [*judgement.warnings, *warnings],
            "subject": judgement.subject,
            "claims": claims,
        }


def verify(
    site: Annotated[
        Path | None,
        typer.Argument(metavar="[SITE.yaml]", help="The site whose trust store judges."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder with the key of subjects.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Trust folder instead of the site's.")
    ] = None,
    picture: Annotated[
        list[Path] | None,
        typer.Option("--picture", help="A PNG or JPEG with QR codes, instead of lines on stdin."),
    ] = None,
    *,
    show_person: Annotated[
        bool, typer.Option("--show-person", help="Also give names and document numbers.")
    ] = False,
) -> None:
    """Judge credentials: one JSON object a line on stdin, one answer a line on stdout.

    With --picture one answer for each credential in the pictures.

    A line is {"credential": TEXT or [TEXT, …], "certificates": ["<base64 DER>", …]?,
    "jwks": {ISSUER: key set}?, "revocations": [card list, …]?, "at": "…"?}.

    Example: echo '{"credential": "HC1:…"}' | menshen verify --trust trust
    """
    verifier = make_verifier(site, data, trust, show_person=show_person)
    source: BinaryIO = sys.stdin.buffer
    if picture:
        from gateway.cli.pictures import questions  # noqa: PLC0415 - most runs see no picture

        source = BytesIO(b"".join(questions(picture)))
    answer_lines(verifier, source, sys.stdout.buffer)


def make_verifier(
    site: Path | None, data: Path | None, trust: Path | None, *, show_person: bool
) -> Verifier:
    """Gather the signers and the key of subjects; SetupError where a file is wrong."""
    place, estate, zone = None, None, "UTC"
    if site is not None:
        from gateway.site_file import load_site  # noqa: PLC0415 - most runs name no site

        setup = load_site(site, data=data)
        data, trust, place = setup.data_folder, trust or setup.trust_folder, setup.place
        estate, zone = setup.estate, setup.timezone
    store = TrustStore([]) if trust is None else load_trust(trust, place)
    folders = PassFolders.among(data, trust)
    if folders is not None:
        store.passes = load_passes(folders, estate, ZoneInfo(zone))
    key = secrets.token_bytes(KEY_BYTES) if data is None else load_subject_key(data)
    return Verifier(store, key, show_person)


def answer_lines(verifier: Verifier, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line in order, each as soon as it is there."""
    for line in bounded_lines(source, MAX_LINE):
        answer = UNREADABLE if line is None else verifier.answer(line)
        sink.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        sink.flush()


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        msg = "not JSON"
        raise LineError(msg) from None
    if not isinstance(question, dict):
        msg = "not a JSON object"
        raise LineError(msg)
    return question


def _credential(value: object) -> tuple[str, ...]:
    match value:
        case str(text):
            return (text,)
        case [*parts] if parts and all(isinstance(part, str) for part in parts):
            return tuple(map(str, parts))
        case _:
            msg = "credential must be a text or a list of texts"
            raise LineError(msg)


def _at_ms(value: object) -> int:
    """Read `at`, RFC 3339; taken as UTC where a vector's clock names no zone."""
    if value is None:
        return time.time_ns() // 1_000_000
    try:
        moment = datetime.fromisoformat(value.upper() if isinstance(value, str) else "")
    except ValueError:
        msg = "at must be a time such as 2026-11-23T08:00:00.123Z"
        raise LineError(msg) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
