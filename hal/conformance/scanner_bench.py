"""A scanner at its driver, and what a case may do around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hal.conformance.cases import CaseFailed, expect
from hal.conformance.control import Control, ControlFailed, poll, soon
from hal.interfaces import HostDrivenScanner, RefusedScan, Scanner, ScanRead, TraceLine

__all__ = ["ScannerBench", "ScannerTraits"]

WAIT_S = 15.0
HANDS_S = 60.0
"""For a person to find a symbol and hold it before the scanner."""


@dataclass(frozen=True, slots=True)
class ScannerTraits:
    """What a family can do.

    `checked`: its scans carry a check; `acknowledged`: scans are acknowledged, and what is not is sent again;
    `commands`: it takes commands, None when nobody said; `asks_again`: its commands too are sent again.
    """

    checked: bool = False
    acknowledged: bool = False
    commands: bool | None = None
    asks_again: bool = False


@dataclass(slots=True)
class ScannerBench:
    """`text` is what the operator holds before a real scanner; `tell` asks for it."""

    scanner: Scanner
    control: Control | None = None
    traits: ScannerTraits = ScannerTraits()
    text: str = ""
    tell: Callable[[str], None] = lambda text: None

    def trace(self) -> tuple[TraceLine, ...]:
        """The last bytes of its link."""
        return self.scanner.trace.lines()

    @property
    def driven(self) -> HostDrivenScanner | None:
        """The scanner, where it takes commands."""
        return self.scanner if isinstance(self.scanner, HostDrivenScanner) else None

    async def do(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        """One request to the simulator."""
        if self.control is None:
            raise CaseFailed("there is no simulator")
        return await self.control.do(what, **arguments)

    async def hold(self, data: str | bytes, identifier: str = "C0") -> None:
        """Hold a symbol before the simulated scanner; returns when it has sent it."""
        given = {"text": data} if isinstance(data, str) else {"hex_bytes": data.hex()}
        await self.do("scan", scanner=self.scanner.id, identifier=identifier, **given)

    async def hold_quietly(self, text: str) -> None:
        """The same, and nothing when the scanner is not plugged in."""
        with contextlib.suppress(ControlFailed):
            await self.hold(text)

    async def inject(self, fault: str, **params: float | bool) -> None:
        """Put a fault on the scanner."""
        await self.do("inject", fault=fault, target=self.scanner.id, params=params)

    async def clear(self, fault: str) -> None:
        """End a fault of the scanner."""
        await self.do("clear", fault=fault, target=self.scanner.id)

    async def ready(self) -> None:
        """The port is open, and a simulated scanner set up by its driver where its family wants that."""

        async def is_ready() -> bool:
            if not self.scanner.online:
                return False
            return self.control is None or bool(
                (await self.do("scanner", scanner=self.scanner.id)).get("set_up", True)
            )

        await poll(is_ready, WAIT_S, "the scanner is online and set up")

    async def take(self, within_s: float = WAIT_S) -> ScanRead | RefusedScan:
        """The next scan.  Raises TimeoutError."""
        try:
            async with asyncio.timeout(within_s):
                async for scan in self.scanner.scans():
                    return scan
        except TimeoutError as error:
            raise TimeoutError(f"no scan within {within_s:g} s") from error
        raise CaseFailed("the scans ended")

    async def read(self) -> ScanRead:
        """The next scan, which must be one that reads."""
        scan = await self.take()
        if isinstance(scan, RefusedScan):
            raise CaseFailed(f"refused: {scan.reason}, {scan.length} bytes")
        return scan

    async def reads(self, text: str, identifier: str) -> None:
        """The next scan is this one."""
        scan = await self.read()
        got, wanted = f"]{scan.identifier} {scan.text[:60]!r}", f"]{identifier} {text[:60]!r}"
        expect((scan.text, scan.identifier) == (text, identifier), f"{got} for {wanted}")

    async def reads_until(self, last: str) -> list[str]:
        """Hold `last` before it until it is read: the texts that came until then, refusals left out."""
        texts: list[str] = []
        limit = soon(WAIT_S)
        while last not in texts:
            expect(soon(0) < limit, f"{last!r} is not read; only {texts}")
            holding = asyncio.create_task(self.hold_quietly(last))
            with contextlib.suppress(TimeoutError):
                found = await self.take(within_s=1.0)
                if isinstance(found, ScanRead):
                    texts.append(found.text)
                else:
                    expect(found.reason in ("not-text", "too-long"), f"refused: {found.reason}")
            await holding
        return texts
