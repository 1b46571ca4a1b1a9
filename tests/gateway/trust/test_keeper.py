"""gateway.trust.keeper: what changes in the trust folder counts whole, or not at all."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devices.moment import Moment
from edge_rules.certlogic.rule_book import Place
from edge_rules.credentials.trust import TrustContents, TrustStore
from edge_rules.inputs import AlarmSeen, Input, Noted
from gateway.clock import SystemClock
from gateway.ports import Clock
from gateway.trust import keeper as keeper_module
from gateway.trust.keeper import DAY_MS, TrustKeeper
from gateway.trust.pieces import answer_of, contents_of
from gateway.trust_folder import TrustSource, load_trust, read_folder, stamps_of
from simulators.dcc_issuer import DccIssuer
from simulators.shc_issuer import ShcIssuer, revocation_file, trust_file
from tests.edge_rules.certlogic.papers import rule
from tests.gateway.web.pass_desk import StandingClock
from tests.gateway.web.server import until

ONE, TWO, RSA = DccIssuer("one"), DccIssuer("two"), DccIssuer("three", algorithm="PS256")
CARDS = ShcIssuer("trust keeper")
REVOKED = b64encode(b"sixteen bytes ..").decode()


@dataclass
class Heard:
    """What the gateway hears of a keeper."""

    stores: list[TrustStore] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    looks: list[object] = field(default_factory=list)

    @property
    def details(self) -> list[str | None]:
        return [one.detail for one in self.inputs if isinstance(one, AlarmSeen)]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "LOOK_S", 0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "trust"
    path.mkdir()
    (path / "one.pem").write_bytes(ONE.certificate_pem)
    return path


def keeper(folder: Path, heard: Heard, clock: Clock | None = None) -> TrustKeeper:
    source = TrustSource(folder, Place("DE"), stamps_of(folder))
    return TrustKeeper(
        source,
        load_trust(folder, source.place),
        heard.stores.append,
        heard.inputs.append,
        ThreadPoolExecutor(1),
        clock or SystemClock(),
    )


@asynccontextmanager
async def following(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Heard]:
    heard = Heard()

    def look(of: Path) -> Any:  # noqa: ANN401
        heard.looks.append(of)
        return stamps_of(of)

    monkeypatch.setattr(keeper_module, "stamps_of", look)
    running = asyncio.create_task(keeper(folder, heard).run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def looked(heard: Heard, times: int = 4) -> None:
    seen = len(heard.looks)
    await until(lambda: len(heard.looks) >= seen + times)


def exchange(folder: Path, other: Path | None) -> None:
    """Put the folder away, and another in its place."""
    if folder.exists():
        folder.rename(folder.with_name("away"))
    if other is not None:
        other.rename(folder)


def fill(folder: Path) -> None:
    """Put something of each kind in."""
    (folder / "two.cer").write_bytes(TWO.certificate_der)
    (folder / "three.pem").write_bytes(RSA.certificate_pem)
    (folder / "cards.jwks.json").write_bytes(trust_file(CARDS))
    (folder / "cards.shc-revoked.json").write_bytes(revocation_file([CARDS.revoking("a", "b.9")]))
    (folder / "eu.rules.json").write_text(json.dumps([rule(), rule("IR-FR-0001")]))
    batch = {"kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": REVOKED}]}
    (folder / "eu.dcc-revoked.json").write_text(json.dumps(batch))


@pytest.mark.parametrize("large", [2**20, 0], ids=["here", "in a process of its own"])
async def test_what_comes_into_the_folder_counts_and_is_on_record(
    folder: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(keeper_module, "LARGE", large)
    async with following(folder, monkeypatch) as heard:
        await looked(heard)
        draft = folder.with_name("draft")
        draft.mkdir()
        (draft / "one.pem").write_bytes(ONE.certificate_pem)
        fill(draft)
        exchange(folder, draft)
        await until(lambda: bool(heard.stores))
    [store] = heard.stores
    here = load_trust(folder, Place("DE"))
    assert [s.kid for s in store.signers] == [s.kid for s in here.signers]
    assert {s.kid for s in store.signers} == {ONE.kid, TWO.kid, RSA.kid}
    for one, other in zip(store.signers, here.signers, strict=True):
        assert one.key == other.key
    assert CARDS.issuer in store.cards
    assert store.cards.revoked.holds(CARDS.kid, "a", 1)
    assert (len(store.rules), store.rules.total, store.digest) == (2, 2, here.digest)
    assert [(one.type, one.body) for one in heard.inputs if isinstance(one, Noted)] == [
        ("trust-changed", {
            "hash": here.digest[:16], "signers": 3, "issuers": 1, "revoked": 3, "rules": 2,
        })
    ]  # fmt: skip


@pytest.mark.parametrize("large", [2**20, 0], ids=["here", "in a process of its own"])
async def test_a_fault_leaves_all_as_it_was_and_is_told_with_its_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(keeper_module, "LARGE", large)
    async with following(folder, monkeypatch) as heard:
        (folder / "x.crt").write_text("x")
        (folder / "bad.pem").write_bytes(b"no certificate")
        await until(lambda: bool(heard.inputs))
        [detail] = heard.details
        assert detail == "x.crt: would not be read: name it *.pem (PEM) or *.cer (DER) (and 1 more)"
        await looked(heard)
        assert len(heard.inputs) == 1
        assert not heard.stores
        (folder / "x.crt").unlink()
        (folder / "bad.pem").write_bytes(TWO.certificate_pem)
        await until(lambda: bool(heard.stores))
        assert len(heard.stores[-1].signers) == 2


async def test_a_folder_that_is_gone_ends_no_trust(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(folder, monkeypatch) as heard:
        exchange(folder, None)
        await until(lambda: bool(heard.inputs))
        assert [str(one).partition(":")[0] for one in heard.details] == ["trust"]
        exchange(folder, folder.with_name("away"))
        await looked(heard)
        assert not heard.stores


async def test_nothing_is_read_while_nothing_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def reading(of: Path) -> TrustContents:
        read.append(of)
        return read_folder(of)

    monkeypatch.setattr(keeper_module, "read_folder", reading)
    async with following(folder, monkeypatch) as heard:
        await looked(heard, 6)
        assert read == []
        (folder / "one.pem").touch()
        await until(lambda: bool(read))
        await looked(heard, 6)
        assert len(read) == 1
        assert not heard.stores
        assert not heard.inputs


async def test_what_changed_while_it_was_read_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(of: Path) -> TrustContents:
        found = read_folder(of)
        if not (of / "rsa.pem").exists():
            (of / "rsa.pem").write_bytes(RSA.certificate_pem)
        return found

    monkeypatch.setattr(keeper_module, "read_folder", reading)
    async with following(folder, monkeypatch) as heard:
        (folder / "two.pem").write_bytes(TWO.certificate_pem)
        await until(lambda: bool(heard.stores))
    assert len(heard.stores[0].signers) == 3


async def test_rules_that_stay_are_not_compiled_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder)
    async with following(folder, monkeypatch) as heard:
        (folder / "two.cer").unlink()
        await until(lambda: len(heard.stores) == 1)
        (folder / "three.pem").unlink()
        await until(lambda: len(heard.stores) == 2)
        assert heard.stores[0].rules is heard.stores[1].rules
        (folder / "eu.rules.json").unlink()
        await until(lambda: len(heard.stores) == 3)
        assert len(heard.stores[2].rules) == 0


def test_ends_are_told_ahead_and_once_a_day(folder: Path) -> None:
    end_ms = 1_800_000_000_000  # 2027-01-15
    last = DccIssuer("last", country="DE", not_after_ms=end_ms)
    (folder / "last.cer").write_bytes(last.certificate_der)
    heard = Heard()
    clock = StandingClock(Moment(0.0, end_ms - 15 * DAY_MS))
    watched = keeper(folder, heard, clock)

    def told(after_ms: int) -> list[str]:
        clock.at = Moment(0.0, end_ms + after_ms)
        heard.inputs.clear()
        watched.tell_ends()
        return [one.alarm for one in heard.inputs if isinstance(one, AlarmSeen)]

    assert told(-15 * DAY_MS) == []
    assert told(-14 * DAY_MS) == ["trust-expiring"]
    assert heard.details == ["the last signer ends: DE 2027-01-15; import a fresh list"]
    assert told(-14 * DAY_MS + 1000) == []
    assert told(-13 * DAY_MS - 1) == []
    assert told(-13 * DAY_MS) == ["trust-expiring"]
    assert told(-1) == ["trust-expiring"]
    assert told(0) == ["trust-expired"]
    assert told(DAY_MS - 1) == []
    assert told(DAY_MS) == ["trust-expired"]


def test_a_signer_with_a_successor_ends_unnoticed(folder: Path) -> None:
    end_ms = 1_800_000_000_000
    for name, after in (("old", end_ms), ("new", end_ms + 100 * DAY_MS)):
        made = DccIssuer(name, country="DE", not_after_ms=after)
        (folder / f"{name}.cer").write_bytes(made.certificate_der)
    heard = Heard()
    keeper(folder, heard, StandingClock(Moment(0.0, end_ms))).tell_ends()
    assert heard.inputs == []


def test_long_lists_of_cards_come_over_whole(folder: Path) -> None:
    lists = [
        ShcIssuer(number).revoking(*(f"{number}-{n}" for n in range(count)))
        for number, count in enumerate((0, 1, 4001, 2000))
    ]
    (folder / "cards.shc-revoked.json").write_bytes(revocation_file(lists))
    read = read_folder(folder)
    assert contents_of(b"".join(answer_of(read))).cards.lists == read.cards.lists
