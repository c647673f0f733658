"""The "flash on" write of Waveshare Modbus RTU relay boards, as a PDU for pymodbus.

    05 | address, 2 bytes | time, 2 bytes           (big-endian; the reply repeats the request)

Function 05 with address 0200h + channel and a time in units of 100 ms (1..7FFFh): the board switches the
channel on now and off by itself.  Source: Waveshare wiki, "Modbus RTU Relay", protocol V2.

pymodbus' own function 05 turns every value but 0 into FF00h ("on until further notice"), which on a lock
would leave the coil energised; hence this class.
"""

from __future__ import annotations

import struct

from pymodbus.pdu import ModbusPDU

__all__ = ["FLASH_ON_BASE", "FLASH_UNIT_MS", "MAX_FLASH_MS", "FlashOnPdu", "flash_units"]

FLASH_ON_BASE = 0x0200
FLASH_UNIT_MS = 100
MAX_FLASH_MS = 3000
"""The register allows 54 minutes; a lock's solenoid burns out in seconds."""


def flash_units(pulse_ms: int) -> int:
    """`pulse_ms` (1..3000) in units of 100 ms, rounded up; ValueError outside."""
    if not 1 <= pulse_ms <= MAX_FLASH_MS:
        raise ValueError(f"pulse of {pulse_ms} ms is not in 1..{MAX_FLASH_MS} ms")
    return -(-pulse_ms // FLASH_UNIT_MS)


class FlashOnPdu(ModbusPDU):
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
