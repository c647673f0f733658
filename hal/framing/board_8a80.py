"""The "8A / 80" lock-board protocol of many Chinese RS-485 boards (9600 8N1): encode requests, find replies.

    request and 5-byte reply   head | board | lock (00 = all) | function or state | XOR of the four before
    unlock for some seconds    8A | board | lock | 11 | seconds, 1..9 | XOR of all before
    state sent unasked         81 or 82 | board | lock | state | XOR
    reply to read-all          80 | board | state bytes, highest group of 8 locks first | 33 | XOR of all
    before

State 11 = feedback contact closed, 00 = open; bit 0 of a state byte is the lowest lock of its group, 1 =
closed. The reply to read-all carries no length: it follows from the number of locks asked for, so the parser
must be told.

Source: the manufacturers' "485 lock control board communication protocol" (issues 2021 and 2024A1) and the
drivers published for these boards, which agree on everything used here.  There is no negative reply: a wrong
check, a foreign address or a lock out of range meet silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from hal.framing.steps import Discard, Found, NeedMore, Step, StreamParser

__all__ = [
    "HEADS",
    "HEAD_READ",
    "HEAD_UNLOCK",
    "MAX_BOARD_ADDRESS",
    "MAX_LOCKS",
    "AnyReply",
    "BoardParser",
    "BoardReply",
    "ContactsReply",
    "contacts_reply_length",
    "encode_read_all",
    "encode_read_one",
    "encode_unlock",
    "next_step",
]

HEAD_UNLOCK = 0x8A
HEAD_READ = 0x80
FUNCTION_UNLOCK = 0x11
FUNCTION_READ = 0x33
STATE_CLOSED = 0x11
STATE_OPEN = 0x00
HEADS = frozenset({0x80, 0x81, 0x82, 0x8A, 0x90, 0x9A, 0x9B, 0x9D})
"""Every first byte seen on these boards; anything else is noise."""

SHORT_LENGTH = 5
MAX_SECONDS = 9
MAX_BOARD_ADDRESS = 99
"""The 5-bit DIP switch gives 1..32; the documents of some boards say up to 99."""
MAX_LOCKS = 50
"""The largest boards of the family have 50 locks."""


@dataclass(frozen=True, slots=True)
class BoardReply:
    """A 5-byte frame from a board: the answer to an unlock or a read of one lock, or an unsolicited
    change."""

    head: int
    board: int
    lock: int
    contact_closed: bool


@dataclass(frozen=True, slots=True)
class ContactsReply:
    """The answer to read-all: contact closed or not, lock 1 first, padded to whole groups of 8."""

    board: int
    contacts_closed: tuple[bool, ...]

    def low_group_first(self) -> tuple[bool, ...]:
        """The same of a board that sends the lowest group of 8 first."""
        groups = range(len(self.contacts_closed) - 8, -1, -8)
        return tuple(closed for first in groups for closed in self.contacts_closed[first : first + 8])


AnyReply = BoardReply | ContactsReply


def encode_unlock(board: int, lock: int, seconds: int | None = None) -> bytes:
    """Ask `board` (1..99) for one unlock pulse on `lock` (1..50), timed by the board's own setting or, on
    boards of the 2021 document, `seconds` (1..9) long.

    Lock 0 would mean "all, one after another" and is refused with ValueError, as is anything out of range.
    """
    frame = _request(HEAD_UNLOCK, board, _checked_lock(lock), FUNCTION_UNLOCK)
    if seconds is None:
        return frame
    if not 1 <= seconds <= MAX_SECONDS:
        raise ValueError(f"{seconds} s is not in 1..{MAX_SECONDS} s")
    body = frame[:-1] + bytes((seconds,))
    return body + bytes((_check(body),))


def encode_read_one(board: int, lock: int) -> bytes:
    """Ask for the contact of one lock (1..50)."""
    return _request(HEAD_READ, board, _checked_lock(lock), FUNCTION_READ)


def encode_read_all(board: int) -> bytes:
    """Ask for all contacts of `board`."""
    return _request(HEAD_READ, board, 0, FUNCTION_READ)


def contacts_reply_length(locks: int) -> int:
    """Bytes in the answer to read-all of a board with `locks` locks: 4 + one per started group of 8."""
    return 4 + (_checked_lock(locks) + 7) // 8


def next_step(buffer: bytes | bytearray, contacts_length: int | None = None) -> Step[AnyReply]:
    """Look at the beginning of `buffer`.

    `contacts_length` is the length of the outstanding answer to read-all, None when none is outstanding.
    """
    if not buffer:
        return NeedMore(SHORT_LENGTH)
    if buffer[0] not in HEADS:
        return Discard(1)
    awaited = SHORT_LENGTH
    if buffer[0] == HEAD_READ and contacts_length is not None:
        awaited = max(awaited, contacts_length)
    if len(buffer) < awaited:
        return NeedMore(awaited)
    if buffer[0] == HEAD_READ and contacts_length is not None:
        contacts = _contacts(bytes(buffer[:contacts_length]))
        if contacts is not None:
            return Found(contacts, contacts_length)
    reply = _short(bytes(buffer[:SHORT_LENGTH]))
    return Discard(1) if reply is None else Found(reply, SHORT_LENGTH)


class BoardParser(StreamParser[AnyReply]):
    """Frames of a stream; `contacts_length` as for `next_step`."""

    def __init__(self, contacts_length: int | None = None) -> None:
        super().__init__(lambda buffer: next_step(buffer, contacts_length))


def _request(head: int, board: int, lock: int, function: int) -> bytes:
    if not 1 <= board <= MAX_BOARD_ADDRESS:
        raise ValueError(f"board address {board} is not in 1..{MAX_BOARD_ADDRESS}")
    body = bytes((head, board, lock, function))
    return body + bytes((_check(body),))


def _checked_lock(lock: int) -> int:
    if not 1 <= lock <= MAX_LOCKS:
        raise ValueError(f"lock {lock} is not in 1..{MAX_LOCKS}")
    return lock


def _check(body: bytes) -> int:
    return reduce(xor, body, 0)


def _short(frame: bytes) -> BoardReply | None:
    head, board, lock, state, check = frame
    if state not in (STATE_CLOSED, STATE_OPEN) or check != _check(frame[:-1]):
        return None
    return BoardReply(head, board, lock, state == STATE_CLOSED)


def _contacts(frame: bytes) -> ContactsReply | None:
    if frame[-2] != FUNCTION_READ or frame[-1] != _check(frame[:-1]):
        return None
    groups = frame[2:-2][::-1]
    closed = tuple(bool(group >> bit & 1) for group in groups for bit in range(8))
    return ContactsReply(frame[1], closed)
