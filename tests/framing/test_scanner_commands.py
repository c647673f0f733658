"""Commands of Honeywell, Newland, CipherLab and GM65: the documents' examples, and replies among scans."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.framing import cipherlab, gm65, honeywell, newland
from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.framing.scanner_reply import CommandReply, Item, MixedParser
from tests.framing.golden import golden

HONEYWELL, NEWLAND, CIPHERLAB, GM65 = (
    golden(family) for family in ("honeywell", "newland", "cipherlab", "gm65")
)
SENT = {
    "honeywell": {
        "trigger": honeywell.TRIGGER,
        "release": honeywell.RELEASE,
        "query cbrena": honeywell.encode_query("cbrena"),
    },
    "newland": {
        "short trigger": newland.SHORT_TRIGGER,
        "trigger": newland.encode("SCNTRG1"),
        "release": newland.encode("SCNTRG0"),
    },
    "cipherlab": {
        "disable": cipherlab.DISABLE,
        "enable": cipherlab.ENABLE,
        "save": cipherlab.SAVE,
        "halt": cipherlab.HALT,
        "resume": cipherlab.RESUME,
        "beep": cipherlab.BEEP,
    },
    "gm65": {
        "trigger, unchecked": gm65.encode_write(gm65.ZONE_TRIGGER, b"\x01", checksum=False),
        "trigger": gm65.encode_write(gm65.ZONE_TRIGGER, b"\x01"),
        "release, unchecked": gm65.encode_write(gm65.ZONE_TRIGGER, b"\x00", checksum=False),
        "release": gm65.encode_write(gm65.ZONE_TRIGGER, b"\x00"),
        "command mode, LED, sound, light": gm65.encode_write(gm65.ZONE_MODE, b"\xd5"),
        "continuous mode": gm65.encode_write(gm65.ZONE_MODE, b"\xd6"),
        "read baud": gm65.encode_read(gm65.ZONE_BAUD, 2),
        "set 9600": gm65.encode_write(gm65.ZONE_BAUD, b"\x39\x01"),
        "AIM identifiers on": gm65.encode_write(gm65.ZONE_AIM, b"\x80"),
        "factory reset": gm65.encode_write(gm65.ZONE_POWER, b"\x50"),
        "save user default": gm65.encode_write(gm65.ZONE_POWER, b"\x56"),
        "sleep": gm65.encode_write(gm65.ZONE_POWER, b"\xa5"),
        "wake": gm65.encode_write(gm65.ZONE_POWER, b"\x00"),
        "save to flash": gm65.encode_save(),
        "heartbeat": gm65.encode_heartbeat(),
    },
}
HEARD: dict[str, dict[str, Item]] = {
    "honeywell": {"reply CBRENA1": CommandReply(True, b"CBRENA1")},
    "newland": {"trigger done": CommandReply(True, b"SCNTRG1")},
    "cipherlab": {},
    "gm65": {
        "baud is 9600": CommandReply(True, b"\x02\x39\x01"),
        "acknowledged": CommandReply(True, gm65.DONE),
        "heartbeat answer": CommandReply(True, gm65.ALIVE),
        "framed scan 0321563840": LineRead("0321563840", ""),
    },
}


def parser(family: str, suffix: bytes = b"\r") -> MixedParser:
    lines = ScanLineParser(b"", suffix, True)
    make: dict[str, Callable[[], MixedParser]] = {
        "honeywell": lambda: honeywell.parser(lines, suffix),
        "newland": lambda: newland.parser(lines, suffix),
        "gm65": lambda: gm65.parser(lines, suffix, True),
    }
    return make[family]()


@pytest.mark.parametrize("family", SENT)
def test_every_example_is_sent_or_heard(family: str) -> None:
    assert set(SENT[family]) | set(HEARD[family]) == set(golden(family))


@pytest.mark.parametrize(
    ("family", "meaning"), [(family, meaning) for family, examples in SENT.items() for meaning in examples]
)
def test_what_is_sent_is_the_documents_bytes(family: str, meaning: str) -> None:
    assert SENT[family][meaning] == golden(family)[meaning]


@pytest.mark.parametrize(
    ("family", "meaning"), [(family, meaning) for family, examples in HEARD.items() for meaning in examples]
)
def test_the_documents_bytes_are_heard_before_and_after_scans_however_split(
    family: str, meaning: str
) -> None:
    data = b"]C0A\r" + golden(family)[meaning] + b"]C0B\r"
    expected = [LineRead("A", "C0"), HEARD[family][meaning], LineRead("B", "C0")]
    for cut in range(len(data)):
        split = parser(family)
        assert split.feed(data[:cut]) + split.feed(data[cut:]) == expected
        assert not split.pending


@pytest.mark.parametrize(
    ("status", "done"), [(b"\x06.", True), (b"\x06!", True), (b"\x05.", False), (b"\x15!", False)]
)
def test_honeywell_punctuation_after_the_status_is_no_scan(status: bytes, done: bool) -> None:
    data = b"TRGMOD0" + status + b"]C0A\r"

    assert parser("honeywell").feed(data) == [CommandReply(done, b"TRGMOD0"), LineRead("A", "C0")]


def test_honeywell_scan_that_begins_with_a_full_stop_is_whole_after_a_pause() -> None:
    scanner = parser("honeywell")
    scanner.feed(b"TRGMOD0\x06")
    assert scanner.pending

    assert scanner.end_of_gap() == []
    assert scanner.feed(b".5\r") == [LineRead(".5", "")]


def test_newland_refusal_of_one_command_refuses_the_frame() -> None:
    data = b"\x02\x010000#GRBENA1\x06;GRLENA1\x15;\x03"

    assert parser("newland").feed(data) == [CommandReply(False, b"GRBENA1;GRLENA1")]


@pytest.mark.parametrize(
    ("family", "half"), [("newland", b"\x02\x010000#SCN"), ("gm65", b"\x02\x00\x00\x01\x00")]
)
def test_scan_behind_half_a_reply_is_refused_and_never_read_without_its_head(
    family: str, half: bytes
) -> None:
    scanner = parser(family)

    items = scanner.feed(half + b"]C0EE123456785CN\r") + scanner.end_of_gap()

    assert [item for item in items if isinstance(item, LineRead)] == []
    assert any(isinstance(item, LineRefused) for item in items)
    assert scanner.feed(b"]C0A\r") == [LineRead("A", "C0")]


def test_gm65_reply_with_a_wrong_check_is_no_reply() -> None:
    scanner = parser("gm65")

    items = scanner.feed(b"\x02\x00\x00\x01\x00\x33\x30") + scanner.end_of_gap()

    assert items == [LineRefused("not-text", 7)]


def test_gm65_framed_scan_carries_its_identifier() -> None:
    assert parser("gm65").feed(b"\x03\x00\x06]Q1ABC") == [LineRead("ABC", "Q1")]


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "１２３４５６"])
def test_cipherlab_settings_are_six_digits(code: str) -> None:
    with pytest.raises(ValueError, match="six digits"):
        cipherlab.encode_setting(code)


PIECES = st.lists(
    st.sampled_from(
        [*HONEYWELL.values(), *NEWLAND.values(), *GM65.values(), b"]C0A\r", b"\r\n", b"\x02", b"\x03", b"."]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)


@given(
    data=PIECES,
    family=st.sampled_from(["honeywell", "newland", "gm65"]),
    suffix=st.sampled_from([b"\r", b"\r\n"]),
)
def test_any_stream_gives_the_same_whole_and_byte_by_byte(data: bytes, family: str, suffix: bytes) -> None:
    whole, bytewise = parser(family, suffix), parser(family, suffix)

    items = whole.feed(data)

    assert [item for byte in data for item in bytewise.feed(bytes((byte,)))] == items
    assert whole.pending == bytewise.pending
    assert whole.end_of_gap() == bytewise.end_of_gap()
