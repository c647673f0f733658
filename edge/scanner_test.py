"""`pigeonhole scanner test`: one scanner by its port, without a station.

Exit codes: 0 something was scanned, 1 nothing was or the scanner cannot do what was asked, 2 wrong settings.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from typing import Final, TextIO

import msgspec

from edge.config import ConfigError, wire_bytes
from hal.errors import DeviceConfigError
from hal.framing.aim import describe
from hal.interfaces import (
    CommandResult,
    HostDrivenScanner,
    RefusedScan,
    Scanner,
    ScannerVerb,
    ScanRead,
    TraceLine,
)
from hal.registry import ScannerSettings, build
from hal.scanners.repeats import Repeats

__all__ = ["Seen", "Summary", "run", "settings_of"]

OPEN_S: Final = 3.0
"""A port that is there is open at once; a simulator may just be starting."""
COMMAND_S: Final = 2.0
NAME: Final = "scanner"
EXIT_NOTHING: Final = 1
EXIT_SETTINGS: Final = 2


class Seen(msgspec.Struct, frozen=True):
    """One scan.

    `hex` is the text in UTF-8, `wire` what came over the wire (the first 256 bytes of each burst).
    `latency_ms` is from the trigger where there was one, else from the first byte, to the whole scan.
    """

    number: int
    identifier: str
    symbology: str
    text: str
    hex: str
    wire: str
    latency_ms: float
    repeat: bool = False
    refused: str = ""
    length: int = 0


class Summary(msgspec.Struct, frozen=True):
    """The last line with --json."""

    kind: str
    port: str
    online: bool
    says: str | None
    verbs: list[str]
    scans: int
    repeats: int
    refused: int
    dropped: int


def run(args: argparse.Namespace) -> int:
    """Carry the command out and return its exit code."""
    try:
        settings = settings_of(args.kind, args.port, args.baud, args.set)
        hardware = build([], [], [settings], [])
    except (ConfigError, DeviceConfigError) as error:
        print(f"pigeonhole: {error}", file=sys.stderr)
        return EXIT_SETTINGS

    async def main() -> int:
        await hardware.start()
        try:
            return await _Test(hardware.scanners[NAME], settings, args, sys.stdout).run()
        finally:
            await hardware.close()

    return asyncio.run(main())


def settings_of(kind: str, port: str, baud: int, pairs: Sequence[str]) -> ScannerSettings:
    """The settings of the command line; ConfigError names the key that is none or holds no such value."""
    known = {field.name: field for field in fields(ScannerSettings)}
    given: dict[str, object] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or key not in known or known[key].default is MISSING:
            raise ConfigError(f"--set {pair}: no such key")
        default = known[key].default
        try:
            given[key] = (
                wire_bytes(text)
                if isinstance(default, bytes)
                else msgspec.convert(text, type(default), strict=False)
            )
        except (ValueError, msgspec.ValidationError) as error:
            raise ConfigError(f"--set {pair}: {error}") from error
    return ScannerSettings(NAME, kind, port, **{"baud": baud, **given})  # type: ignore[arg-type]  # converted


class _Test:
    """One run of the test."""

    def __init__(
        self, scanner: Scanner, settings: ScannerSettings, args: argparse.Namespace, out: TextIO
    ) -> None:
        self._scanner = scanner
        self._settings = settings
        self._args = args
        self._out = out
        self._says: str | None = None
        self._seen: list[Seen] = []
        self._since_s = 0.0
        self._triggered_s: float | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        opened = await self._online(loop.time() + OPEN_S)
        able = opened and await self._greet()
        if able:
            # Ctrl-C cancels: an end like the others, with a summary.
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(self._args.seconds):
                    await self._listen()
        self._summarise()
        return 0 if able and any(not each.refused for each in self._seen) else EXIT_NOTHING

    async def _online(self, deadline: float) -> bool:
        while not self._scanner.online:
            if asyncio.get_running_loop().time() > deadline:
                self._tell(f"{self._settings.port}: not there, or held by another process")
                return False
            await asyncio.sleep(0.05)
        return True

    async def _greet(self) -> bool:
        """Say what the scanner is and can; False when it cannot do what is asked of it."""
        scanner = self._scanner
        driven = isinstance(scanner, HostDrivenScanner)
        if isinstance(scanner, HostDrivenScanner):
            self._tell(f"commands: {', '.join(sorted(verb.value for verb in scanner.verbs))}")
            if ScannerVerb.PROBE in scanner.verbs:
                self._says = await scanner.probe(_soon())
                self._tell(f"says: {self._says}" if self._says is not None else "does not answer")
            if self._args.beep:
                self._tell(f"beep: {(await scanner.beep(_soon())).value}")
        if (self._args.trigger or self._args.beep) and not driven:
            self._tell(f"{self._settings.kind} takes no commands")
            return False
        self._tell("hold symbols before the scanner; Ctrl-C ends")
        self._since_s = asyncio.get_running_loop().time()
        return await self._trigger()

    async def _trigger(self) -> bool:
        scanner = self._scanner
        if not self._args.trigger or not isinstance(scanner, HostDrivenScanner):
            return True
        self._triggered_s = self._since_s = asyncio.get_running_loop().time()
        result = await scanner.trigger(_soon())
        if result not in (CommandResult.DONE, CommandResult.SENT):
            self._tell(f"trigger: {result.value}")
        return result is not CommandResult.UNSUPPORTED

    async def _listen(self) -> None:
        repeats = Repeats(self._settings.repeat_window_ms / 1000)
        async for scan in self._scanner.scans():
            self._note(scan, isinstance(scan, ScanRead) and repeats.again(scan))
            self._since_s = scan.at_s
            if len(self._seen) == self._args.count:
                return
            await self._trigger()

    def _note(self, scan: ScanRead | RefusedScan, repeat: bool) -> None:
        bursts = list(self._heard(scan.at_s))
        began_s = self._triggered_s or (bursts[0].at_s if bursts else scan.at_s)
        wire = b"".join(burst.data for burst in bursts).hex(" ")
        latency_ms = round((scan.at_s - began_s) * 1000, 1)
        number = len(self._seen) + 1
        if isinstance(scan, ScanRead):
            hex_text = scan.text.encode().hex(" ")
            symbology = describe(scan.identifier)
            seen = Seen(number, scan.identifier, symbology, scan.text, hex_text, wire, latency_ms, repeat)
        else:
            seen = Seen(number, "", "", "", "", wire, latency_ms, refused=scan.reason, length=scan.length)
        self._seen.append(seen)
        if self._args.json:
            print(msgspec.json.encode(seen).decode(), file=self._out, flush=True)
        else:
            print(_row(seen), file=self._out, flush=True)

    def _heard(self, until_s: float) -> Iterator[TraceLine]:
        for line in self._scanner.trace.lines():
            if line.direction == "<" and self._since_s < line.at_s <= until_s:
                yield line

    def _summarise(self) -> None:
        scanner = self._scanner
        verbs = scanner.verbs if isinstance(scanner, HostDrivenScanner) else frozenset()
        summary = Summary(
            kind=self._settings.kind,
            port=self._settings.port,
            online=scanner.online,
            says=self._says,
            verbs=sorted(verb.value for verb in verbs),
            scans=sum(not each.refused for each in self._seen),
            repeats=sum(each.repeat for each in self._seen),
            refused=sum(bool(each.refused) for each in self._seen),
            dropped=scanner.dropped,
        )
        if self._args.json:
            print(msgspec.json.encode(summary).decode(), file=self._out, flush=True)
        else:
            self._tell(f"{summary.scans} scans ({summary.repeats} repeats), {summary.refused} refused")

    def _tell(self, text: str) -> None:
        """For people: on stdout, or beside the JSON."""
        print(text, file=sys.stderr if self._args.json else self._out, flush=True)


def _soon() -> float:
    return asyncio.get_running_loop().time() + COMMAND_S


def _row(seen: Seen) -> str:
    if seen.refused:
        return f"{seen.number:4}  refused: {seen.refused}, {seen.length} bytes: {seen.wire[:96]}"
    mark = f"]{seen.identifier} {seen.symbology}" if seen.identifier else "no identifier"
    again = "  (repeat)" if seen.repeat else ""
    text = seen.text.replace("\x1d", "␝")
    return f"{seen.number:4}  {mark}  {text}  [{seen.hex}]  {seen.latency_ms:.1f} ms{again}"
