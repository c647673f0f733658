"""Scanners that send by themselves: `prefix payload suffix`, or payload ended by silence.

    [prefix] [`]` c m] [GS] payload [suffix]

`]cm` is the AIM symbology identifier of ISO/IEC 15424.  A leading FNC1 is expressed by the identifier, but
some firmware sends it as GS (1D) as well: one leading GS is dropped, later ones are data.  Text is UTF-8,
else GB18030 (Chinese QR codes); a payload that is neither, or holds control characters other than GS, is
refused.

Memory is bounded whatever arrives: past the limit bytes are only counted until the scan ends.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "NOT_TEXT",
    "TOO_LONG",
    "LineRead",
    "LineRefused",
    "ScanLineParser",
    "read_payload",
]

MAX_PAYLOAD_BYTES = 4096
"""The largest symbol in use (QR version 40-L, byte mode) holds 2953 bytes; longer is a stuck or hostile
scanner."""
TOO_LONG = "too-long"
NOT_TEXT = "not-text"

_SLICE_BYTES = 4096
"""Input is taken in slices, so that one huge read costs no second copy of itself."""
_IDENTIFIER = re.compile(rb"\]([A-Za-z][0-9A-Za-z])")
_IDENTIFIER_BYTES = 3
_NEXT_IDENTIFIER = re.compile(rb"\][A-UXZcdehopsz][0-9A-F]")
"""Where another scan begins: the code characters of ISO/IEC 15424."""
_LINEAR = frozenset("ABCEFGHIMe")
"""Symbologies that hold a bracket in theory only; in matrix symbols anything may stand."""
_GS = "\x1d"
_LINE_ENDS = b"\r\n"


@dataclass(frozen=True, slots=True)
class LineRead:
    """One scan: its text and the AIM identifier without `]`, empty when none was sent."""

    text: str
    identifier: str


@dataclass(frozen=True, slots=True)
class LineRefused:
    """Bytes that are no usable scan; `length` counts all bytes between two terminators, identifier
    included."""

    reason: str
    length: int


def read_payload(
    payload: bytes,
    *,
    aim: bool,
    identifier: str = "",
    length: int | None = None,
    max_payload_bytes: int = MAX_PAYLOAD_BYTES,
) -> LineRead | LineRefused:
    """What the bytes of one whole scan say; `length` is what a refusal counts, when not all of `payload`.

    `identifier` is what is known of the symbology otherwise; an AIM identifier in the payload is believed
    more, where `aim` says that there may be one.  A second one within a linear symbol's data, or one behind
    other bytes, shows that a scan lost its end and was glued to the next: refused.
    """
    length = len(payload) if length is None else length
    if aim and (match := _IDENTIFIER.match(payload)):
        identifier = match.group(1).decode("ascii")
        payload = payload[match.end() :]
    if len(payload) > max_payload_bytes:
        return LineRefused(TOO_LONG, length)
    if aim and (not identifier or identifier[0] in _LINEAR) and _NEXT_IDENTIFIER.search(payload):
        return LineRefused(NOT_TEXT, length)  # half a scan with the next behind it
    text = _text(payload.removeprefix(_GS.encode("ascii")))
    return LineRefused(NOT_TEXT, length) if text is None else LineRead(text, identifier)


class ScanLineParser:
    """Cuts a scanner's byte stream into scans.

    With an empty `suffix` only `end_of_gap` ends a scan.  `aim` says that the scanner sends AIM identifiers.
    Line ends before a scan are skipped, so that a scanner that sends CR LF works where CR was configured.
    """

    def __init__(
        self, prefix: bytes, suffix: bytes, aim: bool, max_payload_bytes: int = MAX_PAYLOAD_BYTES
    ) -> None:
        self._prefix = prefix
        self._suffix = suffix
        self._aim = aim
        self._max_payload_bytes = max_payload_bytes
        self._limit = max_payload_bytes + _IDENTIFIER_BYTES + len(prefix)
        self._skip_line_ends = all(byte in _LINE_ENDS for byte in suffix)
        self._buffer = bytearray()
        self._shed = 0

    @property
    def pending(self) -> bool:
        """True while a scan has begun and not ended."""
        return bool(self._buffer) or self._shed > 0

    def feed(self, data: bytes) -> list[LineRead | LineRefused]:
        """Every scan that `data` ends, in order; costs at most the limit and one slice of memory."""
        scans: list[LineRead | LineRefused] = []
        for start in range(0, len(data), _SLICE_BYTES):
            self._buffer += data[start : start + _SLICE_BYTES]
            self._skip_leading_line_ends()
            while self._suffix and (end := self._buffer.find(self._suffix)) >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + len(self._suffix)]
                scans += self._finish(line)
                self._skip_leading_line_ends()
            self._bound()
        return scans

    def end_of_gap(self) -> list[LineRead | LineRefused]:
        """The line has been silent: ends the scan without a suffix; with one, what has come is half a
        scan."""
        if not self.pending:
            return []
        line = bytes(self._buffer)
        self._buffer.clear()
        if not self._suffix:
            return self._finish(line)
        length = self._shed + len(line)
        self._shed = 0
        return [LineRefused(TOO_LONG if length > self._limit else NOT_TEXT, length)]

    def _skip_leading_line_ends(self) -> None:
        if self._skip_line_ends and not self._shed and self._buffer and self._buffer[0] in _LINE_ENDS:
            rest = self._buffer.lstrip(_LINE_ENDS)
            del self._buffer[: len(self._buffer) - len(rest)]

    def _bound(self) -> None:
        # The last bytes may be the beginning of the suffix, so they stay.
        keep = max(len(self._suffix) - 1, 0)
        if self._shed or len(self._buffer) > self._limit + keep:
            excess = len(self._buffer) - keep
            if excess > 0:
                self._shed += excess
                del self._buffer[:excess]

    def _finish(self, line: bytes) -> list[LineRead | LineRefused]:
        length = self._shed + len(line)
        self._shed = 0
        if length > self._limit:
            return [LineRefused(TOO_LONG, length)]
        if not self._suffix:
            line = line.rstrip(_LINE_ENDS)
        if not line:
            return []
        if self._prefix:
            _, found, line = line.partition(self._prefix)
            if not found:
                return [LineRefused(NOT_TEXT, length)]
        return [read_payload(line, aim=self._aim, length=length, max_payload_bytes=self._max_payload_bytes)]


def _text(payload: bytes) -> str | None:
    """Decode `payload`; None when it is empty, no text, or holds a control character other than GS."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        usable = text and all(char == _GS or unicodedata.category(char) != "Cc" for char in text)
        return text if usable else None
    return None
