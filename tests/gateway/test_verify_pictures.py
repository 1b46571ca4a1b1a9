"""gateway.cli.pictures: `menshen verify --picture` answers each credential, or tells why not."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from devices.errors import SetupError
from gateway.cli.pictures import questions
from gateway.cli.verify import verify
from simulators.shc_issuer import codes, trust_file
from tests.edge_rules.credentials import cards
from tests.edge_rules.credentials.chain import STRANGER, issuer
from tests.edge_rules.credentials.drawing import beside, drawn, saved

LONG_AGO_MS = 1_600_000_000_000  # 2020: what ended then has ended whatever the clock says
EXPIRED = issuer().issue("test", STRANGER, LONG_AGO_MS, LONG_AGO_MS + 1000)
CARD = cards.ISSUER.issue("test", STRANGER, LONG_AGO_MS)

app = typer.Typer()
app.command()(verify)


def test_each_code_gets_an_answer_and_a_card_in_several_one(tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    trust.mkdir()
    (trust / "a.cer").write_bytes(issuer().certificate_der)
    (trust / "b.jwks.json").write_bytes(trust_file(cards.ISSUER))
    parts = codes(cards.as_jws(CARD), 3)
    one, two = tmp_path / "one.png", tmp_path / "two.jpg"
    one.write_bytes(saved(beside(drawn(EXPIRED), *(drawn(part) for part in parts))))
    two.write_bytes(saved(beside(drawn("nothing"), drawn(parts[0])), ".jpg"))
    pictures = ["--picture", str(one), "--picture", str(two), "--trust", str(trust)]
    result = CliRunner().invoke(app, pictures)
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(answer["kind"], answer["failed_at"]) for answer in answers] == [
        ("eu-dcc", "validity"),
        ("smart-health-card", None),
        ("unknown", "prefix"),
        ("smart-health-card", "chunks"),
    ]
    assert EXPIRED[4:30] not in result.output


def test_every_picture_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.png"
    blank.write_bytes(saved(np.full((99, 99), 255, np.uint8)))
    broken.write_bytes(b"no picture")
    readable = tmp_path / "good.png"
    readable.write_bytes(saved(drawn(EXPIRED)))
    with pytest.raises(SetupError) as caught:
        questions([blank, readable, broken, tmp_path / "none.png", tmp_path])
    assert [str(fault).removeprefix(f"{tmp_path}") for fault in caught.value.faults] == [
        "/blank.png:1:1: shows no QR code that can be read: closer, sharper, whole, and without a "
        "reflection",
        "/broken.png:1:1: is no picture that can be read: must be PNG or JPEG",
        "/none.png:1:1: can't be read: No such file or directory",
        ":1:1: can't be read: Is a directory",
    ]
