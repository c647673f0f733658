"""MQTT control packets as far as a meddler on the wire must know them: where they end, and what a PUBLISH is.

Written from MQTT 5.0 and MQTT 3.1.1 (OASIS), not from a client library: the wire is a judge of one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

__all__ = [
    "CONNACK",
    "CONNECT",
    "PUBACK",
    "PUBLISH",
    "Publish",
    "accepts",
    "acknowledged_id",
    "kind_of",
    "protocol_level",
    "read_packet",
]

CONNECT: Final = 1
CONNACK: Final = 2
PUBLISH: Final = 3
PUBACK: Final = 4

LENGTH_BYTES_MAX: Final = 4
"""Of the remaining length (MQTT 5.0, 1.5.5)."""

_DUP: Final = 0x08
_RETAIN: Final = 0x01
_LEVEL_5: Final = 5


async def read_packet(reader: asyncio.StreamReader) -> bytes:
    """The next whole packet; IncompleteReadError at the end, its `partial` what came of the next one."""
    got = await reader.readexactly(1)
    try:
        length = shift = 0
        for _ in range(LENGTH_BYTES_MAX):
            byte = await reader.readexactly(1)
            got += byte
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if not byte[0] & 0x80:
                break
        return got + await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise asyncio.IncompleteReadError(got + error.partial, None) from error


def kind_of(packet: bytes) -> int:
    """The control packet type."""
    return packet[0] >> 4


def protocol_level(connect: bytes) -> int:
    """4 (MQTT 3.1.1) or 5, from a CONNECT packet (3.1.2)."""
    at = _body_at(connect)
    return connect[at + 2 + int.from_bytes(connect[at : at + 2])]


def accepts(connack: bytes) -> bool:
    """True when a CONNACK lets the client in (3.2.2.2)."""
    return connack[_body_at(connack) + 1] == 0


def acknowledged_id(puback: bytes) -> int:
    """The packet id a PUBACK is for."""
    at = _body_at(puback)
    return int.from_bytes(puback[at : at + 2])


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH.  `id` is 0 for QoS 0; `id_at` is where it lies in `packet`."""

    packet: bytes
    topic: str
    qos: int
    retain: bool
    id: int
    id_at: int
    payload: bytes

    @classmethod
    def read(cls, packet: bytes, level: int) -> Publish:
        """`packet` taken apart; `level` is the connection's."""
        at = _body_at(packet)
        topic_end = at + 2 + int.from_bytes(packet[at : at + 2])
        qos = packet[0] >> 1 & 3
        rest = topic_end + (2 if qos else 0)
        if level >= _LEVEL_5:
            length, after = _varint(packet, rest)
            rest = after + length
        return cls(
            packet=packet,
            topic=packet[at + 2 : topic_end].decode("utf-8", "replace"),
            qos=qos,
            retain=bool(packet[0] & _RETAIN),
            id=int.from_bytes(packet[topic_end : topic_end + 2]) if qos else 0,
            id_at=topic_end,
            payload=packet[rest:],
        )

    def copy(self, id_: int) -> bytes:
        """The same message as a publication of its own, with the packet id `id_`."""
        first = bytes([self.packet[0] & ~_DUP])
        return first + self.packet[1 : self.id_at] + id_.to_bytes(2) + self.packet[self.id_at + 2 :]


def _body_at(packet: bytes) -> int:
    return _varint(packet, 1)[1]


def _varint(packet: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = packet[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
