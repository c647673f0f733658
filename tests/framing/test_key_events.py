"""Scans of a keyboard wedge: the document's example, layouts, modifiers, damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing.key_events import EVENT, KeyLineParser
from hal.framing.key_layouts import LAYOUTS
from hal.framing.scan_line import LineRead, LineRefused
from tests.framing.golden import golden

[EXAMPLE] = golden("keyboard_wedge").values()
ENTER = (28, 1), (28, 0)
SHIFT, CTRL, ALT, CAPS, ALT_GR = 42, 29, 56, 58, 100
KEYPAD = dict(zip("0123456789", (82, 79, 80, 81, 75, 76, 77, 71, 72, 73), strict=True))
Keys = list[tuple[int, int]]


def parser(layout: str = "us", **options: bool | int | bytes) -> KeyLineParser:
    return KeyLineParser(LAYOUTS[layout], aim=True, **options)  # type: ignore[arg-type]  # by name


def events(keys: Keys) -> bytes:
    return b"".join(EVENT.pack(7, 8, 1, code, value) + EVENT.pack(7, 8, 0, 0, 0) for code, value in keys)


def tap(*codes: int) -> Keys:
    return [(code, value) for code in codes for value in (1, 0)]


def held(modifier: int, *codes: int) -> Keys:
    return [(modifier, 1), *tap(*codes), (modifier, 0)]


def typed(keys: Keys, layout: str = "us", **options: bool | int | bytes) -> list[LineRead | LineRefused]:
    return parser(layout, **options).feed(events([*keys, *ENTER]))


def test_the_documents_example_is_one_scan() -> None:
    keys = [(EXAMPLE[at], EXAMPLE[at + 1]) for at in range(0, len(EXAMPLE), 2)]

    assert parser().feed(events(keys)) == [LineRead("EE1", "")]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (tap(30, 2, 12, 57, 52), "a1- ."),
        (held(SHIFT, 30, 2, 12, 27, 43), "A!_}|"),
        (held(54, 30), "A"),
        (tap(CAPS, 30, 2, CAPS, 30), "A1a"),
        ([*tap(CAPS), *held(SHIFT, 30, 2)], "a!"),
        (tap(71, 72, 83, 74, 98), "78.-/"),
        ([(30, 1), (30, 2), (30, 2), (30, 0)], "a"),
        ([*held(SHIFT, 30), *held(CTRL, 27), *tap(3)], "A\x1d2"),
    ],
)
def test_us_keys_write(keys: Keys, text: str) -> None:
    assert typed(keys) == [LineRead(text, "")]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (tap(21, 44, 26, 12), "zyüß"),
        (held(SHIFT, 8, 26, 53), "/Ü_"),
        (held(ALT_GR, 16, 8, 27), "@{~"),
        (tap(CAPS, 40, 12), "Äß"),
    ],
)
def test_german_keys_write(keys: Keys, text: str) -> None:
    assert typed(keys, "de") == [LineRead(text, "")]


@pytest.mark.parametrize("end", [28, 96, 15])
def test_enter_keypad_enter_and_tab_end_a_scan(end: int) -> None:
    assert parser().feed(events([*tap(30), *tap(end), *tap(end)])) == [LineRead("a", "")]


def test_alt_codes_are_bytes_of_the_text() -> None:
    keys = [
        key for byte in "快".encode("gb18030") for key in held(ALT, *(KEYPAD[digit] for digit in str(byte)))
    ]

    assert typed(keys) == [LineRead("快", "")]


@pytest.mark.parametrize(
    ("number", "unicode", "text"),
    [(int.from_bytes("快".encode("gbk"), "big"), False, "快"), (ord("快"), True, "快")],
)
def test_alt_codes_above_255_are_gbk_or_unicode_as_set(number: int, unicode: bool, text: str) -> None:
    keys = held(ALT, *(KEYPAD[digit] for digit in str(number)))

    assert typed(keys, alt_unicode=unicode) == [LineRead(text, "")]


@pytest.mark.parametrize("number", [0, 70_000, 9_999_999])
def test_alt_codes_of_nothing_refuse_the_scan(number: int) -> None:
    keys = [*tap(30), *held(ALT, *(KEYPAD[digit] for digit in str(number)))]

    assert [type(scan) for scan in typed(keys)] == [LineRefused]


def test_identifier_is_taken_off() -> None:
    assert typed([*tap(27), *held(SHIFT, 46), *tap(11), *tap(30)]) == [LineRead("a", "C0")]


def test_silence_ends_a_scan_or_cuts_it_off_as_the_wedge_types() -> None:
    quiet, entering = parser(ends_by_silence=True), parser()
    quiet.feed(events(tap(30, 48)))
    entering.feed(events(tap(30, 48)))

    assert quiet.end_of_gap() == [LineRead("ab", "")]
    assert entering.end_of_gap() == [LineRefused("not-text", 2)]
    assert entering.feed(events([*tap(30), *ENTER])) == [LineRead("a", "")]
    assert entering.end_of_gap() == []


def test_lost_events_refuse_the_scan_they_are_missing_from() -> None:
    scanner = parser()
    dropped = EVENT.pack(0, 0, 0, 3, 0)

    assert scanner.feed(events(tap(30)) + dropped + events([*tap(48), *ENTER])) == [
        LineRefused("not-text", 2)
    ]
    assert scanner.feed(events([*tap(30), *ENTER])) == [LineRead("a", "")]


def test_over_long_scan_is_refused_with_its_length() -> None:
    scanner = parser(max_payload_bytes=10)

    assert scanner.feed(events([*tap(*[30] * 50), *ENTER])) == [LineRefused("too-long", 50)]
    assert scanner.feed(events([*tap(30), *ENTER])) == [LineRead("a", "")]


def test_prefix_is_required() -> None:
    assert typed(tap(43, 30), prefix=b"\\") == [LineRead("a", "")]
    assert typed(tap(30), prefix=b"\\") == [LineRefused("not-text", 1)]


@given(
    keys=st.lists(
        st.tuples(
            st.sampled_from([30, 2, 27, 28, SHIFT, CTRL, ALT, CAPS, ALT_GR, 82, 79, 255]), st.integers(0, 2)
        ),
        max_size=60,
    )
)
def test_any_events_give_the_same_whole_and_byte_by_byte(keys: Keys) -> None:
    data = events(keys)
    whole, bytewise = parser(), parser()

    assert [scan for byte in data for scan in bytewise.feed(bytes((byte,)))] == whole.feed(data)
    assert whole.end_of_gap() == bytewise.end_of_gap()


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_write_every_printable_ascii_character(name: str) -> None:
    written = {char for levels in LAYOUTS[name].values() for char in levels}

    assert {chr(code) for code in range(0x20, 0x7F)} <= written
