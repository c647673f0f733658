"""The drivers' framing against every worked example of the printer languages."""

from __future__ import annotations

import base64
import re
import zlib

import pytest

from hal.framing import cpcl, escpos, tspl, zpl
from hal.framing.escpos import AnswerKind, Answers
from hal.framing.ink_bands import Band
from hal.interfaces import PrinterFlag, PrinterStatus, Raster
from tests.support.golden import Golden, golden

PAGE = Raster(16, 2, bytes.fromhex("80000001"))
BAND = Band(0, 0, 2, 2, PAGE.rows)
CLEAR = bytes.fromhex("12121212")


def flags(status: PrinterStatus | None) -> set[str]:
    assert status is not None
    return {flag.value for flag in status.flags}


def z64_dots(job: bytes) -> bytes:
    match = re.search(rb":Z64:([^:]+):", job)
    assert match is not None
    return zlib.decompress(base64.b64decode(match[1]))


@pytest.mark.parametrize("example", golden("zpl", "driver"))
def test_zpl(example: Golden) -> None:
    frames = zpl.ReplyFrames().feed(example.wire)
    if example.topic == "graphic":
        # Deflate is free in its choice of codes: what it holds is compared.
        assert z64_dots(zpl.encode_page(PAGE)) == z64_dots(example.wire) == PAGE.rows
    elif example.topic == "~HS":
        assert flags(zpl.parse_host_status(frames)) == example.words
    elif example.topic == "~HQES":
        [frame] = frames
        assert flags(zpl.parse_errors(frame)) == example.words
    else:
        assert example.topic == "~HI"
        assert zpl.parse_identity(frames[0]) == "ZD420-203dpi V84.20.18Z"


@pytest.mark.parametrize("example", golden("tspl", "driver"))
def test_tspl(example: Golden) -> None:
    if example.topic == "BITMAP":
        black_bit = int(example.told.split()[2])
        assert tspl.bitmap(BAND, black_bit) == example.wire
        assert example.wire in tspl.encode_page(PAGE, black_bit=black_bit)
    elif example.direction == ">":
        assert example.wire == {"ESC ! ?": tspl.ASK_STATUS_BYTE, "ESC ! S": tspl.ASK_STATUS}[example.topic]
    elif example.topic == "ESC ! ?":
        assert flags(tspl.parse_status_byte(example.wire[0])) == example.words
    else:
        assert flags(tspl.parse_status(example.wire)) == example.words


@pytest.mark.parametrize("example", golden("escpos", "driver"))
def test_escpos(example: Golden) -> None:
    if example.topic == "raster":
        assert escpos.raster(2, PAGE.rows) == example.wire
        assert example.wire in escpos.encode_page(PAGE)
    elif example.direction == ">":
        assert example.wire in (*escpos.ASK_REAL_TIME, escpos.ASK_END, escpos.TELL_CHANGES)
    elif example.topic == "automatic status":
        [answer] = Answers().feed(example.wire)
        assert answer.kind is AnswerKind.AUTOMATIC
        assert flags(escpos.parse_automatic_status(answer.data)) == example.words
    else:
        at = int(example.topic[-1]) - 1
        [answer] = Answers().feed(example.wire)
        assert answer.kind is AnswerKind.REAL_TIME
        told = escpos.parse_real_time(CLEAR[:at] + answer.data + CLEAR[at + 1 :])
        assert flags(told) == example.words


@pytest.mark.parametrize("example", golden("cpcl", "driver"))
def test_cpcl(example: Golden) -> None:
    if example.topic == "graphic":
        assert cpcl.graphic(BAND, as_hex=True) == example.wire
        assert cpcl.graphic(BAND) == b"CG 2 2 0 0 " + PAGE.rows + b"\r\n"
    elif example.direction == ">":
        questions = {"h": cpcl.ASK_STATUS, "i": cpcl.ASK_MORE, "v": cpcl.ASK_IDENTITY, "N": cpcl.CLEAR_RESET}
        assert example.wire == questions[example.topic[-1]]
    else:
        assert flags(cpcl.parse_status(example.wire[0])) == example.words


@pytest.mark.parametrize(
    ("frame", "conditions"),
    [
        ("02 60 40 40 40 03 0D 0A", {"paused"}),
        ("02 45 48 43 4F 03 0D 0A", {"buffer-full", "over-temperature", "paper-out", "jam", "ribbon-out"}),
        ("02 45 41 40 40 03 0D 0A", {"paper-low"}),
        ("02 45 40 40 40 03 0D 0A", {"unknown"}),
        ("02 7F 40 54 40 03 0D 0A", {"unknown"}),
    ],
)
def test_tspl_bits_combine_and_what_has_no_name_is_unknown(frame: str, conditions: set[str]) -> None:
    assert flags(tspl.parse_status(bytes.fromhex(frame))) == conditions


@pytest.mark.parametrize(
    ("answers", "conditions"),
    [
        ("1A 16 52 12", {"head-open"}),
        ("1A 52 52 12", {"over-temperature"}),
        ("1A 52 32 12", {"unknown"}),
        ("1A 12 12 1E", {"paper-low", "unknown"}),
        ("32 12 12 12", {"unknown"}),
        ("1A 1A 12 12", {"busy"}),
    ],
)
def test_escpos_causes_are_named_together(answers: str, conditions: set[str]) -> None:
    assert flags(escpos.parse_real_time(bytes.fromhex(answers))) == conditions


def test_cpcl_more_conditions_and_the_reset() -> None:
    assert cpcl.parse_more(0xF0) == {
        PrinterFlag.RIBBON_OUT,
        PrinterFlag.PAPER_LOW,
        PrinterFlag.LABEL_NOT_TAKEN,
        PrinterFlag.JAM,
    }
    assert (cpcl.was_reset(0x10), cpcl.was_reset(0x0F)) == (True, False)
    assert flags(cpcl.parse_status(0x19)) == {"busy"}
