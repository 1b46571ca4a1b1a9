"""drivers.mqtt_strangers."""

from hypothesis import given
from hypothesis import strategies as st

from devices.ids import is_id
from devices.moment import Moment
from drivers.mqtt_strangers import TOPICS_KEPT, StrangerNotes

TOPIC = "menshen/1/riverside/north-in/cam-9/scan"


def at(ms: float) -> Moment:
    return Moment(ms, 0)


def test_unknown_device_and_version_are_told_apart() -> None:
    notes = StrangerNotes()
    assert notes.note(TOPIC, 12, at(0)) == (
        f"{TOPIC}: 12 bytes from a device that the site file does not have at this lane: "
        "add it or mend it"
    )
    other = notes.note(TOPIC.replace("/1/", "/2/"), 12, at(0))
    assert other is not None
    assert "protocol version" in other
    left = notes.note("vendor/door/7", 12, at(0))
    assert left is not None
    assert "nobody here asked for" in left


def test_one_note_a_minute_a_topic_and_the_rest_is_counted() -> None:
    notes = StrangerNotes()
    assert notes.note(TOPIC, 1, at(0))
    assert not any(notes.note(TOPIC, 1, at(ms)) for ms in range(1, 60_000, 1000))
    again = notes.note(TOPIC, 1, at(60_000))
    assert again is not None
    assert "60 more" in again


def test_flood_of_topics_is_bounded_in_notes_and_in_memory() -> None:
    notes = StrangerNotes()
    said = [notes.note(f"menshen/1/r/l/d{n}/scan", 1, at(n / 1000)) for n in range(5000)]
    assert len([note for note in said if note]) == 10
    for minute in range(1, 2000):
        notes.note(f"menshen/1/r/l/e{minute}/scan", 1, at(60_000 * minute))
    assert len(notes._last_ms) <= TOPICS_KEPT


@given(st.text(max_size=80))
def test_a_topic_that_is_no_id_is_never_shown(secret: str) -> None:
    note = StrangerNotes().note(f"menshen/1/riverside/n/{secret}/scan", 1, at(0))
    assert note is not None
    shown, _ = note.split(":", 1)
    assert all(is_id(level) or level in {"?", "…"} for level in shown.split("/"))
