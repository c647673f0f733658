"""Questions to scanners and printers on a port where no lock board answered: what are you?

Each asks for a name, a state or a sign of life and sets nothing.  What another device makes of it is in
`harmless`; lock boards of every simulated family hear all of it in a test, and open nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from hal.framing import cpcl, escpos, gm65, honeywell, newland, ssi, tspl, zpl
from hal.transport.byte_stream import Link, LinkLost, SendFailed

__all__ = ["DEVICE_PROBES", "DeviceProbe", "ask_device"]

ANSWER_S = 0.4
"""Scanners answer within some 50 ms, printers within 200."""
MAX_ANSWER_BYTES = 512


@dataclass(frozen=True, slots=True)
class DeviceProbe:
    """`section` and `kind` as in station.toml.  `says(heard)` is what the device says of itself, None when
    this is no answer of its kind."""

    section: str
    kind: str
    ask: bytes
    says: Callable[[bytes], str | None]
    harmless: str


def _ssi(heard: bytes) -> str | None:
    """REPLY_REVISION with a right checksum."""
    for start in range(len(heard)):
        length = heard[start]
        body, check = heard[start : start + length], heard[start + length : start + length + 2]
        total = sum(body) + int.from_bytes(check, "big")
        if length >= 4 and len(check) == 2 and body[1] == ssi.Opcode.REPLY_REVISION and total % 65536 == 0:
            return body[4:].decode("ascii", "replace").strip() or "an SSI decoder"
    return None


def _match(pattern: bytes, name: str = "") -> Callable[[bytes], str | None]:
    def says(heard: bytes) -> str | None:
        found = re.search(pattern, heard, re.DOTALL)
        if found is None:
            return None
        return name or found[1].decode("ascii", "replace").strip()

    return says


def _escpos(heard: bytes) -> str | None:
    """One byte in which the fixed bits are as the family has them."""
    right = len(heard) == 1 and heard[0] & 0x93 == 0x12
    return "answers real-time status" if right else None


DEVICE_PROBES: tuple[DeviceProbe, ...] = (
    DeviceProbe(
        "scanner",
        "ssi",
        ssi.encode(ssi.Opcode.REQUEST_REVISION),
        _ssi,
        "five bytes with a checksum of their own; others drop them as noise",
    ),
    DeviceProbe(
        "scanner",
        "honeywell",
        honeywell.encode_query("TRGMOD"),
        _match(rb"(TRGMOD[^\x06]{0,8})\x06"),
        "a menu query, which others do not know",
    ),
    DeviceProbe(
        "scanner",
        "newland",
        newland.encode("SCNMOD*"),
        _match(rb"\x02\x010000.(SCNMOD[^\x06]{0,8})\x06;\x03"),
        "the star asks for the present value",
    ),
    DeviceProbe(
        "scanner",
        "gm65",
        gm65.encode_heartbeat(),
        _match(rb"\x03\x00\x00\x01\x00\x33\x31", "alive"),
        "a heartbeat, which writes nothing",
    ),
    DeviceProbe(
        "printer",
        "escpos",
        escpos.ASK_REAL_TIME[0],
        _escpos,
        "DLE EOT is answered at once and never printed; ZPL and TSPL printers skip control characters",
    ),
    DeviceProbe(
        "printer",
        "tspl",
        tspl.ASK_MODEL,
        _match(rb"([ -~]{3,40})\r\n?"),
        "an immediate command; a ZPL printer takes ~ ! for an unknown one",
    ),
    DeviceProbe(
        "printer",
        "zpl",
        zpl.ASK_IDENTITY,
        _match(rb"\x02([^\x03]{3,80})\x03"),
        "an immediate command; asked after ESC/POS printers, which would print three letters",
    ),
    DeviceProbe(
        "printer",
        "cpcl",
        cpcl.ASK_IDENTITY,
        _match(rb"([ -~]{3,40})\x00?"),
        "two bytes for the printer's name, last of all",
    ),
)
"""In the order of asking."""


async def ask_device(link: Link, probe: DeviceProbe) -> str | None:
    """What the device at `link` says to one question; None without an answer of this kind, or without a
    link."""
    loop = asyncio.get_running_loop()
    heard = b""
    try:
        async with link.connect(loop.time() + 1.0) as stream:
            await stream.write(probe.ask, loop.time() + 1.0)
            until = loop.time() + ANSWER_S
            while len(heard) < MAX_ANSWER_BYTES:
                heard += await stream.read(until)
    except TimeoutError:
        return probe.says(heard)
    except (LinkLost, SendFailed):
        return None
    return probe.says(heard)
