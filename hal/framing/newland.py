"""Serial commands of Newland scanners ("unified command set"), and their replies among the scans.

    host     7E 01 30 30 30 30 storage tag subtag data… 3B 03
    scanner  02 01 30 30 30 30 storage tag subtag data status 3B 03

Storage is `@` (kept) or `#` (until switched off), status 06 for done.  (NLS-HR52 and NLS-HR20-BT user
manuals, "Use of Programming Command"; NLS-FM530, chapter 13.)  Several commands in one frame are separated by
`;` and answered each with its status.  `01 54 04` starts a read as well and is not answered (2 open drivers).
That 15 and 05 refuse is unconfirmed; anything but 06 is taken for a refusal.
"""

from __future__ import annotations

from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.framing.scanner_reply import CommandReply, Item, MixedParser
from hal.framing.steps import Discard, Found, NeedMore, Step

__all__ = ["SHORT_TRIGGER", "encode", "parser"]

SHORT_TRIGGER = b"\x01T\x04"
_HOST_HEAD = b"~\x010000"
_REPLY_HEAD = b"\x02\x010000"
_TAIL = b";\x03"
_ACK = 0x06
_STATUSES = b"\x05\x06\x15"
MAX_REPLY_BYTES = 512
"""Longer than the answer to any commands sent here."""


def encode(*commands: str, keep: bool = False) -> bytes:
    """Commands as `SCNMOD3`; lost without power unless `keep`."""
    storage = b"@" if keep else b"#"
    return _HOST_HEAD + storage + ";".join(commands).encode("ascii") + _TAIL


def parser(lines: ScanLineParser, suffix: bytes) -> MixedParser:
    """Scans and replies of a stream."""
    return MixedParser(lines, suffix, _step, look_bytes=MAX_REPLY_BYTES)


def _step(buffer: bytes) -> Step[LineRead | LineRefused | CommandReply]:
    if not _REPLY_HEAD.startswith(buffer[: len(_REPLY_HEAD)]):
        return Discard(1)
    end = buffer.find(_TAIL, len(_REPLY_HEAD))
    body = buffer[len(_REPLY_HEAD) : end if end >= 0 else len(buffer)]
    if any(byte < 0x20 and byte not in _STATUSES + _TAIL for byte in body):
        return Discard(1)  # a line end or another head: this reply has lost its end
    if end < 0:
        return NeedMore(len(buffer) + 1) if len(buffer) < MAX_REPLY_BYTES else Discard(1)
    # The body without storage sign and status bytes: the commands as they were sent, with what they hold now.
    answers = body[1:].split(b";")
    done = all(answer[-1:] == bytes((_ACK,)) for answer in answers)
    found: Item = CommandReply(done, b";".join(answer.rstrip(_STATUSES) for answer in answers))
    return Found(found, end + len(_TAIL))
