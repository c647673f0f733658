"""The question by which each family of lock boards is known, in an order that opens no door of another.

All are reads.  What makes a read of one family an unlock of another would be a frame inside of a frame, or
across two of them; every family's check, head or length stands against it, and `harmless` says which.  A test
plays the whole row, at every address and joined to one stream, to every simulated family, also as a receiver
at another baud rate would hear it, and counts pulses.

5A5A boards are in no row: no source shows a question that they answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import xor

from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest

from hal.framing import (
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

__all__ = ["PROBES", "LockProbe", "Seen", "plan"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A board that answered: its address, and how many locks its answer is for."""

    address: int
    channels: int


@dataclass(frozen=True, slots=True)
class LockProbe:
    """`protocol` and `kind` as in station.toml.  `ask(address)` is the question, `answers(heard)` every board
    whose answer is in what was heard, in order.  `bauds` are those its boards are known at, usual first;
    `addresses` are usual, up to `last` they are possible."""

    protocol: str
    kind: str
    bauds: tuple[int, ...]
    addresses: tuple[int, ...]
    ask: Callable[[int], bytes]
    answers: Callable[[bytes], list[Seen]]
    last: int
    harmless: str

    @property
    def possible(self) -> range:
        """Every address a board of the family can have."""
        return range(self.addresses[0], self.last + 1)


MODBUS_INPUTS = 8
"""What every kind lets itself be asked for; LC-tech modules answer no other number."""
MAX_UNIT = 255
SCANNED = 32
"""Addresses of boards with a five-bit DIP switch; larger ones are for --addresses."""
LCTECH_ADDRESS = 255
"""As these modules are sold."""
KERONG_BAUDS = (19_200, 9600, 57_600, 115_200)


def _modbus_ask(address: int) -> bytes:
    return modbus_rtu.encode(ReadDiscreteInputsRequest(dev_id=address, address=0, count=MODBUS_INPUTS))


def _modbus_answers(heard: bytes) -> list[Seen]:
    """Inputs, or an exception: whoever says no is there."""
    found = modbus_rtu.ModbusParser().feed(heard)
    return [Seen(pdu.dev_id, MODBUS_INPUTS) for pdu in found if pdu.function_code & ~0x80 == 2]


def _8a80_answers(heard: bytes) -> list[Seen]:
    """Read-all replies of any length; an 8-way board's is a short frame like the question."""
    found, at = [], 0
    while at < len(heard):
        for groups in range(1, board_8a80.contacts_reply_length(board_8a80.MAX_LOCKS) - 3):
            frame = heard[at : at + groups + 4]
            whole = len(frame) == groups + 4 and frame[0] == 0x80 and frame[-2] == 0x33
            if whole and reduce(xor, frame) == 0:
                found.append(Seen(frame[1], groups * 8))
                at += len(frame) - 1
                break
        at += 1
    return found


def _kerong_16_answers(heard: bytes) -> list[Seen]:
    found = kerong_16.parser().feed(heard)
    return [Seen(each.board, kerong_16.LOCKS) for each in found if isinstance(each, kerong_16.Status)]


def _kerong_48(codes: kerong_48.Codes) -> Callable[[bytes], list[Seen]]:
    def answers(heard: bytes) -> list[Seen]:
        found = codes.parser().feed(heard)
        return [Seen(each.board, kerong_48.LOCKS) for each in found if isinstance(each, kerong_48.Status)]

    return answers


def _kerong_12_answers(heard: bytes) -> list[Seen]:
    found = kerong_12.parser().feed(heard)
    return [Seen(each.board, kerong_12.LOCKS) for each in found if each.command == kerong_12.STATUS]


def _wkly_answers(heard: bytes) -> list[Seen]:
    found = wkly.parser().feed(heard)
    return [
        Seen(each.board, each.data[0] if each.done and each.data else wkly.MAX_CHANNELS)
        for each in found
        if each.command == wkly.READ_ALL
    ]


def _winnsen_answers(heard: bytes) -> list[Seen]:
    found = winnsen.parser().feed(heard)
    return [Seen(each.station, winnsen.LOCKS) for each in found if each.function == winnsen.POLLED]


def _numbers(first: int, last: int, *more: int) -> tuple[int, ...]:
    return (*range(first, last + 1), *more)


PROBES: tuple[LockProbe, ...] = (
    LockProbe(
        "wkly",
        "wkly",
        (9600, 19_200),
        _numbers(0, wkly.MAX_BOARD),
        wkly.encode_read_all,
        _wkly_answers,
        wkly.MAX_BOARD,
        "begins with four letters; where others need 03, 11 or a check stand its command 84 and its XOR",
    ),
    LockProbe(
        "yt-text",
        "yt-text",
        (9600, 19_200),
        _numbers(1, SCANNED),
        lambda address: yt_text.encode("PING", address),
        lambda heard: [
            Seen(each.board, yt_text.LOCKS)
            for each in yt_text.parser(check=True).feed(heard)
            if each.command == "PING"
        ],
        yt_text.MAX_BOARD,
        "letters and digits only, below 80: none is a head of a binary family, which all need bytes that "
        "text does not have",
    ),
    LockProbe(
        "modbus-rtu",
        "modbus-relay",
        (9600, 19_200, 115_200, 38_400, 57_600),
        _numbers(1, SCANNED, LCTECH_ADDRESS),
        _modbus_ask,
        _modbus_answers,
        MAX_UNIT,
        "function 02 reads; unit numbers stay below the heads 80 to 9D of 8A/80, whose unlock needs function "
        "11 and a right XOR, and KERONG's need 03 and a right sum at places where zeros stand",
    ),
    LockProbe(
        "8a80",
        "8a80",
        (9600, 19_200),
        _numbers(1, SCANNED),
        board_8a80.encode_read_all,
        _8a80_answers,
        board_8a80.MAX_BOARD_ADDRESS,
        "head 80 reads; for Modbus a frame too short and without CRC, for KERONG no 03 before a right sum, "
        "for Winnsen no head 90",
    ),
    LockProbe(
        "winnsen",
        "winnsen",
        (9600, 19_200),
        _numbers(0, winnsen.MAX_STATION),
        winnsen.encode_poll,
        _winnsen_answers,
        winnsen.MAX_STATION,
        "begins with 90, which opens a map of locks on 8A/80 boards: their XOR would have to be FF in the "
        "place of a mask, true for no station up to 4; and it is asked after 8A/80, when none was found",
    ),
    LockProbe(
        "kerong-cu16",
        "kerong-cu16",
        KERONG_BAUDS,
        _numbers(0, kerong_16.MAX_BOARD),
        kerong_16.encode_read,
        _kerong_16_answers,
        kerong_16.MAX_BOARD,
        "command 30 in the third place reads; CU48 and CU12 have their command in the fourth, where 03 "
        "stands, which none of them knows; no head of the others",
    ),
    LockProbe(
        "kerong-cu48",
        "kerong-cu48",
        KERONG_BAUDS,
        _numbers(0, kerong_48.MAX_BOARD),
        kerong_48.CU48.encode_status,
        _kerong_48(kerong_48.CU48),
        kerong_48.MAX_BOARD,
        "command 50 in the fourth place reads; CU16 has its command in the third, where 00 stands",
    ),
    LockProbe(
        "kerong-cu48",
        "kerong-cu60",
        KERONG_BAUDS,
        _numbers(0, kerong_48.MAX_BOARD),
        kerong_48.CU60.encode_status,
        _kerong_48(kerong_48.CU60),
        kerong_48.MAX_BOARD,
        "command 60 in the fourth place reads, as with CU48",
    ),
    LockProbe(
        "kerong-cu12",
        "kerong-cu12",
        KERONG_BAUDS,
        _numbers(0, kerong_12.MAX_BOARD),
        kerong_12.encode_status,
        _kerong_12_answers,
        kerong_12.MAX_BOARD,
        "command 80 in the fourth place reads; as the head of an 8A/80 frame it would read as well, and its "
        "XOR is wrong",
    ),
    LockProbe(
        "kerong-scu",
        "kerong-scu",
        KERONG_BAUDS,
        _numbers(1, SCANNED),
        kerong_scu.encode_status,
        lambda heard: [Seen(each.unit, 1) for each in kerong_scu.parser().feed(heard)],
        kerong_scu.MAX_UNIT,
        "head F5 and 70 in the third place reads; no other family begins with F5",
    ),
)
"""In the order of asking."""


def plan(bauds: Iterable[int]) -> list[tuple[int, LockProbe]]:
    """What is asked, speed by speed: families that are sold at a speed before those that can be set to it."""
    return [
        (baud, probe)
        for baud in bauds
        for usual in (True, False)
        for probe in PROBES
        if baud in probe.bauds and (probe.bauds[0] == baud) is usual
    ]
