"""Input reports of HID POS bar code scanners (usage page 8Ch), as hidraw gives them.

    02 | count | AIM identifier (3) | data (56) | vendor's symbology | reserved | bit 0: more follow

are the 64 bytes of the usual report (Access-IS ATR110, LSR110 and LSR118 manuals).  Other makes use other
report ids and lengths: their report descriptor says where the fields are, by usages FB, FC, FD (identifier),
FE (data) and FF (continued) of page 8C (HID POS Usage Tables 1.02; the numbers are unconfirmed by hardware).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hal.framing.scan_line import MAX_PAYLOAD_BYTES, NOT_TEXT, TOO_LONG, LineRead, LineRefused, read_payload

__all__ = ["USUAL", "HidPosParser", "ReportLayout", "read_layout"]

PAGE = 0x8C
IDENTIFIER, DATA, CONTINUED = (0xFB, 0xFC, 0xFD), 0xFE, 0xFF
MAX_DESCRIPTOR_FIELDS = 4096


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """Where the fields of an input report are, in bytes from its beginning, id included.

    `more_bit` counts bits from the beginning; `length_at` and `identifier_at` are None where there is none.
    """

    report_id: int | None
    length_at: int | None
    identifier_at: int | None
    data_at: int
    data_bytes: int
    more_bit: int | None


USUAL = ReportLayout(0x02, 1, 2, 5, 56, 63 * 8)


def read_layout(descriptor: bytes) -> ReportLayout | None:
    """The layout of the report that carries decoded data, or None when none does."""
    fields = list(_fields(descriptor))
    for data in fields:
        if data.usage != DATA:
            continue
        mates = [field for field in fields if field.report_id == data.report_id]
        by_usage = {field.usage: field for field in reversed(mates)}
        identifier = by_usage.get(IDENTIFIER[0])
        more = by_usage.get(CONTINUED)
        first = min(field.bit for field in mates if field.usage in (*IDENTIFIER, DATA))
        # The count has no usage of its own on this page: it is the byte before the identifier.
        before = [field for field in mates if field.bit == first - 8 and field.bits == 8]
        if data.bit % 8 == 0 and first % 8 == 0:
            return ReportLayout(
                report_id=data.report_id or None,
                length_at=before[0].bit // 8 if before else None,
                identifier_at=None if identifier is None else identifier.bit // 8,
                data_at=data.bit // 8,
                data_bytes=data.bits // 8,
                more_bit=None if more is None else more.bit,
            )
    return None


@dataclass(frozen=True, slots=True)
class _Field:
    report_id: int
    usage: int
    bit: int
    bits: int


def _fields(descriptor: bytes) -> Iterator[_Field]:
    """The input fields in order; `usage` is 0 on pages other than 8C.  (HID 1.11, section 6.2.2.)"""
    page = report_id = size = count = 0
    usages: list[int] = []
    ends: dict[int, int] = {}
    for tag, value in _items(descriptor):
        if tag == 0x04:
            page = value
        elif tag == 0x84:
            report_id = value
        elif tag == 0x74:
            size = value
        elif tag == 0x94:
            count = min(value, MAX_DESCRIPTOR_FIELDS)
        elif tag == 0x08:
            usages.append(value & 0xFF if (value >> 16 or page) == PAGE else 0)
        elif tag in (0x80, 0x90, 0xB0, 0xA0, 0xC0):
            if tag == 0x80:
                start = ends.setdefault(report_id, 8 if report_id else 0)
                yield from _spread(report_id, usages or [0], start, size, count)
                ends[report_id] = start + size * count
            usages = []


def _spread(report_id: int, usages: list[int], start: int, size: int, count: int) -> Iterator[_Field]:
    """One usage takes all of an array; several take an element each, the last the rest."""
    for index, usage in enumerate(usages[:count]):
        last = index == len(usages[:count]) - 1
        yield _Field(report_id, usage, start + index * size, size * (count - index if last else 1))


def _items(descriptor: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(descriptor):
        head = descriptor[at]
        if head == 0xFE:  # a long item, which no usage table defines
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        length = (0, 1, 2, 4)[head & 3]
        yield head & 0xFC, int.from_bytes(descriptor[at + 1 : at + 1 + length], "little")
        at += 1 + length


class HidPosParser:
    """Makes scans of reports, each of which `feed` takes whole; other reports are passed over."""

    def __init__(self, *, aim: bool, max_payload_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self.layout = USUAL
        self._aim = aim
        self._max_payload_bytes = max_payload_bytes
        self._identifier = ""
        self._text = bytearray()
        self._shed = 0
        self._begun = False

    @property
    def pending(self) -> bool:
        """True between the first and the last report of a scan."""
        return self._begun

    def feed(self, data: bytes) -> list[LineRead | LineRefused]:
        """The scan that this report ends, if it does."""
        layout = self.layout
        if layout.report_id is not None and data[:1] != bytes((layout.report_id,)):
            return []
        if len(data) < layout.data_at:
            return []
        count = layout.data_bytes if layout.length_at is None else data[layout.length_at]
        if count > layout.data_bytes or layout.data_at + count > len(data):
            return [*self.end_of_gap(), LineRefused(NOT_TEXT, len(data))]
        if not self._begun and layout.identifier_at is not None:
            self._identifier = _identifier(data[layout.identifier_at : layout.identifier_at + 3])
        self._begun = True
        part = data[layout.data_at : layout.data_at + count]
        if layout.length_at is None:
            part = part.rstrip(b"\x00")
        room = max(self._max_payload_bytes + 3 - len(self._text), 0)
        self._text += part[:room]
        self._shed += len(part) - len(part[:room])
        return [] if self._more(data) else [self._finish()]

    def end_of_gap(self) -> list[LineRead | LineRefused]:
        """The rest of a scan did not come."""
        if not self._begun:
            return []
        length = len(self._text) + self._shed
        self._reset()
        return [LineRefused(NOT_TEXT, length)]

    def _more(self, data: bytes) -> bool:
        bit = self.layout.more_bit
        return bit is not None and bit // 8 < len(data) and bool(data[bit // 8] >> bit % 8 & 1)

    def _finish(self) -> LineRead | LineRefused:
        payload, shed, identifier = bytes(self._text), self._shed, self._identifier
        self._reset()
        if shed:
            return LineRefused(TOO_LONG, len(payload) + shed)
        return read_payload(
            payload, aim=self._aim, identifier=identifier, max_payload_bytes=self._max_payload_bytes
        )

    def _reset(self) -> None:
        self._begun, self._shed, self._identifier = False, 0, ""
        self._text.clear()


def _identifier(data: bytes) -> str:
    text = data.decode("latin-1")
    return text[1:3] if len(text) == 3 and text[0] == "]" and text.isascii() and text[1:].isalnum() else ""
