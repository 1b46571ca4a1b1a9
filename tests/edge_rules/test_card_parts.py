"""A card in several codes at a lane: the visit waits for the rest, and each code is on record."""

from dataclasses import replace
from typing import Any

import pytest

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.inputs import CredentialShown
from tests.edge_rules.scene import SCANNER, Scene, decided

PART = Credential(CredentialKind.SMART_HEALTH_CARD, CredentialStatus.UNREADABLE, "chunks-missing")
WHOLE = Credential(
    CredentialKind.SMART_HEALTH_CARD, CredentialStatus.VALID, subject="s-ann", entry="vaccination"
)
BROKEN = replace(PART, reason="jws-structure")


def shows(scene: Scene, credential: Credential, id_: str | None = None) -> list[dict[str, Any]]:
    """Have the lane's scanner read one code more."""
    shown = CredentialShown(id_ or f"id-{len(scene.events)}", scene.now.wall_ms, credential)
    return scene.give(shown, SCANNER)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_visit_waits_for_the_last_code(scene: Scene) -> None:
    scene.measure(id_="warm")
    assert decided(shows(scene, PART, id_="a")) == []
    assert decided(shows(scene, PART, id_="b")) == []
    events = shows(scene, WHOLE, id_="c")
    assert decided(events) == [("admit", ["healthy"])]
    (event,) = (one for one in events if one["type"] == "passage-decided")
    assert event["readings"] == ["a", "b", "c", "warm"]
    assert event["credential"]["subject"] == "s-ann"


def test_each_code_is_on_record_before_anything_comes_of_it(scene: Scene) -> None:
    (event,) = shows(scene, PART, id_="a")
    assert (event["type"], event["reading"]) == ("reading-received", "a")
    assert event["credential"] == {
        "kind": "smart-health-card",
        "status": "unreadable",
        "reason": "chunks-missing",
        "subject": None,
    }


def test_codes_that_stay_out_send_the_person_to_a_guard(scene: Scene) -> None:
    scene.measure()
    shows(scene, PART)
    assert decided(scene.wait(7999)) == []
    ((decision, reasons),) = decided(scene.wait(1))
    assert (decision, reasons[0]) == ("refer", "chunks-missing")
    assert "credential-missing" not in reasons
    assert scene.sent == []


def test_without_a_temperature_both_are_told(scene: Scene) -> None:
    shows(scene, PART)
    ((_, reasons),) = decided(scene.wait(8000))
    assert reasons[:2] == ["chunks-missing", "temperature-missing"]


def test_codes_that_make_no_card_are_decided_at_once(scene: Scene) -> None:
    scene.measure()
    shows(scene, PART)
    events = shows(scene, BROKEN)
    (event,) = (one for one in events if one["type"] == "passage-decided")
    assert (event["decision"], event["credential"]["status"]) == ("refer", "unreadable")
    assert event["facts"]["credential"]["reason"] == "jws-structure"
    assert scene.sent == []


def test_a_whole_credential_of_another_kind_ends_the_waiting(scene: Scene) -> None:
    scene.measure()
    shows(scene, PART)
    assert decided(scene.scan("s-bob")) == [("admit", ["healthy"])]
