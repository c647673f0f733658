"""Every worked example of the lock boards' documents: requests built to the byte, replies understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from hal.framing import (
    board_5a5a,
    board_8a80,
    kerong_12,
    kerong_16,
    kerong_48,
    kerong_scu,
    modbus_rtu,
    winnsen,
    wkly,
    yt_text,
)
from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser
from tests.golden.vectors import LOCK_FAMILIES, Vector, vectors

FLASH = modbus_rtu.FLASH_ON_BASE


def coil(unit: int, address: int, value: int) -> bytes:
    return modbus_rtu.encode(modbus_rtu.WriteCoilPdu(unit, address=address, value=value))


def inputs(unit: int) -> bytes:
    return modbus_rtu.encode(ReadDiscreteInputsRequest(dev_id=unit, address=0, count=8))


BUILT: Mapping[str, Sequence[bytes]] = {
    "modbus_relay": (
        coil(1, FLASH, modbus_rtu.flash_units(700)),
        coil(1, FLASH, modbus_rtu.flash_units(200)),
        coil(1, FLASH + 1, modbus_rtu.flash_units(800)),
        inputs(1),
        modbus_rtu.encode(ReadHoldingRegistersRequest(dev_id=0, address=0x8000, count=1)),
    ),
    "modbus_lctech": (coil(255, 0, 0xFF00), inputs(255)),
    "modbus_stm8": (coil(1, 1, 0x0100),),
    "board_8a80": (
        board_8a80.encode_unlock(1, 1),
        board_8a80.encode_unlock(1, 2),
        board_8a80.encode_unlock(1, 24),
        board_8a80.encode_unlock(2, 1),
        board_8a80.encode_unlock(1, 1, seconds=5),
        board_8a80.encode_read_one(1, 1),
        board_8a80.encode_read_all(1),
    ),
    "kerong_16": (
        kerong_16.encode_read(0),
        kerong_16.encode_read(1),
        kerong_16.encode_unlock(0, 0),
        kerong_16.encode_unlock(0, 15),
        kerong_16.encode_unlock(1, 3),
        kerong_16.encode_set_time(0, 500),
    ),
    "kerong_48": (
        kerong_48.CU48.encode_status(0),
        kerong_48.CU48.encode_unlock(0, 0),
        kerong_48.CU48.encode_unlock(0, 5),
        kerong_48.CU48.encode_unlock(0, 47),
    ),
    "kerong_60": (kerong_48.CU60.encode_status(0), kerong_48.CU60.encode_unlock(0, 0)),
    "kerong_scu": (
        kerong_scu.encode_unlock(1, padded=False),
        kerong_scu.encode_status(100, padded=False),
    ),
    "kerong_12": (kerong_12.encode_status(0), kerong_12.encode_unlock(0, 0)),
    "winnsen": (winnsen.encode_unlock(1, 1), winnsen.encode_poll(1)),
    "wkly": (wkly.encode_unlock(1, 3), wkly.encode_read(1, 3), wkly.encode_read_all(1)),
    "board_5a5a": (board_5a5a.encode_unlock(0, 1), board_5a5a.encode_unlock(2, 12)),
    "yt_text": (yt_text.encode("OPENLOCK", 1, 1), yt_text.encode("PING", 1)),
    "board_zoo": (),
}
"""What the drivers' framing says, family by family."""


def locks(*which: int, of: int) -> tuple[bool, ...]:
    return tuple(lock in which for lock in range(1, of + 1))


def but(*which: int, of: int) -> tuple[bool, ...]:
    return tuple(lock not in which for lock in range(1, of + 1))


def pdu(frame: ModbusPDU) -> tuple[Any, ...]:
    """What is told of a Modbus reply."""
    if frame.isError():
        return (frame.dev_id, frame.function_code, frame.exception_code)
    if isinstance(frame, modbus_rtu.WriteCoilPdu):
        return (frame.dev_id, 5, frame.address, frame.value)
    if frame.function_code == 3:
        return (frame.dev_id, 3, tuple(frame.registers))
    if frame.function_code == 15:
        return (frame.dev_id, 15, frame.address, frame.count)
    return (frame.dev_id, frame.function_code, tuple(bool(bit) for bit in frame.bits))


Short, All = board_8a80.BoardReply, board_8a80.ContactsReply
READ: Mapping[str, Mapping[str, Any]] = {
    "modbus_relay": {
        "01 05 00 00 FF 00 8C 3A": (1, 5, 0, 0xFF00),
        "01 05 00 00 00 00 CD CA": (1, 5, 0, 0),
        "01 05 00 03 FF 00 7C 3A": (1, 5, 3, 0xFF00),
        "01 05 02 00 00 07 8D B0": (1, 5, 0x200, 7),
        "01 05 02 00 00 02 4D B3": (1, 5, 0x200, 2),
        "01 05 02 01 00 08 9C 74": (1, 5, 0x201, 8),
        "01 05 04 00 00 07 8D 38": (1, 5, 0x400, 7),
        "01 05 00 FF FF 00 BC 0A": (1, 5, 0xFF, 0xFF00),
        "01 05 00 FF 00 00 FD FA": (1, 5, 0xFF, 0),
        "01 05 00 00 55 00 F2 9A": (1, 5, 0, 0x5500),
        "01 01 01 00 51 88": (1, 1, locks(of=8)),
        "01 01 01 04 50 4B": (1, 1, locks(3, of=8)),
        "01 02 01 00 A1 88": (1, 2, locks(of=8)),
        "01 02 01 05 61 8B": (1, 2, locks(1, 3, of=8)),
        "01 0F 00 00 00 08 54 0D": (1, 15, 0, 8),
        "01 03 02 00 01 79 84": (1, 3, (1,)),
        "01 03 02 00 C8 B9 D2": (1, 3, (200,)),
        "01 85 02 C3 51": (1, 0x85, 2),
        "01 85 03 02 91": (1, 0x85, 3),
    },
    "modbus_lctech": {"FF 02 01 01 51 A0": (255, 2, locks(1, of=8))},
    "board_8a80": {
        "8A 01 01 00 8A": Short(0x8A, 1, 1, False),
        "8A 01 01 11 9B": Short(0x8A, 1, 1, True),
        "8A 01 00 11 9A": Short(0x8A, 1, 0, True),
        "80 01 01 11 91": Short(0x80, 1, 1, True),
        "80 01 01 00 80": Short(0x80, 1, 1, False),
        "80 01 01 01 01 33 B3": All(1, locks(1, 9, 17, of=24)),
        "80 01 FF FF FF 33 4D": All(1, but(of=24)),
        "80 01 FF FF FE 33 4C": All(1, but(1, of=24)),
        "81 01 01 00 81": Short(0x81, 1, 1, False),
        "81 01 01 11 90": Short(0x81, 1, 1, True),
    },
    "kerong_16": {
        "02 00 35 FF FF 00 00 03 38": kerong_16.Status(0, but(of=16), locks(of=16)),
        "02 00 35 FE FF 00 00 03 37": kerong_16.Status(0, but(1, of=16), locks(of=16)),
        "02 00 36 00 00 00 00 03 3B": kerong_16.Status(0, locks(of=16), locks(of=16)),
        "02 10 36 00 00 00 00 03 4B": kerong_16.Status(1, locks(of=16), locks(of=16)),
    },
    "kerong_48": {
        "02 00 00 65 07 00 00 00 00 C0 03 31": kerong_48.Status(0, locks(1, 2, 3, 47, 48, of=48)),
        "02 01 00 65 00 00 80 00 00 00 03 EB": kerong_48.Status(1, locks(24, of=48)),
    },
    "kerong_12": {
        "02 00 00 80 10 02 03 A4 FE 0F": kerong_12.Reply(0, 0, 0x80, 0x10, b"\xfe\x0f"),
        "02 00 00 81 10 00 03 96": kerong_12.Reply(0, 0, 0x81, 0x10, b""),
    },
    "winnsen": {
        "90 07 85 01 01 01 03": winnsen.Reply(0x85, 1, 1, 1),
        "90 07 82 01 01 01 03": winnsen.Reply(0x82, 1, 1, 1),
    },
    "wkly": {
        "57 4B 4C 59 0B 01 82 00 03 00 82": wkly.Frame(1, 0x82, 0, b"\x03\x00"),
        "57 4B 4C 59 0B 01 83 00 03 01 82": wkly.Frame(1, 0x83, 0, b"\x03\x01"),
        "57 4B 4C 59 0E 01 84 00 04 00 01 01 01 87": wkly.Frame(1, 0x84, 0, b"\x04\x00\x01\x01\x01"),
        "57 4B 4C 59 0A 01 85 03 01 85": wkly.Frame(1, 0x85, None, b"\x03\x01"),
        "57 4B 4C 59 09 01 86 00 87": wkly.Frame(1, 0x86, 0, b""),
    },
    "yt_text": {b"+PING:1*D525\r\n".hex(" ").upper(): yt_text.Reply("PING", 1, ())},
}
"""What the drivers' framing makes of each reply."""

LOOKS: Mapping[str, Callable[[bytes], Step[Any]]] = {
    "modbus_relay": modbus_rtu.next_step,
    "modbus_lctech": modbus_rtu.next_step,
    "board_8a80": lambda buffer: board_8a80.next_step(buffer, 7),
    "kerong_16": kerong_16.next_step,
    "kerong_48": lambda buffer: kerong_48.next_step(buffer, kerong_48.CU48),
    "kerong_60": lambda buffer: kerong_48.next_step(buffer, kerong_48.CU60),
    "kerong_scu": kerong_scu.next_step,
    "kerong_12": kerong_12.next_step,
    "winnsen": winnsen.next_step,
    "wkly": wkly.next_step,
    "yt_text": yt_text.next_step,
}

ALL = [each for family in LOCK_FAMILIES for each in vectors(family) if each.driver is None]
REPLIES = [each for each in ALL if each.direction == "<"]


@pytest.mark.parametrize("family", LOCK_FAMILIES)
def test_requests_are_the_documents_bytes(family: str) -> None:
    documented = {each.data for each in vectors(family) if each.direction == ">" and each.driver is None}

    assert {frame.hex(" ") for frame in BUILT[family]} == {frame.hex(" ") for frame in documented}


@pytest.mark.parametrize("vector", REPLIES, ids=str)
def test_replies_are_understood_at_every_split_point(vector: Vector) -> None:
    # Bytes that begin nothing let a parser that awaits a longer frame decide.
    data = vector.data + bytes(8)
    expected = READ[vector.family][vector.hex]
    for split in range(len(data) + 1):
        parser = StreamParser(LOOKS[vector.family])
        frames = parser.feed(data[:split]) + parser.feed(data[split:])
        told = [pdu(frame) if isinstance(frame, ModbusPDU) else frame for frame in frames]

        assert told == [expected]


@pytest.mark.parametrize("vector", [each for each in REPLIES if each.family != "winnsen"], ids=str)
def test_a_changed_bit_spoils_a_reply(vector: Vector) -> None:
    """All but Winnsen's frames carry a check that any single bit breaks."""
    for position in range(8 * len(vector.data)):
        spoilt = bytearray(vector.data)
        spoilt[position // 8] ^= 1 << position % 8
        frames = StreamParser(LOOKS[vector.family]).feed(bytes(spoilt) + bytes(40))

        assert READ[vector.family][vector.hex] not in [
            pdu(frame) if isinstance(frame, ModbusPDU) else frame for frame in frames
        ]


HEADS = [0x02, 0xF5, 0x90, 0x57, 0x4B, 0x4C, 0x59, 0x2B, 0x01, 0x05, 0x82, 0x85, 0x03, 0x0D, 0x0A, 0x35]
NOISE = st.lists(st.one_of(st.sampled_from(HEADS), st.integers(0, 255)), max_size=150).map(bytes)


@pytest.mark.parametrize("family", LOOKS)
@given(data=NOISE)
def test_every_byte_is_framed_discarded_or_waited_for(family: str, data: bytes) -> None:
    rest = data
    while rest:
        step = LOOKS[family](rest)
        if isinstance(step, NeedMore):
            assert len(rest) < step.total <= 128
            return
        used = step.used if isinstance(step, Found) else step.count
        assert 1 <= used <= len(rest)
        rest = rest[used:]


@pytest.mark.parametrize("family", LOOKS)
@given(data=NOISE)
def test_garbage_gives_the_same_whole_and_byte_by_byte(family: str, data: bytes) -> None:
    whole, bytewise = StreamParser(LOOKS[family]), StreamParser(LOOKS[family])

    frames = [repr(frame) for frame in whole.feed(data)]

    assert [repr(frame) for byte in data for frame in bytewise.feed(bytes((byte,)))] == frames
    assert whole.discarded == bytewise.discarded


@pytest.mark.parametrize(
    "encode",
    [
        lambda: board_8a80.encode_unlock(1, 1, seconds=0),
        lambda: board_8a80.encode_unlock(1, 1, seconds=10),
        lambda: kerong_16.encode_unlock(0, 16),
        lambda: kerong_16.encode_unlock(16, 0),
        lambda: kerong_16.encode_set_time(0, 505),
        lambda: kerong_16.encode_set_time(0, 0),
        lambda: kerong_48.CU48.encode_unlock(0, 48),
        lambda: kerong_48.CU48.encode_unlock(10, 0),
        lambda: kerong_12.encode_unlock(0, 12),
        lambda: kerong_scu.encode_unlock(256),
        lambda: winnsen.encode_unlock(1, 0),
        lambda: winnsen.encode_unlock(5, 1),
        lambda: wkly.encode_unlock(32, 1),
        lambda: wkly.encode_unlock(1, 25),
        lambda: board_5a5a.encode_unlock(0, 0),
        lambda: yt_text.encode("OPENLOCK", 1, 0),
    ],
)
def test_what_would_open_all_or_another_board_is_never_encoded(encode: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError, match=r"not in|multiple"):
        encode()


def test_first_look_says_more_or_discard() -> None:
    assert kerong_16.next_step(b"\x00\x02") == Discard(1)
    assert kerong_16.next_step(b"\x02\x00\x30") == Discard(1)
    assert modbus_rtu.next_step(b"\x01\x02\xff") == Discard(1)
    assert wkly.next_step(b"WKL") == NeedMore(5)
    assert yt_text.next_step(b"+PING:1") == NeedMore(8)
