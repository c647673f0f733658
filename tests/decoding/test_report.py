"""What was found as lines, for people and for scripts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edge.decoding.report import Reading, Unread, json_line, printable, table
from native.barcode import Point, Result, StructuredAppend, Symbol

SYMBOL = Symbol(
    text="0112345678901231\x1d10AB",
    data=b"0112345678901231\x1d10AB",
    format="Code128",
    identifier="]C1",
    corners=(Point(10, 20), Point(110, 20), Point(110, 60), Point(10, 60)),
    rotation_deg=-0.4,
    module_px=1.96,
    ec_used=0.0,
    eci=None,
    add_on=None,
    mirrored=False,
    inverted=True,
    version=None,
    ec_level=None,
    size=None,
    reader_init=False,
    structured_append=None,
)
PART = replace(
    SYMBOL,
    text="第一",
    data="第一".encode(),
    format="QRCode",
    identifier="]Q1",
    eci=26,
    version=3,
    ec_level="M",
    structured_append=StructuredAppend(0, 2, "97"),
)


def reading(*symbols: Symbol, **changes: object) -> Reading:
    made = Reading("a.png", 1, 1, 640, 480, 1.25, Result(list(symbols), None))
    return replace(made, **changes)  # type: ignore[arg-type]  # mypy checks no **object against fields


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 中文 é", "plain text, 中文 é"),
        ("a\x1db\r\n\t\0", r"a\x1db\r\n\t\x00"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("ab\u202edc\u200b\ufeff", r"ab\u202edc\u200b\ufeff"),
        (r"back\slash \x1d", r"back\\slash \\x1d"),
        ("\udcff", r"\udcff"),
    ],
)
def test_text_is_shown_safely_and_without_doubt(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_the_table_tells_what_and_where() -> None:
    lines = list(table(reading(SYMBOL, PART)))

    assert lines == [
        "a.png: 2 symbols, 640 × 480 px, 1.2 ms",
        "  format   id   middle px  turn  module px  text",
        r"  Code128  ]C1  60, 40     0°    2.0        0112345678901231\x1d10AB",
        "  QRCode   ]Q1  60, 40     0°    2.0        第一",
    ]


def test_a_picture_without_symbols_is_one_line() -> None:
    assert list(table(reading(frame=2, frames=3))) == ["a.png, frame 2 of 3: no symbol, 640 × 480 px, 1.2 ms"]


@pytest.mark.parametrize(("stopped_by", "said"), [("max_symbols", "there are more"), ("work", "may be more")])
def test_a_look_that_was_cut_short_is_told(stopped_by: str, said: str) -> None:
    result = Result([SYMBOL], stopped_by)  # type: ignore[arg-type]  # one of the two literals

    assert said in next(table(reading(result=result)))
    assert json.loads(json_line(reading(result=result)))["stopped_by"] == stopped_by


def test_a_json_line_holds_everything() -> None:
    line = json_line(reading(SYMBOL, PART))

    assert "\n" not in line
    said = json.loads(line)
    assert {key: said[key] for key in ("file", "frame", "frames", "width", "height", "stopped_by")} == {
        "file": "a.png",
        "frame": 1,
        "frames": 1,
        "width": 640,
        "height": 480,
        "stopped_by": None,
    }
    first, second = said["symbols"]
    assert first == {
        "format": "Code128",
        "identifier": "]C1",
        "text": "0112345678901231\x1d10AB",
        "data_hex": b"0112345678901231\x1d10AB".hex(),
        "corners": [[10, 20], [110, 20], [110, 60], [10, 60]],
        "rotation_deg": -0.4,
        "module_px": 1.96,
        "ec_used": 0.0,
        "eci": None,
        "add_on": None,
        "mirrored": False,
        "inverted": True,
        "version": None,
        "ec_level": None,
        "size": None,
        "reader_init": False,
        "structured_append": None,
    }
    assert second["text"] == "第一"
    assert (second["eci"], second["version"], second["ec_level"]) == (26, 3, "M")
    assert second["structured_append"] == {"index": 0, "count": 2, "id": "97"}


def test_a_json_line_of_a_file_that_was_not_read() -> None:
    assert json.loads(json_line(Unread("x.png", "is empty"))) == {"file": "x.png", "error": "is empty"}
