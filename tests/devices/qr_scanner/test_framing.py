"""devices.qr_scanner.framing."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.qr_scanner.framing import (
    BLANK,
    MAX_A_SECOND,
    MAX_BYTES,
    SILENCE_MS,
    Framing,
    TextReader,
)
from devices.qr_scanner.triggers import TRIGGERS
from devices.readings import Unreadable

START = {"crlf": b"", "cr": b"", "lf": b"", "stx-etx": b"\2"}
END = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "stx-etx": b"\3"}
FRAMINGS: tuple[Framing, ...] = get_args(Framing)
GM65 = TRIGGERS["gm65"].reply

framings = st.sampled_from(FRAMINGS)
# A text as it is after trimming: no marks of any framing inside, no blanks around.
texts = (
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\2\3"), min_size=1, max_size=200)
    .map(lambda text: text.strip(BLANK.decode()))
    .filter(bool)
)


def framed(text: str, framing: Framing) -> bytes:
    return START[framing] + text.encode() + END[framing]


def fed(reader: TextReader, data: bytes, at_ms: float, rng: Random, gap_ms: float) -> list[object]:
    """Give data in ragged chunks, the gaps between them under `gap_ms`."""
    found: list[object] = []
    at = 0
    while at < len(data):
        size = rng.randint(1, 40)
        found += reader.receive(data[at : at + size], at_ms)
        at += size
        at_ms += rng.uniform(0, gap_ms)
    return found


@given(framings, st.lists(texts, max_size=12), st.integers())
def test_chunking_never_changes_the_texts(framing: Framing, sent: list[str], seed: int) -> None:
    wire = b"".join(framed(text, framing) for text in sent)
    assert fed(TextReader(framing), wire, 0, Random(seed), 199) == sent


@given(framings, st.binary(max_size=60), texts, st.integers())
def test_a_text_behind_noise_and_silence_is_whole_and_alone(
    framing: Framing, noise: bytes, text: str, seed: int
) -> None:
    reader, rng = TextReader(framing), Random(seed)
    noise = bytes(byte for byte in noise if byte not in b"\r\n\2\3")
    told = fed(reader, noise, 0, rng, 0)
    told += fed(reader, framed(text, framing), 300, rng, 199)
    assert [x for x in told if isinstance(x, str)] == [text]
    faults = [x for x in told if isinstance(x, Unreadable)]
    assert len(faults) == bool(noise.strip(BLANK))


@given(framings, st.lists(st.tuples(st.binary(max_size=5000), st.integers(0, 300)), max_size=30))
def test_any_bytes_at_any_time_are_bounded_and_harm_nothing(
    framing: Framing, chunks: list[tuple[bytes, int]]
) -> None:
    reader, at_ms = TextReader(framing), 0
    for data, gap_ms in chunks:
        at_ms += gap_ms
        found = reader.receive(data, at_ms)
        assert all(isinstance(x, Unreadable) or 0 < len(x.encode()) <= MAX_BYTES for x in found)
        assert len(found) <= MAX_A_SECOND + 1
        assert len(reader._pending) <= MAX_BYTES + 2
    assert fed(reader, framed("next", framing), at_ms + 1300, Random(0), 0)[-1] == "next"


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_the_rest_of_an_overlong_text_is_no_text(framing: Framing, step: int) -> None:
    reader = TextReader(framing)
    for length in (MAX_BYTES + 1, 2 * MAX_BYTES + 100):
        wire = framed("x" * length, framing) + framed("good", framing)
        chunks = [wire[at : at + step] for at in range(0, len(wire), step)]
        fault, text = [x for chunk in chunks for x in reader.receive(chunk, 0)]
        assert isinstance(fault, Unreadable)
        assert str(MAX_BYTES) in fault.fault
        assert text == "good"


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("step", [1, 10_000])
def test_the_longest_text_passes(framing: Framing, step: int) -> None:
    reader = TextReader(framing)
    wire = framed("x" * MAX_BYTES, framing)
    found = [x for i in range(0, len(wire), step) for x in reader.receive(wire[i : i + step], 0)]
    assert found == ["x" * MAX_BYTES]


def test_silence_ends_what_has_no_end() -> None:
    reader = TextReader("crlf")
    assert reader.due_ms is None
    assert reader.receive(b"half", 1000) == []
    assert reader.due_ms == 1000 + SILENCE_MS
    assert reader.expire(1249.9) == []
    assert reader.expire(1250) == [Unreadable("scan", 4, "no end (crlf) within 250 ms", None, "")]
    assert reader.due_ms is None
    assert reader.receive(b" more\r\n", 1300) == ["more"]


def test_a_gap_of_249_ms_is_still_one_text() -> None:
    reader = TextReader("lf")
    assert reader.receive(b"one", 0) == []
    assert reader.receive(b"text\n", 249) == ["onetext"]
    assert reader.receive(b"two", 1000) == []
    late = reader.receive(b"halves\n", 1250)
    assert [type(x) for x in late] == [Unreadable, str]


@pytest.mark.parametrize(
    ("framing", "wire", "texts"),
    [
        ("cr", b"a\r\nb\r\n", ["a", "b"]),
        ("lf", b"a\r\nb\r\n", ["a", "b"]),
        ("crlf", b"\r\n\r\n  \r\na \t\r\n", ["a"]),
        ("stx-etx", b"\2a\3\r\n\2b\3\r\n", ["a", "b"]),
        ("stx-etx", b"\2a\2b\3", [None, "b"]),
        ("stx-etx", b"noise\2b\3", [None, "b"]),
        ("stx-etx", b"b\3\2\3", [None]),
        ("stx-etx", b"\2\2a\3\2", ["a"]),
        ("crlf", b"\xff\xfe\r\na\r\n", [None, "a"]),
        ("crlf", b"\0\2a\3\r\n", ["a"]),
    ],
)
def test_what_scanners_put_around_a_text(
    framing: Framing, wire: bytes, texts: list[str | None]
) -> None:
    for step in (1, 100):
        reader = TextReader(framing)
        found: list[object] = []
        for at in range(0, len(wire), step):
            found += reader.receive(wire[at : at + step], 0)
        found += reader.expire(SILENCE_MS)
        assert [None if isinstance(x, Unreadable) else x for x in found] == texts


def test_bytes_that_are_no_utf8_are_placed_and_not_quoted() -> None:
    (fault,) = TextReader("lf").receive(b"HC1:secret\xff\n", 0)
    assert fault == Unreadable("scan", 11, "not UTF-8", 10, "")
    assert "secret" not in repr(fault)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("step", [1, 3, 100])
def test_the_answer_to_a_trigger_is_no_part_of_a_text(framing: Framing, step: int) -> None:
    reader = TextReader(framing, reply=GM65)
    end = b"\n" if framing == "cr" else b""  # a scanner that sends more than its reader asks for
    wire = GM65 + framed("HC1:A", framing) + end + GM65 + GM65 + framed("HC1:B", framing)
    found = [x for i in range(0, len(wire), step) for x in reader.receive(wire[i : i + step], 0)]
    assert found == ["HC1:A", "HC1:B"]
    assert reader.receive(GM65, 1000) == reader.expire(2000) == []


def test_a_babbling_line_is_held_to_a_hands_pace() -> None:
    reader = TextReader("lf")
    found = reader.receive(b"a\n" * 500, 0) + reader.receive(b"a\n" * 500, 999)
    assert found[:MAX_A_SECOND] == ["a"] * MAX_A_SECOND
    (fault,) = found[MAX_A_SECOND:]
    assert isinstance(fault, Unreadable)
    assert reader.receive(b"b\n", 1000) == ["b"]
