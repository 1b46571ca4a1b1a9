"""edge_rules.credentials.pictures and picture_file: codes are read, and bombs are not opened."""

import struct
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.credentials.picture_file import (
    MAX_BYTES,
    MAX_PASSES,
    MAX_PIXELS,
    PictureError,
    _checked_png,
    read_picture,
)
from edge_rules.credentials.pictures import MAX_CODES, read_codes_in, read_codes_of
from simulators.shc_issuer import codes
from tests.edge_rules.credentials import cards, passes
from tests.edge_rules.credentials.chain import good
from tests.edge_rules.credentials.drawing import (
    Pixels,
    beside,
    chunk,
    drawn,
    finders,
    png,
    saved,
)

TEXTS = [good(), passes.printed(), cards.good(), *codes(cards.as_jws(cards.good()), 3)]
PLAIN = zlib.compress(bytes(11 * 10))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_code_is_read_as_it_was_drawn(text: str, ending: str) -> None:
    assert read_codes_in(saved(drawn(text), ending)) == (text,)


def test_several_codes_and_the_same_twice() -> None:
    picture = beside(*(drawn(text) for text in (TEXTS[0], TEXTS[1], TEXTS[0])))
    assert set(read_codes_of(picture)) == set(TEXTS[:2])
    many = np.vstack([beside(*(drawn(f"code {n} {m}") for n in range(6))) for m in range(5)])
    assert len(read_codes_of(many)) == MAX_CODES


@pytest.mark.parametrize("turns", range(4))
def test_a_photograph_is_read_whatever_its_position(turns: int) -> None:
    code = drawn(TEXTS[0])
    photograph = np.full((1200, 1600), 90, np.uint8)
    photograph[300 : 300 + code.shape[0], 500 : 500 + code.shape[1]] = code // 2 + 60
    tilt = cv2.getRotationMatrix2D((800, 600), 11, 1.0)
    tilted = cv2.warpAffine(photograph, tilt, (1600, 1200), borderValue=[90.0])
    blurred = np.asarray(cv2.GaussianBlur(tilted, (0, 0), 0.8), np.uint8)
    assert read_codes_in(saved(np.rot90(blurred, turns), ".jpg")) == (TEXTS[0],)


def test_a_large_photograph_is_read_smaller() -> None:
    photograph = np.full((3000, 4000), 200, np.uint8)
    code = drawn(TEXTS[0], 12)
    photograph[200 : 200 + code.shape[0], 900 : 900 + code.shape[1]] = code
    assert read_codes_in(saved(photograph)) == (TEXTS[0],)


def test_colour_depth_and_interlacing_do_not_matter() -> None:
    code = drawn(TEXTS[1])
    for picture in (
        cv2.cvtColor(code, cv2.COLOR_GRAY2BGR),
        cv2.cvtColor(code, cv2.COLOR_GRAY2BGRA),
        code.astype(np.uint16) * 257,
    ):
        assert read_codes_in(cv2.imencode(".png", picture)[1].tobytes()) == (TEXTS[1],)
    progressive = saved(code, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert read_codes_in(progressive) == (TEXTS[1],)


def test_no_other_kind_of_code_is_read() -> None:
    barcode = zxingcpp.create_barcode("HC1:6BF", zxingcpp.BarcodeFormat.DataMatrix)
    pixels = np.array(barcode.to_image(scale=4), np.uint8)
    with pytest.raises(PictureError, match="shows no QR code"):
        read_codes_in(saved(pixels))


def damaged_jpeg(passes_: int) -> bytes:
    whole = saved(drawn("small"), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * passes_ + b"\xff\xd9"


def wide_jpeg() -> bytes:
    whole = bytearray(saved(drawn("small"), ".jpg"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(whole)


WRONG = [
    (b"", "must be PNG or JPEG"),
    (b"GIF89a" + bytes(100), "must be PNG or JPEG"),
    (saved(drawn("x"), ".bmp"), "must be PNG or JPEG"),
    (bytes(MAX_BYTES + 1), "at most 16777216 are read"),
    (b"\x89PNG\r\n\x1a\n", "parts are missing"),
    (saved(drawn("x"))[:60], "parts are missing"),
    (png(10, 10, PLAIN)[:8] + chunk(b"IDAT", PLAIN) + png(10, 10, PLAIN)[8:], "parts are missing"),
    (png(10, 10, b"\0\0\0"), "broken picture"),
    (png(0, 10, PLAIN), "has 0 by 10 pixels"),
    (png(50_000, 50_000, PLAIN), "has 50000 by 50000 pixels"),
    (png(2**31 - 1, 1, PLAIN), "pixels"),
    (wide_jpeg(), "has 65000 by 65000 pixels"),
    (b"\xff\xd8\xff" + bytes(50), "broken picture"),
    (damaged_jpeg(40), f"at most {MAX_PASSES} are read"),
    (png(10, 10, zlib.compress(bytes(10**7), 9)), "more data than its measures need"),
    (png(10, 10, PLAIN), "shows no QR code"),
]


@pytest.mark.parametrize(("data", "what"), WRONG, ids=range(len(WRONG)))
def test_what_can_not_be_read_is_told(data: bytes, what: str) -> None:
    with pytest.raises(PictureError, match=what):
        read_codes_in(data)


def test_a_bomb_takes_neither_time_nor_memory() -> None:
    packed = zlib.compress(bytes(10**9), 9)  # a gigabyte in a megabyte
    note = chunk(b"zTXt", b"a\0\0" + packed)
    profile = chunk(b"iCCP", b"a\0\0" + packed)
    for bomb in (png(10, 10, packed), png(10, 10, PLAIN, note, profile)):
        tracemalloc.start()
        began_s = time.thread_time()
        with pytest.raises(PictureError):
            read_codes_in(bomb)
        assert time.thread_time() - began_s < 2
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
        tracemalloc.stop()


def test_what_is_not_of_the_picture_is_not_opened() -> None:
    notes = [
        chunk(kind, b"a\0\0" + PLAIN) for kind in (b"zTXt", b"iCCP", b"acTL", b"fcTL", b"eXIf")
    ]
    colours = [chunk(b"PLTE", bytes(6)), chunk(b"tRNS", bytes(2))]
    assert _checked_png(png(10, 10, PLAIN, *notes, *colours)) == png(10, 10, PLAIN, *colours)


def test_marks_without_end_are_given_up_in_time() -> None:
    """At full size the larger frame would take half a minute."""
    began_s = time.thread_time()
    assert read_codes_of(finders(6000, 8000)) == ()
    assert read_codes_of(finders(1080, 1920)) == ()
    assert time.thread_time() - began_s < 5


@pytest.mark.parametrize(
    "shape", [(0, 0), (0, 10), (10, 10, 3), (10,)], ids=["empty", "flat", "colour", "line"]
)
def test_a_frame_of_another_shape_is_told(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError, match="must be grey"):
        read_codes_of(np.zeros(shape, np.uint8))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_picture_is_read_or_told(data: st.DataObject) -> None:
    code: Pixels = drawn("damaged")
    whole = bytearray(data.draw(st.sampled_from([saved(code), saved(code, ".jpg")])))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        pixels = read_picture(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except PictureError:
        return
    assert 0 < pixels.size <= MAX_PIXELS
    read_codes_of(pixels)
