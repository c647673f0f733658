"""Zebra (Symbol) Simple Serial Interface: packets of at most 255 bytes and a two-byte check.

    length opcode source status data… check_high check_low

`length` counts all but the check (4…255); `source` is 04 for the host, 00 for the decoder; the check is the
two's complement of the sum of the bytes before it.  `status` bit 0 marks a retransmission, bit 1 that more
packets of the same message follow, bit 3 a change that is kept without power.  (Simple Serial Interface
Programmer's Guide 72E-40451, chapters 2 and 3; the same in 5 open drivers.)

DECODE_DATA carries a type byte and the text.  Sources do not say whether each packet of a longer message
repeats the type: a repetition is recognised where the type is a control character, which no text begins with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hal.framing.scan_line import (
    MAX_PAYLOAD_BYTES,
    NOT_TEXT,
    TOO_LONG,
    LineRead,
    LineRefused,
    read_payload,
)
from hal.framing.steps import Discard, Found, NeedMore, Step

__all__ = [
    "CONTINUED",
    "IDENTIFIERS",
    "PERMANENT",
    "RETRANSMISSION",
    "HOST",
    "Damaged",
    "DecodeAssembler",
    "NakCause",
    "Opcode",
    "Packet",
    "SsiParser",
    "encode",
    "encode_param_send",
]

HOST, DECODER = 0x04, 0x00
RETRANSMISSION, CONTINUED, PERMANENT = 0x01, 0x02, 0x08
MIN_LENGTH, MAX_LENGTH, CHECK_BYTES = 4, 255, 2
MAX_GARBAGE_BYTES = 4096
"""A line that babbles without a pause is told once in so many bytes."""
MAX_OWN_LENGTH = 16
"""No command used here is longer."""
NO_BEEP = 0xFF
PARAM_PREFIXES = {1: 0xF0, 2: 0xF1, 3: 0xF2}
"""Parameter numbers from 256 on are sent as a prefix and the low byte; from 240 the plain byte is taken."""


class Opcode(IntEnum):
    """Those used here, either way."""

    REQUEST_REVISION = 0xA3
    REPLY_REVISION = 0xA4
    AIM_OFF = 0xC4
    AIM_ON = 0xC5
    PARAM_SEND = 0xC6
    CMD_ACK = 0xD0
    CMD_NAK = 0xD1
    CAPABILITIES_REPLY = 0xD4
    BATCH_DATA = 0xD6
    START_SESSION = 0xE4
    STOP_SESSION = 0xE5
    BEEP = 0xE6
    LED_ON = 0xE7
    LED_OFF = 0xE8
    SCAN_ENABLE = 0xE9
    SCAN_DISABLE = 0xEA
    DECODE_DATA = 0xF3
    EVENT = 0xF6


class NakCause(IntEnum):
    """Why a packet was not accepted."""

    RESEND = 0x01
    BAD_CONTEXT = 0x02
    DENIED = 0x06
    UNDESIRED = 0x0A


DECODER_OPCODES = frozenset({0x80, 0xA4, 0xB1, 0xB4, 0xC6, 0xD0, 0xD1, 0xD4, 0xD6, 0xF3, 0xF6})
"""What a decoder sends; anything else begins no packet, which finds the next one sooner."""

IDENTIFIERS = {
    **{0x01: "A0", 0x02: "F0", 0x03: "C0", 0x06: "I0", 0x07: "G0", 0x0C: "H0", 0x0E: "M0", 0x0F: "C1"},
    **{0x08: "E0", 0x09: "E0", 0x0A: "E4", 0x0B: "E0", 0x10: "E0", 0x11: "L0", 0x13: "A4", 0x16: "X0"},
    **{0x19: "C4", 0x1A: "L3", 0x1B: "d1", 0x1C: "Q1", 0x25: "U0", 0x2C: "Q1", 0x2D: "z0", 0x2E: "zC"},
    **{0x30: "e0", 0x31: "e0", 0x32: "e0", 0xB7: "h0"},
    **{base + extra: "E3" for base in (0x08, 0x09, 0x0A, 0x0B) for extra in (0x40, 0x80)},
}
"""DECODE_DATA types as AIM identifiers, as far as a type tells: that a matrix symbol is GS1 it does not."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet whose check is right."""

    opcode: int
    source: int
    status: int
    data: bytes

    @property
    def retransmission(self) -> bool:
        """The sender got no answer and sends it again."""
        return bool(self.status & RETRANSMISSION)

    @property
    def continued(self) -> bool:
        """More packets of the same message follow."""
        return bool(self.status & CONTINUED)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A packet by its head, with a wrong check or without its end; `length` bytes of it arrived."""

    length: int


def encode(opcode: int, data: bytes = b"", *, status: int = 0, source: int = HOST) -> bytes:
    """One packet.  Raises ValueError when `data` does not fit."""
    length = MIN_LENGTH + len(data)
    if length > MAX_LENGTH:
        raise ValueError(f"{len(data)} bytes of data do not fit in a packet")
    body = bytes((length, opcode, source, status)) + data
    return body + _check(body)


def encode_param_send(number: int, value: int, *, permanent: bool = False, status: int = 0) -> bytes:
    """PARAM_SEND of one parameter of one byte, without a beep."""
    high, low = divmod(number, 256)
    if high not in (0, *PARAM_PREFIXES):
        raise ValueError(f"parameter {number} is not in 0..1023")
    named = bytes((PARAM_PREFIXES[high], low)) if high else bytes((low,))
    return encode(
        Opcode.PARAM_SEND,
        bytes((NO_BEEP,)) + named + bytes((value,)),
        status=status | (PERMANENT if permanent else 0),
    )


def _check(body: bytes) -> bytes:
    return (-sum(body) & 0xFFFF).to_bytes(2, "big")


def _step(buffer: bytes) -> Step[Packet | Damaged]:
    if buffer[0] < MIN_LENGTH:
        return Discard(1)
    if len(buffer) > 2 and buffer[2] == HOST:
        return _own_step(buffer)
    if len(buffer) > 2 and (buffer[2] != DECODER or buffer[1] not in DECODER_OPCODES):
        return Discard(1)
    total = buffer[0] + CHECK_BYTES
    if len(buffer) < total:
        return NeedMore(total)
    body, check = buffer[: buffer[0]], buffer[buffer[0] : total]
    if check != _check(body):
        return Found(Damaged(total), total)
    return Found(Packet(body[1], body[2], body[3], bytes(body[4:])), total)


def _own_step(buffer: bytes) -> Step[Packet | Damaged]:
    """The echo of a packet of ours, as short as ours are; anything else begins no packet."""
    total = buffer[0] + CHECK_BYTES
    if buffer[0] > MAX_OWN_LENGTH:
        return Discard(1)
    if len(buffer) < total:
        return NeedMore(total)
    body = buffer[: buffer[0]]
    if buffer[buffer[0] : total] != _check(body):
        return Discard(1)
    return Found(Packet(body[1], body[2], body[3], bytes(body[4:])), total)


class DecodeAssembler:
    """Makes scans of DECODE_DATA packets: puts longer messages together, drops what was sent twice."""

    def __init__(self, aim: bool, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self._aim = aim
        self._max_payload_bytes = max_payload_bytes
        self._last: tuple[bool, bytes] | None = None
        self._type: int | None = None
        self._text = bytearray()
        self._shed = 0

    @property
    def pending(self) -> bool:
        """True between the first and the last packet of a message."""
        return self._type is not None

    def add(self, packet: Packet) -> LineRead | LineRefused | None:
        """The scan that `packet` completes, if it does."""
        told = (packet.continued, packet.data)
        if packet.retransmission and told == self._last:
            return None
        self._last = told
        data = packet.data
        if self._type is None:
            if not data:
                return LineRefused(NOT_TEXT, 0)
            self._type, data = data[0], data[1:]
        elif data[:1] == bytes((self._type,)) and self._type < 0x20:
            data = data[1:]
        room = max(self._max_payload_bytes + 3 - len(self._text), 0)
        self._text += data[:room]
        self._shed += len(data) - len(data[:room])
        return None if packet.continued else self._finish(self._type)

    def abandon(self) -> LineRefused | None:
        """The rest of a message did not come: what there is of it, refused."""
        if self._type is None:
            return None
        length = len(self._text) + self._shed
        self._reset()
        return LineRefused(NOT_TEXT, length)

    def _finish(self, symbology: int) -> LineRead | LineRefused:
        payload, shed = bytes(self._text), self._shed
        self._reset()
        if shed:
            return LineRefused(TOO_LONG, len(payload) + shed)
        return read_payload(
            payload,
            aim=self._aim,
            identifier=IDENTIFIERS.get(symbology, ""),
            max_payload_bytes=self._max_payload_bytes,
        )

    def _reset(self) -> None:
        self._type, self._shed = None, 0
        self._text.clear()


class SsiParser:
    """Cuts a decoder's stream into packets; bytes that begin none are one refusal when the line is silent."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._garbage = 0

    @property
    def pending(self) -> bool:
        """True while a packet has begun and not ended, or garbage waits to be told."""
        return bool(self._buffer) or self._garbage > 0

    def feed(self, data: bytes) -> list[LineRefused | Packet | Damaged]:
        """Every packet that `data` ends, in order."""
        items: list[LineRefused | Packet | Damaged] = []
        self._buffer += data
        at = 0
        while at < len(self._buffer):
            step = _step(bytes(self._buffer[at : at + MAX_LENGTH + CHECK_BYTES]))
            if isinstance(step, NeedMore):
                break
            if isinstance(step, Found):
                items.append(step.frame)
                at += step.used
            else:
                self._garbage += step.count
                at += step.count
            if self._garbage == MAX_GARBAGE_BYTES:
                items.append(self._told_garbage())
        del self._buffer[:at]
        return items

    def end_of_gap(self) -> list[LineRefused | Packet | Damaged]:
        """The line has been silent: half a packet is damaged, garbage is over."""
        items: list[LineRefused | Packet | Damaged] = []
        if self._buffer:
            items.append(Damaged(len(self._buffer)))
            self._buffer.clear()
        if self._garbage:
            items.append(self._told_garbage())
        return items

    def _told_garbage(self) -> LineRefused:
        refused = LineRefused(NOT_TEXT, self._garbage)
        self._garbage = 0
        return refused
