"""ZPL labels and printer answers against the manufacturer's guide."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.zpl import (
    ReplyFrames,
    encode_page,
    parse_errors,
    parse_host_status,
    parse_identity,
)
from hal.interfaces import PrinterFlag, PrinterStatus, Raster

IDLE = ["030,0,0,1040,000,0,0,0,000,0,0,0", "001,0,0,0,1,2,6,0,00000000,1,000", "1234,0"]


def wire(*frames: str) -> bytes:
    return b"".join(b"\x02" + frame.encode("ascii") + b"\x03\r\n" for frame in frames)


def graphics(job: bytes) -> list[tuple[int, int, int, bytes]]:
    """(top, row bytes, stated total, raw) of every ^GF field, decoded here by hand."""
    fields = []
    for match in re.finditer(rb"\^FO0,(\d+)\^GFA,(\d+),(\d+),(\d+),(:Z64:([^:]+):([0-9A-F]{4}))\^FS", job):
        assert int(match.group(2)) == len(match.group(5))
        assert int(match.group(7), 16) == binascii.crc_hqx(match.group(6), 0)
        raw = zlib.decompress(base64.b64decode(match.group(6), validate=True))
        fields.append((int(match.group(1)), int(match.group(4)), int(match.group(3)), raw))
    return fields


def test_sixteen_by_two_dots_carry_the_documents_pixels() -> None:
    page = Raster(width_dots=16, height_dots=2, rows=bytes.fromhex("80000001"))

    job = encode_page(page)

    assert job.startswith(b"^XA^PW16^LL2^FO0,0^GFA,26,4,2,:Z64:")
    assert job.endswith(b"^FS^PQ1,0,1,N^XZ")
    assert graphics(job) == [(0, 2, 4, page.rows)]


def test_guide_example_has_the_check_value_we_compute() -> None:
    """The guide's own Z64 text and CRC, so that the check is not only equal to itself."""
    assert binascii.crc_hqx(b"eJxrYGBgBAACBQCC", 0) == 0xAE01
    assert binascii.crc_hqx(b"gAAAAQ==", 0) == 0x5E45


def test_page_past_the_five_digit_limit_goes_out_in_bands() -> None:
    width, height = 800, 1440
    rows = bytes(index % 251 for index in range(width // 8 * height))

    fields = graphics(encode_page(Raster(width, height, rows)))

    assert len(fields) == 2
    assert all(total == len(raw) <= 99_999 for _, _, total, raw in fields)
    assert fields[1][0] == fields[0][2] // fields[0][1]
    assert b"".join(raw for *_, raw in fields) == rows


@pytest.mark.parametrize(
    "page", [Raster(0, 1, b""), Raster(9, 1, b"\x00"), Raster(8, 2, b"\x00"), Raster(8, 0, b"")]
)
def test_rows_that_do_not_fit_the_size_are_refused(page: Raster) -> None:
    with pytest.raises(ValueError, match="no page of"):
        encode_page(page)


STATES = [
    (IDLE, frozenset(), 0),
    (
        ["030,1,1,1225,000,0,0,0,000,0,0,0", "001,0,0,1,1,2,6,0,00000100,1,000", "1234,0"],
        {PrinterFlag.PAPER_OUT, PrinterFlag.PAUSED, PrinterFlag.RIBBON_OUT, PrinterFlag.BUSY},
        100,
    ),
    (
        ["030,0,1,1040,000,0,0,0,000,0,0,0", "001,0,1,0,1,2,6,0,00000000,1,000", "1234,0"],
        {PrinterFlag.PAUSED, PrinterFlag.HEAD_OPEN},
        0,
    ),
    (
        ["030,0,0,1040,000,0,0,0,000,0,0,0", "001,0,0,0,0,1,6,1,00000001,1,000", "1234,0"],
        {PrinterFlag.LABEL_NOT_TAKEN, PrinterFlag.BUSY},
        1,
    ),
    (["030,0,0,1040,002,1,0,1,000,0,0,1", *IDLE[1:]], {"busy", "buffer-full", "over-temperature"}, 2),
]


@pytest.mark.parametrize(("frames", "flags", "queued"), STATES)
def test_host_status_becomes_conditions(frames: list[str], flags: set[str], queued: int) -> None:
    assert parse_host_status(frames) == PrinterStatus(frozenset(map(PrinterFlag, flags)), queued)


@pytest.mark.parametrize(
    "frames", [[], IDLE[:2], IDLE[::-1], ["x,0,0,1040,000,0,0,0,000,0,0,0", *IDLE[1:]], [*IDLE, "1234,0"]]
)
def test_other_frames_are_no_host_status(frames: list[str]) -> None:
    assert parse_host_status(frames) is None


@pytest.mark.parametrize(
    ("errors", "flags"),
    [
        ("0 00000000 00000000", set()),
        ("1 00000000 00000005", {PrinterFlag.PAPER_OUT, PrinterFlag.HEAD_OPEN}),
        ("1 00000000 00010004", {PrinterFlag.PAUSED, PrinterFlag.HEAD_OPEN}),
        ("1 00000000 00040004", {PrinterFlag.UNKNOWN, PrinterFlag.HEAD_OPEN}),
        ("1 00000000 0000000A", {PrinterFlag.RIBBON_OUT, PrinterFlag.JAM}),
        ("1 00000000 00000020", {PrinterFlag.OVER_TEMPERATURE}),
        ("1 00000001 00000000", {PrinterFlag.UNKNOWN}),
        ("1 00000000 00000000", {PrinterFlag.UNKNOWN}),
    ],
)
def test_errors_become_conditions(errors: str, flags: set[PrinterFlag]) -> None:
    frame = (
        f"\r\n\r\nPRINTER STATUS\r\n   ERRORS:         {errors}\r\n   WARNINGS:       1 00000000 00000100\r\n"
    )

    assert parse_errors(frame) == PrinterStatus(frozenset(flags), None)


def test_other_text_is_no_error_report() -> None:
    assert parse_errors("1234,0") is None


def test_identity_is_model_and_firmware() -> None:
    assert parse_identity("ZD420-203dpi,V84.20.18Z,8,8176KB") == "ZD420-203dpi V84.20.18Z"
    assert parse_identity("1234,0") is None


def test_frames_are_found_at_every_split_point() -> None:
    data = b"noise\x03" + wire(*IDLE)
    for split in range(len(data) + 1):
        frames = ReplyFrames()

        assert frames.feed(data[:split]) + frames.feed(data[split:]) == IDLE


def test_flow_control_bytes_inside_an_answer_are_stripped_on_serial_links_only() -> None:
    data = b"\x02A\x13B\x11C\x03"

    assert ReplyFrames(flow_control=True).feed(data) == ["ABC"]
    assert ReplyFrames().feed(data) == ["A\x13B\x11C"]


def test_endless_answer_is_dropped_and_the_next_one_read() -> None:
    assert ReplyFrames().feed(b"\x02" + b"x" * 5000 + b"\x03" + wire("1234,0")) == ["1234,0"]


@given(st.binary(max_size=300))
def test_garbage_gives_the_same_whole_and_byte_by_byte(data: bytes) -> None:
    whole, bytewise = ReplyFrames(), ReplyFrames()

    frames = whole.feed(data)

    assert [frame for byte in data for frame in bytewise.feed(bytes((byte,)))] == frames


@given(st.lists(st.text(max_size=60), max_size=4))
def test_status_parsers_take_or_leave_any_text(frames: list[str]) -> None:
    status = parse_host_status(frames)
    assert status is None or len(frames) == 3
    for frame in frames:
        assert parse_errors(frame) is None or "ERRORS" in frame
