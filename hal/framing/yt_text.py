"""The text protocol of YT_LOCKER24 boards (9600 8N1, lines ended by CR LF).

    host    YT+<COMMAND>=<board>[,<lock>]*<CRC>
    board   +<COMMAND>:<board>[,<values>]*<CRC>       or      +ERROR: <board>,<text>*<CRC>

CRC is CRC-16/MODBUS of the text before the star in four upper-case hex digits.  It is optional; it is
always sent here, and a reply without one is taken unless `check` asks for it.  OPENLOCK, GETLOCKSTATUS (0
closed, 1 open), GETALLLOCKSSTATUS, GETVERSION.

Source: one open project, which does not show the values of GETALLLOCKSSTATUS: one value a lock is taken,
between commas or written together.
"""

from __future__ import annotations

from dataclasses import dataclass

from pymodbus.framer import FramerRTU

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = ["ERROR", "LOCKS", "MAX_BOARD", "Reply", "encode", "next_step", "parser"]

MAX_BOARD = 99
LOCKS = 24
ERROR = "ERROR"
MAX_LINE = 120
"""Longer than any reply of 24 locks; without an end by then it is garbage."""
END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """A line of a board: the command it answers, or ERROR; `values` are what stands between the commas."""

    command: str
    board: int
    values: tuple[str, ...]

    def closed(self) -> tuple[bool | None, ...]:
        """The values as locks, lock 1 first: `0` closed, `1` open, None for anything else."""
        states = "".join(self.values) if len(self.values) == 1 else self.values
        return tuple({"0": True, "1": False}.get(state) for state in states)


def encode(command: str, board: int, lock: int | None = None) -> bytes:
    """One request to `board` (0..99), for `lock` (1..24) where the command has one; ValueError outside."""
    if not 0 <= board <= MAX_BOARD:
        raise ValueError(f"board {board} is not in 0..{MAX_BOARD}")
    if lock is not None and not 1 <= lock <= LOCKS:
        raise ValueError(f"lock {lock} is not in 1..{LOCKS}")
    text = f"YT+{command}={board}" + ("" if lock is None else f",{lock}")
    return f"{text}*{_crc(text.encode())}".encode() + END


def next_step(buffer: bytes, *, check: bool = False) -> Step[Reply]:
    """Look at the beginning of `buffer` for a line; with `check` one without CRC is none."""
    if not buffer:
        return NeedMore(1)
    if buffer[:1] != b"+":
        return Discard(1)
    end = buffer[:MAX_LINE].find(END)
    if end < 0:
        return NeedMore(len(buffer) + 1) if len(buffer) < MAX_LINE else Discard(1)
    reply = _reply(buffer[:end], check)
    return Discard(1) if reply is None else Found(reply, end + len(END))


def parser(*, check: bool = False) -> StreamParser[Reply]:
    """Lines of a stream."""
    return StreamParser(lambda buffer: next_step(buffer, check=check))


def _reply(line: bytes, check: bool) -> Reply | None:
    text, star, crc = line.partition(b"*")
    if (star or check) and crc.decode("latin-1") != _crc(text):
        return None
    command, colon, rest = text[1:].decode("latin-1").partition(":")
    board, _, values = rest.strip().partition(",")
    if not colon or not command.isalpha() or not (board.isascii() and board.isdigit()):
        return None
    return Reply(command, int(board), tuple(values.split(",")) if values else ())


def _crc(text: bytes) -> str:
    # pymodbus gives the bytes in the order of the wire, low byte first.
    return FramerRTU.compute_CRC(text).to_bytes(2, "little").hex().upper()
