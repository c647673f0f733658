"""TSPL, ESC/POS and CPCL printers: what they refuse, keep, answer at once and lose, byte by byte."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from simulators.cpcl_stream import CpclStream
from simulators.dot_page import DotPage, DrawingError
from simulators.escpos_stream import EscPosStream, RealTime
from simulators.tspl_stream import TsplStream
from tests.simulators.rig import raw_port, until
from tests.support.paper import PRINTERS, Paper

DOTS = bytes.fromhex("80000001")
TSPL = b"SIZE 2 mm,0.25 mm\r\nCLS\r\nBITMAP 0,0,2,2,0,\x7f\xff\xff\xfe\r\nPRINT 1\r\n"
ESCPOS = b"\x1b@\x1dv0\x00\x02\x00\x02\x00" + DOTS + b"\x1dVB\x00"
CPCL = b"! 0 200 200 2 1\r\nPAGE-WIDTH 16\r\nCG 2 2 0 0 " + DOTS + b"\r\nPRINT\r\n"
JOBS = {"tspl": TSPL, "escpos": ESCPOS, "cpcl": CPCL}


def black(label: Any) -> list[tuple[int, int]]:
    with Image.open(io.BytesIO(label.picture())) as picture:
        width, height = picture.size
        return [(x, y) for y in range(height) for x in range(width) if picture.getpixel((x, y)) == 0]


async def heard(kind: str, data: bytes, tmp_path: Path, **options: Any) -> Paper:
    paper = Paper(kind, tmp_path, **{"width_dots": 16, **options})
    await paper.hear(data)
    return paper


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("tspl", TSPL.replace(b"CLS\r\n", b"CLS\n"), "without CR"),
        ("tspl", b'TEXT 1,1,"3",0,1,1,"x\r\n', "string is not closed"),
        ("tspl", b"SIZE 76 cm,1 mm\r\n", "SIZE"),
        ("tspl", b"SIZE 900 mm,20 mm\r\n", "7200 x 160"),
        ("tspl", b"BITMAP 0,0,2,2,7,1234\r\n", "BITMAP"),
        ("tspl", b"PRINT 0\r\n", "PRINT 0"),
        ("tspl", b"FLY\r\n", "no such command"),
        ("tspl", CPCL, "no such command"),
        ("escpos", b"\x1dv0\x03\x02\x00\x02\x00" + DOTS, "mode 3"),
        ("escpos", b"\x1dv0\x00\x03\x00\x01\x00abc", "wider than the head"),
        ("escpos", b"\x1bZ", "no such command"),
        ("cpcl", CPCL.replace(b"16\r\n", b"16\n"), "without CR"),
        ("cpcl", b"PAGE-WIDTH 16\r\n", "x 0 dots"),
        ("cpcl", b"EG 2 2 0 0 80000001\r\n", "outside a session"),
        ("cpcl", b"PRINT\r\n", "outside a session"),
        ("cpcl", b"! 0 200 200 2 1\r\nEG 2 2 0 0 8000\r\n", "2 bytes for 2 rows"),
        ("cpcl", b"! 0 200 200 2 1\r\nEG 2 2 0 0 8000000\r\n", "hex"),
        ("cpcl", b"! 0 200 100 2 1\r\n", "resolution"),
        ("cpcl", b"! 0 200 200 2 1\r\nPAGE-WIDTH 17\r\n", "17 is not in"),
        ("cpcl", b"! 0 200 200 2 1\r\nFLY\r\n", "no such command"),
    ],
)
async def test_what_the_real_device_refuses_is_a_problem(
    kind: str, data: bytes, said: str, tmp_path: Path
) -> None:
    paper = await heard(kind, data, tmp_path)

    assert said in " ".join(paper.printer.problems)


async def test_tspl_keeps_its_picture_until_cls_and_counts_copies(tmp_path: Path) -> None:
    again = b"BITMAP 8,0,1,1,0,\x00\r\nPRINT 2,3\r\nCLS\r\nPRINT 1\r\n"

    paper = await heard("tspl", TSPL + again, tmp_path)

    first, second, third = paper.labels
    assert black(first) == [(0, 0), (15, 1)]
    assert set(black(second)) == {(0, 0), (15, 1), *((x, 0) for x in range(8, 16))}
    assert (second.copies_left, black(third)) == (6, [])


async def test_tspl_draws_in_three_modes(tmp_path: Path) -> None:
    rest = b"CLS\r\nBITMAP 0,0,1,1,0,\x00\r\nBITMAP 4,0,1,1,%d,\xf0\r\nPRINT 1\r\n"
    wanted = {0: {0, 1, 2, 3, 8, 9, 10, 11}, 1: set(range(12)), 2: {*range(8), *range(8, 12)}}
    for mode, dots in wanted.items():
        paper = await heard("tspl", b"SIZE 2 mm,0.25 mm\r\n" + rest % mode, tmp_path)
        row = {x for x, y in black(paper.labels[0]) if y == 0}
        assert row == dots, mode


def test_a_page_inverts_where_a_block_has_ink() -> None:
    page = DotPage(8, 1)
    page.overwrite(0, 0, 1, b"\xf0")
    page.invert(0, 0, 1, b"\x3c")
    assert page.copy().tobytes() == b"\xcc"
    with pytest.raises(DrawingError):
        page.add(0, 0, 3, b"\xff")


async def test_escpos_answers_at_once_out_of_a_raster_and_keeps_its_dots(tmp_path: Path) -> None:
    dots = bytes.fromhex("10040110")
    for hears, answers in ((True, 1), (False, 0)):
        paper = Paper("escpos", tmp_path, width_dots=16, hears_in_raster=hears)
        said: list[bytes] = []

        async def say(text: bytes, said: list[bytes] = said) -> None:
            said.append(text)

        await paper.printer.hear(ESCPOS.replace(DOTS, dots), say)
        assert len(said) == answers
        assert paper.labels[0].image.tobytes() == dots


async def test_an_uncut_receipt_hangs_on_the_next(tmp_path: Path) -> None:
    uncut = ESCPOS.removesuffix(b"\x1dVB\x00")

    paper = await heard("escpos", uncut + ESCPOS, tmp_path)

    [label] = paper.labels
    assert label.image.size == (16, 4)


@pytest.mark.parametrize("kind", JOBS)
async def test_a_label_comes_out_on_a_serial_line(kind: str, tmp_path: Path) -> None:
    printer = PRINTERS[kind](tmp_path, path=tmp_path / "dev", width_dots=16, print_mm_s=None, paced=True)
    await printer.start()
    try:
        with raw_port(tmp_path / "dev") as host:
            host.write(JOBS[kind])
            await until(lambda: printer.labels)
        [label] = printer.labels
        assert (label.width, label.height, label.not_drawn) == (16, 2, ())
        assert list(printer.problems) == []
    finally:
        await printer.stop()


async def test_a_full_serial_printer_says_xoff_and_xon(tmp_path: Path) -> None:
    printer = PRINTERS["tspl"](tmp_path, path=tmp_path / "dev")
    await printer.start()
    try:
        with raw_port(tmp_path / "dev") as host:
            printer.faults.inject("printer_buffer_full", "printer")
            assert await host.read(1) == b"\x13"
            printer.faults.clear("printer_buffer_full", "printer")
            assert await host.read(1) == b"\x11"
    finally:
        await printer.stop()


async def test_gs_r_waits_for_its_turn_and_status_comes_back_by_itself(tmp_path: Path) -> None:
    printer = PRINTERS["escpos"](tmp_path, width_dots=16, print_mm_s=None)
    await printer.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", printer.tcp_port)
    try:
        writer.write(b"\x1da\xff")
        assert await asyncio.wait_for(reader.readexactly(4), 3) == bytes.fromhex("10000000")
        printer.faults.inject("head_open", "printer")
        assert await asyncio.wait_for(reader.readexactly(4), 3) == bytes.fromhex("38000000")
        writer.write(ESCPOS + b"\x1dr\x01\x10\x04\x02")
        assert await asyncio.wait_for(reader.readexactly(1), 3) == b"\x16"
        printer.faults.clear("head_open", "printer")
        assert await asyncio.wait_for(reader.readexactly(5), 3) in (
            bytes.fromhex("1000000000"),
            bytes.fromhex("0010000000"),
        )
        assert len(printer.labels) == 1
    finally:
        writer.close()
        await printer.stop()


@pytest.mark.parametrize("stream", [TsplStream, CpclStream, EscPosStream, RealTime])
@settings(max_examples=60)
@given(data=st.binary(max_size=200))
def test_no_bytes_break_a_stream_and_pieces_make_no_difference(stream: type[Any], data: bytes) -> None:
    whole, pieces = stream(), stream()

    found = whole.feed(data)

    # Text of a receipt may be cut anywhere: only its bytes count.
    split = [each for byte in data for each in pieces.feed(bytes((byte,)))]
    if stream is not EscPosStream:
        assert split == found
