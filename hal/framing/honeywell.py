"""Serial commands of Honeywell, HHP and kindred imagers, and their replies among the scans.

    trigger   16 54 0D (SYN T CR)      release   16 55 0D (SYN U CR)
    menu      16 4D 0D (SYN M CR) tag subtag data storage   storage: `.` kept, `!` until switched off
    reply     tag subtag data status [storage]              status: 06 done, 05 no such tag, 15 no such value

(User's guides of the 1900 and N86 series, "Serial Programming Commands"; trigger the same in 4 open
drivers.)  The device repeats the command with the status before its punctuation; some leave the punctuation
out.  The meanings of 05 and 15 are unconfirmed; both refuse.  Trigger and release are not answered.
"""

from __future__ import annotations

from hal.framing.scan_line import LineRead, LineRefused, ScanLineParser
from hal.framing.scanner_reply import CommandReply, Item, MixedParser
from hal.framing.steps import Discard, Found, NeedMore, Step

__all__ = ["RELEASE", "TRIGGER", "encode_menu", "encode_query", "parser"]

TRIGGER = b"\x16T\r"
RELEASE = b"\x16U\r"
_MENU = b"\x16M\r"
_ACK, _ENQ, _NAK = 0x06, 0x05, 0x15
MAX_REPLY_BYTES = 128
"""Far longer than any single setting's answer."""
_PUNCTUATION = b".!,;"


def encode_menu(command: str, *, keep: bool = False) -> bytes:
    """A setting, as `TRGMOD0`; lost without power unless `keep`."""
    return _MENU + command.encode("ascii") + (b"." if keep else b"!")


def encode_query(tag: str) -> bytes:
    """What is the setting now."""
    return _MENU + tag.encode("ascii") + b"?."


def parser(lines: ScanLineParser, suffix: bytes) -> MixedParser:
    """Scans and replies of a stream."""
    return MixedParser(lines, suffix, _step, look_bytes=MAX_REPLY_BYTES, trailing=_PUNCTUATION)


def _step(buffer: bytes) -> Step[LineRead | LineRefused | CommandReply]:
    """A reply is printable ASCII up to its status; whatever else comes first makes it a scan."""
    for index, byte in enumerate(buffer):
        if byte in (_ACK, _ENQ, _NAK):
            found: Item = CommandReply(byte == _ACK, buffer[:index])
            return Found(found, index + 1)
        if not 0x20 <= byte < 0x7F:
            return Discard(1)
    return NeedMore(len(buffer) + 1) if len(buffer) < MAX_REPLY_BYTES else Discard(1)
