"""YT_LOCKER24: text lines on 9600 8N1.

    YT+<COMMAND>=<board>[,<parameter>...][*<CRC>] CR LF
    +<COMMAND>:<board>[,<values>]*<CRC> CR LF   or   +ERROR: <board>,<text>*<CRC> CR LF

CRC is CRC-16/MODBUS of the text before the star, four upper-case hex digits; a request may come without.
PING, REBOOT, OPENLOCK, CLOSELOCK, GETLOCKSTATUS (0 closed, 1 open), GETALLLOCKSSTATUS, GETVERSION.  Source:
one Python project.  It does not show what replies to OPENLOCK and the status commands hold: here the lock
and its state, and one value a lock with commas between.
"""

from __future__ import annotations

import re
from typing import Final

from simulators.lock_board import SerialLockBoard
from simulators.modbus_relay import crc16

__all__ = ["YtTextBoard"]

LINE: Final = re.compile(rb"YT\+([A-Z]+)=([0-9]{1,2})(?:,([0-9]{1,2}))?(?:\*([0-9A-F]{4}))?")
VERSION: Final = "1.0"
LONGEST: Final = 60


class YtTextBoard(SerialLockBoard):
    """One board."""

    MIN_ADDRESS = 0
    MAX_ADDRESS = 99
    MAX_LOCKS = 24

    def length_at(self, heard: bytes) -> int:
        """A line from `YT+` to CR LF."""
        if not b"YT+".startswith(heard[:3]):
            return 0
        end = heard.find(b"\r\n")
        if end < 0:
            return len(heard) + 1 if len(heard) < LONGEST else 0
        return end + 2

    def handle(self, frame: bytes, at_s: float) -> None:
        """Silence for other boards and for a wrong CRC; an error for what is not known."""
        text = frame[:-2]
        found = LINE.fullmatch(text)
        if found is None or int(found[2]) != self.address:
            return
        if found[4] is not None and int(found[4], 16) != crc16(text.partition(b"*")[0]):
            return
        self.frames += 1
        self._perform(found[1].decode(), None if found[3] is None else int(found[3]), at_s)

    def _perform(self, command: str, lock: int | None, at_s: float) -> None:
        if command == "GETALLLOCKSSTATUS" and lock is None:
            self._say(command, *(self._state(each) for each in range(1, self.locks + 1)))
        elif command in ("PING", "REBOOT") and lock is None:
            self._say(command)
        elif command == "GETVERSION" and lock is None:
            self._say(command, VERSION)
        elif command in ("OPENLOCK", "CLOSELOCK", "GETLOCKSTATUS") and lock is not None:
            if not 1 <= lock <= self.locks:
                self._error("invalid lock")
            elif command == "OPENLOCK":
                if not self.open([lock], at_s, lambda: self._say(command, str(lock), self._state(lock))):
                    self._error("busy")
            else:
                self._say(command, str(lock), self._state(lock))
        else:
            self._error("unknown command")

    def _state(self, lock: int) -> str:
        return str(int(not self.closed(lock)))

    def _say(self, command: str, *values: str) -> None:
        self._line(f"+{command}:" + ",".join((str(self.reply_address()), *values)))

    def _error(self, text: str) -> None:
        self._line(f"+ERROR: {self.reply_address()},{text}")

    def _line(self, text: str) -> None:
        self.send(f"{text}*{crc16(text.encode()):04X}\r\n".encode())
