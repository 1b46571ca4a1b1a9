"""gateway.bench.credential: each kind is judged good, and stands beside its bare verification."""

import json
from dataclasses import replace

import pytest

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from gateway.bench.credential import Kind, Shown, credential_lines
from gateway.cli.bench_credentials import kinds

NAMES = ["dcc", "dcc-first-seen", "dcc-ps256", "dcc-ps256-first-seen"]
NAMES += ["shc", "estate-pass", "estate-pass-rotating"]


def test_every_kind_has_its_floor() -> None:
    made = list(kinds(2))
    for kind in made:
        assert len({one.judge().subject for one in kind.shown}) == 2
        for one in kind.shown:
            assert [verify() for verify in one.verifications] in ([None], [None, None])
    lines = [json.loads(line) for line in credential_lines(made, rounds=1)]
    assert [line["name"] for line in lines] == NAMES
    assert all(line["us"] > line["floor_us"] > 0 for line in lines)


def test_what_is_refused_is_not_measured() -> None:
    bad = Credential(CredentialKind.EU_DCC, CredentialStatus.EXPIRED)
    shown = replace(next(iter(kinds(1))).shown[0], judge=lambda: bad)
    assert isinstance(shown, Shown)
    with pytest.raises(RuntimeError, match="dcc: a good credential is judged expired"):
        next(credential_lines([Kind("dcc", [shown])]))
