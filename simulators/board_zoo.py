"""Boards seen once, of which too little is known for a driver: what a search for boards may meet on a line.

    Bento    BB | board | command | par | sum | 03, answered BB | board | command | door | goods | sum | FE
             0A open, 0B door, 0C infrared, 0D real time; sum over board..last data, 9600 8N1
    Packeta  21 | cabinet | box | command | par1 | par2 | sum | 16, sum of bytes 0..5; box 0 (all) is refused
             by an error of the same form with par1 = 01
    chilled  FF FF | length | number | board | function | data | CRC | FF F7, 38400 8N1
             01 query, 03 open with a bit map of two bytes, CRC as Modbus

Sources: jsplyy/STC15W204S_Bento, parcel_locker.c, YoruAi/ParcelLockerCtrlSys (a teaching design).  What they
leave open is guessed here and so proves nothing: door 01 = open, the chilled board's CRC over length..data
and its reply of the same function with a map of open doors.
"""

from __future__ import annotations

from typing import Final

from simulators.lock_board import SerialLockBoard, byte_sum
from simulators.modbus_relay import crc16

__all__ = ["BentoBoard", "ChilledBoard", "PacketaBoard"]


class BentoBoard(SerialLockBoard):
    """A board of one door at each address, 31 and 21 as delivered."""

    MIN_ADDRESS = 1
    MAX_ADDRESS = 254
    MAX_LOCKS = 1
    OPEN: Final = 0x0A
    KNOWN: Final = (0x0A, 0x0B, 0x0C, 0x0D)

    def length_at(self, heard: bytes) -> int:
        """Six bytes with the right end and sum."""
        if heard[0] != 0xBB:
            return 0
        whole = len(heard) >= 6
        return 0 if whole and (heard[5] != 0x03 or heard[4] != byte_sum(heard[1:4])) else 6

    def handle(self, frame: bytes, at_s: float) -> None:
        """Door and goods after every command."""
        command = frame[2]
        if frame[1] != self.address or command not in self.KNOWN:
            return
        self.frames += 1
        if command != self.OPEN or not self.open([1], at_s, lambda: self._tell(command)):
            self._tell(command)

    def _tell(self, command: int) -> None:
        body = bytes((self.reply_address(), command, int(not self.closed(1)), self.occupied_bits(1)))
        self.send(b"\xbb" + body + bytes((byte_sum(body), 0xFE)))


class PacketaBoard(SerialLockBoard):
    """A cabinet; `address` is its number.  It knows the boxes, and every command opens one."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 255
    MAX_LOCKS = 64

    def length_at(self, heard: bytes) -> int:
        """Eight bytes with the right end and sum."""
        if heard[0] != 0x21:
            return 0
        whole = len(heard) >= 8
        return 0 if whole and (heard[7] != 0x16 or heard[6] != byte_sum(heard[:6])) else 8

    def handle(self, frame: bytes, at_s: float) -> None:
        """Refuse all boxes at once and boxes that are not there."""
        cabinet, box = frame[1], frame[2]
        if cabinet != self.address:
            return
        self.frames += 1
        taken = 1 <= box <= self.locks and self.open([box], at_s)
        reply = bytes((0x21, self.reply_address(), box, frame[3], int(not taken), 0x00))
        self.send(reply + bytes((byte_sum(reply), 0x16)))


class ChilledBoard(SerialLockBoard):
    """A board of sixteen doors."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 254
    MAX_LOCKS = 16
    HEAD: Final = b"\xff\xff"
    TAIL: Final = b"\xff\xf7"
    QUERY, OPEN = 0x01, 0x03

    def length_at(self, heard: bytes) -> int:
        """Head, length of number..data, CRC, tail."""
        if not self.HEAD.startswith(heard[:2]):
            return 0
        if len(heard) < 3:
            return 3
        length = 3 + heard[2] + 4
        if not 3 <= heard[2] <= 8:
            return 0
        if len(heard) < length:
            return length
        body, crc, tail = heard[2 : length - 4], heard[length - 4 : length - 2], heard[length - 2 : length]
        return length if tail == self.TAIL and crc == crc16(body).to_bytes(2, "little") else 0

    def handle(self, frame: bytes, at_s: float) -> None:
        """Query and open."""
        number, board, function = frame[3], frame[4], frame[5]
        if board != self.address:
            return
        self.frames += 1
        wanted = int.from_bytes(frame[6:-4], "little")
        targets = [lock for lock in range(1, self.locks + 1) if wanted >> (lock - 1) & 1]
        if function == self.OPEN and targets:
            self.open(targets, at_s)
        if function in (self.QUERY, self.OPEN):
            opened = ((1 << self.locks) - 1) ^ self.closed_bits(self.locks)
            body = bytes((5, number, self.reply_address(), function)) + opened.to_bytes(2, "little")
            self.send(self.HEAD + body + crc16(body).to_bytes(2, "little") + self.TAIL)
