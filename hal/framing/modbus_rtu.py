"""Modbus RTU as relay boards speak it: requests of pymodbus' PDUs into frames, replies out of a stream.

    unit | function | ... | CRC low | CRC high          (Modbus over Serial Line V1.02, 2.5.1)

    01 02   unit | function | byte count | bits           03    unit | 03 | byte count | registers
    05 06 0F 10 repeat address and value or count         error unit | function + 80h | code

pymodbus encodes, decodes and computes the CRC.  Finding frames in a stream that may hold garbage, and
giving up none of what comes after it, is done here.

`WriteCoilPdu` exists since pymodbus' own function 05 turns every value but 0 into FF00h, "on until further
notice", which on a lock would leave the coil energised.  Boards put other words there: Waveshare's "flash
on" (address 0200h + channel, a time in units of 100 ms, 1..7FFFh; Waveshare wiki, "Modbus RTU Relay",
protocol V2) and 0100h for "on" on STM8 relay boards.
"""

from __future__ import annotations

import struct

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "FLASH_ON_BASE",
    "FLASH_UNIT_MS",
    "MAX_FLASH_MS",
    "ModbusParser",
    "WriteCoilPdu",
    "encode",
    "flash_units",
    "next_step",
]

FLASH_ON_BASE = 0x0200
FLASH_UNIT_MS = 100
MAX_FLASH_MS = 3000
"""The register allows 54 minutes; a lock's solenoid burns out in seconds."""

ERROR_BIT = 0x80
ERROR_LENGTH = 5
REPEATING = frozenset({0x05, 0x06, 0x0F, 0x10})
REPEATING_LENGTH = 8
COUNTED = frozenset({0x01, 0x02, 0x03})
COUNTED_EXTRA = 5
MAX_COUNT = 32
"""Bytes in a counted reply: 256 inputs or 16 registers, more than any relay board is asked for.  A larger
count is garbage and is not waited for."""


def flash_units(pulse_ms: int) -> int:
    """`pulse_ms` (1..3000) in units of 100 ms, rounded up; ValueError outside."""
    if not 1 <= pulse_ms <= MAX_FLASH_MS:
        raise ValueError(f"pulse of {pulse_ms} ms is not in 1..{MAX_FLASH_MS} ms")
    return -(-pulse_ms // FLASH_UNIT_MS)


class WriteCoilPdu(ModbusPDU):
    """Function 05 with any 16-bit value: request and, equal to it, reply."""

    function_code = 5
    rtu_frame_size = 8

    def __init__(self, dev_id: int = 0, transaction_id: int = 0, address: int = 0, value: int = 0) -> None:
        super().__init__(dev_id=dev_id, transaction_id=transaction_id, address=address)
        self.value = value

    def encode(self) -> bytes:
        """Address and value, big-endian."""
        return struct.pack(">HH", self.address, self.value)

    def decode(self, data: bytes) -> None:
        """Take address and value from a reply; struct.error when it has not 4 bytes."""
        self.address, self.value = struct.unpack(">HH", data[:4])


def _decoder() -> DecodePDU:
    decoder = DecodePDU(False)
    decoder.register(WriteCoilPdu)
    return decoder


_DECODER = _decoder()
_FRAMER = FramerRTU(_DECODER)


def encode(request: ModbusPDU) -> bytes:
    """The frame of `request`, with unit and CRC."""
    return bytes(_FRAMER.buildFrame(request))


def next_step(buffer: bytes) -> Step[ModbusPDU]:
    """Look at the beginning of `buffer` for a reply; its PDU knows its unit as `dev_id`."""
    if len(buffer) < 2:
        return NeedMore(2)
    function = buffer[1]
    if function in COUNTED:
        if len(buffer) < 3:
            return NeedMore(3)
        if not 1 <= buffer[2] <= MAX_COUNT:
            return Discard(1)
        length = buffer[2] + COUNTED_EXTRA
    elif function in REPEATING:
        length = REPEATING_LENGTH
    elif function & ERROR_BIT and function & ~ERROR_BIT in COUNTED | REPEATING:
        length = ERROR_LENGTH
    else:
        return Discard(1)
    if len(buffer) < length:
        return NeedMore(length)
    frame = buffer[:length]
    if not FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
        return Discard(1)
    pdu = _DECODER.decode(frame[1:-2])
    if pdu is None:
        return Discard(1)
    pdu.dev_id = frame[0]
    return Found(pdu, length)


class ModbusParser(StreamParser[ModbusPDU]):
    """Replies of a stream."""

    def __init__(self) -> None:
        super().__init__(next_step)
