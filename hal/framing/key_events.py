"""Scans typed by a keyboard wedge: input events of the Linux kernel in, lines out.

An event is two timestamps, type, code and value (struct input_event of linux/input.h): 24 bytes where long
has 8.  Of EV_KEY, value 1 is down, 0 up, 2 an auto-repeat, which no scanner means.  Shift, AltGr, Ctrl and
Caps Lock are kept; Ctrl+] writes GS, by the keys' US positions whatever the layout.  Enter, keypad Enter and
Tab end a scan; silence does where the wedge types none of them, and else says that the scan was cut off.

Alt with keypad digits writes what is not on the layout: codes to 255 are single bytes, longer ones the two
bytes of a GBK character, or with `alt_unicode` a Unicode code point.  Which of the two is unconfirmed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hal.framing.key_layouts import KEYPAD, LAYOUTS, Layout
from hal.framing.scan_line import (
    MAX_PAYLOAD_BYTES,
    NOT_TEXT,
    TOO_LONG,
    LineRead,
    LineRefused,
    read_payload,
)

__all__ = ["EVENT", "KeyLineParser"]

EVENT = struct.Struct("@llHHi")
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
DOWN, UP = 1, 0
ENDS = frozenset({28, 96, 15})
SHIFTS, CTRLS, ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56})
ALT_GR = frozenset({100})
CAPS_LOCK = 58
MODIFIERS = SHIFTS | CTRLS | ALTS | ALT_GR
CONTROL_MASK = 0x1F
MAX_ALT_DIGITS = 7


class KeyLineParser:
    """Cuts a wedge's events into scans; bytes of half an event wait for the rest."""

    def __init__(
        self,
        layout: Layout,
        *,
        aim: bool,
        ends_by_silence: bool = False,
        prefix: bytes = b"",
        alt_unicode: bool = False,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
    ) -> None:
        self._layout = layout
        self._aim = aim
        self._ends_by_silence = ends_by_silence
        self._prefix = prefix
        self._alt_unicode = alt_unicode
        self._max_payload_bytes = max_payload_bytes
        self._limit = max_payload_bytes + 3 + len(prefix)
        self._events = bytearray()
        self._held: set[int] = set()
        self._caps = False
        self._alt_digits = ""
        self._text = bytearray()
        self._shed = 0
        self._broken = False

    @property
    def pending(self) -> bool:
        """True while a scan has begun and not ended."""
        return bool(self._text) or self._shed > 0 or self._broken or bool(self._events)

    def feed(self, data: bytes) -> list[LineRead | LineRefused]:
        """Every scan that these events end."""
        scans: list[LineRead | LineRefused] = []
        self._events += data
        usable = len(self._events) - len(self._events) % EVENT.size
        for _, _, kind, code, value in EVENT.iter_unpack(bytes(self._events[:usable])):
            scans += self._event(kind, code, value)
        del self._events[:usable]
        return scans

    def end_of_gap(self) -> list[LineRead | LineRefused]:
        """The keyboard has been silent: ends the scan, or what has come is half of one."""
        self._broken = self._broken or (self.pending and not self._ends_by_silence)
        self._events.clear()
        self._held.clear()
        return list(self._finish())

    def _event(self, kind: int, code: int, value: int) -> Iterator[LineRead | LineRefused]:
        if kind == EV_SYN and code == SYN_DROPPED:
            # The kernel's buffer overflowed: keys are missing, and which are held is unknown.
            self._broken = True
            self._held.clear()
        elif kind == EV_KEY and code in MODIFIERS:
            self._modifier(code, value)
        elif kind == EV_KEY and value == DOWN:
            if code in ENDS:
                yield from self._finish()
            elif code == CAPS_LOCK:
                self._caps = not self._caps
            else:
                self._key(code)

    def _modifier(self, code: int, value: int) -> None:
        if value == DOWN:
            self._held.add(code)
        elif value == UP:
            self._held.discard(code)
            if code in ALTS and self._alt_digits:
                self._write(self._alt_code(int(self._alt_digits)))
                self._alt_digits = ""

    def _key(self, code: int) -> None:
        if self._held & ALTS and code in KEYPAD and KEYPAD[code].isdigit():
            self._alt_digits = (self._alt_digits + KEYPAD[code])[-MAX_ALT_DIGITS:]
            return
        plain, shifted, alt_gr = self._layout.get(code, (KEYPAD.get(code, ""),) * 2 + ("",))
        shift = bool(self._held & SHIFTS)
        if self._held & CTRLS:
            us = LAYOUTS["us"].get(code, ("", "", ""))[0]
            self._write(bytes((ord(us) & CONTROL_MASK,)) if us else b"")
            return
        if self._caps and plain.isalpha() and shifted.isalpha():
            shift = not shift
        chosen = alt_gr if self._held & ALT_GR else shifted if shift else plain
        self._write(chosen.encode())

    def _alt_code(self, number: int) -> bytes:
        if number <= 0xFF:
            return bytes((number,))
        if self._alt_unicode:
            usable = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
            return chr(number).encode() if usable else b"\x00"
        return number.to_bytes(2, "big") if number <= 0xFFFF else b"\x00"

    def _write(self, data: bytes) -> None:
        if self._shed or len(self._text) + len(data) > self._limit:
            self._shed += len(data)
        else:
            self._text += data

    def _finish(self) -> Iterator[LineRead | LineRefused]:
        text, length, broken = bytes(self._text), len(self._text) + self._shed, self._broken
        too_long = self._shed > 0
        self._text.clear()
        self._shed, self._broken, self._alt_digits = 0, False, ""
        if too_long:
            yield LineRefused(TOO_LONG, length)
        elif broken:
            yield LineRefused(NOT_TEXT, length)
        elif text:
            _, found, payload = text.partition(self._prefix) if self._prefix else (b"", b"", text)
            if self._prefix and not found:
                yield LineRefused(NOT_TEXT, length)
            else:
                yield read_payload(
                    payload, aim=self._aim, length=length, max_payload_bytes=self._max_payload_bytes
                )
