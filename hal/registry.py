"""From settings to drivers: an explicit table of kinds, to which entry points may add.

The groups `pigeonhole.locks`, `pigeonhole.scanners` and `pigeonhole.printers` name callables of the types
`LockMaker`, `ScannerMaker` and `PrinterMaker`; a name already in the table here cannot be taken over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from hal.errors import DeviceConfigError
from hal.framing.board_8a80 import MAX_BOARD_ADDRESS, MAX_LOCKS
from hal.framing.modbus_flash import MAX_FLASH_MS
from hal.framing.tspl import Media
from hal.interfaces import BoardInfo, LabelPrinter, LockBoard, Scanner
from hal.locks import board_8a80, modbus_relay
from hal.locks.feedback import Polarity, SolenoidTurn
from hal.printers import cpcl, escpos, tspl, zpl
from hal.printers.job_printer import JobPrinter, Language
from hal.scanners import serial_line
from hal.settings import BoardSettings, LineSettings, PrinterSettings, ScannerSettings
from hal.transport.byte_stream import Link
from hal.transport.device_file import DeviceFileLink
from hal.transport.line_owner import LineOwner
from hal.transport.modbus_bus import ModbusBus
from hal.transport.serial_link import SerialLink
from hal.transport.tcp_link import TcpLink

__all__ = [
    "BoardSettings",
    "Hardware",
    "LineSettings",
    "LockMaker",
    "PrinterMaker",
    "PrinterSettings",
    "ScannerMaker",
    "ScannerSettings",
    "build",
]

MIN_BAUD, MAX_BAUD = 300, 4_000_000
MAX_PRINTER_DOTS = 10_000
"""Wider than any label printer; catches millimetres or metres given as dots."""
MAX_GAP_MM = 50
"""Between labels; more is no gap but a missing label."""
MAX_ANSWER_MS = 30_000
FLOW_CONTROLS = ("xonxoff", "rtscts", "none")


class Startable(Protocol):
    """What lives in the loop between `start` and `close`; `start` does not fail for an absent port."""

    async def start(self) -> None:
        """Begin."""
        ...

    async def close(self) -> None:
        """End; may be called without `start`."""
        ...


class StartableScanner(Scanner, Startable, Protocol):
    """A scanner driver."""


class StartablePrinter(LabelPrinter, Startable, Protocol):
    """A printer driver."""


Bus = ModbusBus | LineOwner
LockMaker = Callable[[BoardSettings, LineSettings, Bus, SolenoidTurn], LockBoard]
ScannerMaker = Callable[[ScannerSettings], StartableScanner]
PrinterMaker = Callable[[PrinterSettings], StartablePrinter]

S = TypeVar("S", LineSettings, BoardSettings, ScannerSettings, PrinterSettings)
M = TypeVar("M")


@dataclass(slots=True)
class Hardware:
    """The devices of a station by the names in its configuration."""

    boards: dict[str, LockBoard] = field(default_factory=dict)
    scanners: dict[str, Scanner] = field(default_factory=dict)
    printers: dict[str, LabelPrinter] = field(default_factory=dict)
    parts: list[Startable] = field(default_factory=list)
    """Everything to start: lines, scanners, printers."""

    async def start(self) -> None:
        """Open what is there; what is missing comes up offline and keeps trying."""
        for part in self.parts:
            await part.start()

    async def close(self) -> None:
        """Close everything, also when one of them fails to."""
        await asyncio.gather(*(part.close() for part in self.parts), return_exceptions=True)


def build(
    lines: Iterable[LineSettings],
    boards: Iterable[BoardSettings],
    scanners: Iterable[ScannerSettings],
    printers: Iterable[PrinterSettings],
) -> Hardware:
    """Make all drivers; no I/O.  Raises DeviceConfigError naming the key that cannot be used."""
    hardware = Hardware()
    known_lines = _by_id("line", lines)
    known_scanners = _by_id("scanner", scanners)
    _ports_differ([*known_lines.values(), *known_scanners.values()])
    buses = {line.id: _bus(line) for line in known_lines.values()}
    hardware.parts += buses.values()
    turn = SolenoidTurn()
    taken: set[tuple[str, int]] = set()
    for board in _by_id("board", boards).values():
        if board.line not in buses:
            raise _wrong("board", board.id, "line", f"no line {board.line!r}")
        if (board.line, board.address) in taken:
            raise _wrong("board", board.id, "address", f"{board.address} is taken on line {board.line!r}")
        taken.add((board.line, board.address))
        make = _maker("board", board.id, board.kind, LOCKS, "pigeonhole.locks")
        hardware.boards[board.id] = make(board, known_lines[board.line], buses[board.line], turn)
    for scanner in known_scanners.values():
        made = _maker("scanner", scanner.id, scanner.kind, SCANNERS, "pigeonhole.scanners")(scanner)
        hardware.scanners[scanner.id] = made
        hardware.parts.append(made)
    for printer in _by_id("printer", printers).values():
        built = _maker("printer", printer.id, printer.kind, PRINTERS, "pigeonhole.printers")(printer)
        hardware.printers[printer.id] = built
        hardware.parts.append(built)
    return hardware


def _bus(line: LineSettings) -> Bus:
    _in_range("line", line.id, "baud", line.baud, MIN_BAUD, MAX_BAUD)
    if line.protocol not in BUSES:
        raise _wrong("line", line.id, "protocol", f"{line.protocol!r} is none of {', '.join(BUSES)}")
    return BUSES[line.protocol](line.port, line.baud, discard_echo=line.discard_echo)


def _modbus_relay(board: BoardSettings, line: LineSettings, bus: Bus, turn: SolenoidTurn) -> LockBoard:
    if not isinstance(bus, ModbusBus):
        raise _wrong("board", board.id, "line", f"{board.kind!r} needs a modbus-rtu line")
    info = _info(board, line, modbus_relay.MAX_ADDRESS, modbus_relay.MAX_CHANNELS)
    return modbus_relay.ModbusRelayBoard(
        info, bus, turn, pulse_ms=board.pulse_ms, polarity=Polarity(board.contact_closed_means)
    )


def _board_8a80(board: BoardSettings, line: LineSettings, bus: Bus, turn: SolenoidTurn) -> LockBoard:
    if not isinstance(bus, LineOwner):
        raise _wrong("board", board.id, "line", f"{board.kind!r} needs an 8a80 line")
    info = _info(board, line, MAX_BOARD_ADDRESS, MAX_LOCKS)
    return board_8a80.Board8A80(
        info,
        bus,
        turn,
        pulse_ms=board.pulse_ms,
        polarity=Polarity(board.contact_closed_means),
        answers_8a=board.answers_8a,
    )


def _info(board: BoardSettings, line: LineSettings, max_address: int, max_channels: int) -> BoardInfo:
    _in_range("board", board.id, "address", board.address, 1, max_address)
    _in_range("board", board.id, "channels", board.channels, 1, max_channels)
    _in_range("board", board.id, "pulse_ms", board.pulse_ms, 1, MAX_FLASH_MS)
    if board.contact_closed_means not in ("locked", "unlocked"):
        raise _wrong("board", board.id, "contact_closed_means", "is neither 'locked' nor 'unlocked'")
    return BoardInfo(board.id, board.kind, line.port, board.address, board.channels)


def _serial_line(scanner: ScannerSettings) -> StartableScanner:
    _in_range("scanner", scanner.id, "baud", scanner.baud, MIN_BAUD, MAX_BAUD)
    link = SerialLink(scanner.port, scanner.baud)
    return serial_line.SerialLineScanner(
        scanner.id, link, prefix=scanner.prefix, suffix=scanner.suffix, aim=scanner.aim
    )


def _zpl(printer: PrinterSettings) -> StartablePrinter:
    return _printer(printer, zpl.Zpl())


def _tspl(printer: PrinterSettings) -> StartablePrinter:
    _in_range("printer", printer.id, "gap_mm", printer.gap_mm, 0, MAX_GAP_MM)
    _in_range("printer", printer.id, "black_bit", printer.black_bit, 0, 1)
    media = _media(printer)
    return _printer(printer, tspl.Tspl(media=media, gap_mm=printer.gap_mm, black_bit=printer.black_bit))


def _escpos(printer: PrinterSettings) -> StartablePrinter:
    return _printer(printer, escpos.EscPos(cut=printer.cut))


def _cpcl(printer: PrinterSettings) -> StartablePrinter:
    return _printer(printer, cpcl.Cpcl(to_gap=_media(printer) is not Media.CONTINUOUS))


def _printer(printer: PrinterSettings, language: Language) -> StartablePrinter:
    _in_range("printer", printer.id, "width_dots", printer.width_dots, 1, MAX_PRINTER_DOTS)
    _in_range("printer", printer.id, "answer_ms", printer.answer_ms, 50, MAX_ANSWER_MS)
    link = _printer_link(printer)
    return JobPrinter(
        printer.id,
        link,
        language,
        width_dots=printer.width_dots,
        flow_control=isinstance(link, SerialLink) and link.xonxoff,
        answers=printer.answers,
        answer_s=printer.answer_ms / 1_000,
    )


def _media(printer: PrinterSettings) -> Media:
    try:
        return Media(printer.media)
    except ValueError as exc:
        known = ", ".join(Media)
        raise _wrong("printer", printer.id, "media", f"{printer.media!r} is none of {known}") from exc


def _printer_link(printer: PrinterSettings) -> Link:
    try:
        address = urlsplit(printer.address)
        if address.scheme == "tcp" and address.hostname and address.port:
            return TcpLink(address.hostname, address.port)
        if address.scheme == "usb" and address.path and not (address.netloc or address.query):
            return DeviceFileLink(address.path)
        if address.scheme == "serial" and address.path and not address.netloc:
            options = parse_qs(address.query, strict_parsing=True) if address.query else {}
            baud = int(options.pop("baud", ["9600"])[0])
            flow = options.pop("flow", ["xonxoff"])[0]
            if not options and MIN_BAUD <= baud <= MAX_BAUD and flow in FLOW_CONTROLS:
                return SerialLink(address.path, baud, xonxoff=flow == "xonxoff", rtscts=flow == "rtscts")
    except ValueError as exc:
        raise _wrong("printer", printer.id, "address", f"{printer.address!r}: {exc}") from exc
    raise _wrong(
        "printer",
        printer.id,
        "address",
        f"{printer.address!r} is no tcp://host:port, usb:/dev/usb/lp0 nor serial:path?baud=9600&flow=xonxoff",
    )


BUSES: dict[str, Callable[..., Bus]] = {"modbus-rtu": ModbusBus, "8a80": LineOwner}
LOCKS: dict[str, LockMaker] = {modbus_relay.KIND: _modbus_relay, board_8a80.KIND: _board_8a80}
SCANNERS: dict[str, ScannerMaker] = {serial_line.KIND: _serial_line}
PRINTERS: dict[str, PrinterMaker] = {
    zpl.KIND: _zpl,
    tspl.KIND: _tspl,
    escpos.KIND: _escpos,
    cpcl.KIND: _cpcl,
}


def _maker(section: str, name: str, kind: str, table: Mapping[str, M], group: str) -> M:
    if kind in table:
        return table[kind]
    added = {point.name: point for point in entry_points(group=group)}
    if kind not in added:
        known = ", ".join([*table, *added])
        raise _wrong(section, name, "kind", f"{kind!r} is none of {known}")
    maker: M = added[kind].load()
    return maker


def _by_id(section: str, settings: Iterable[S]) -> dict[str, S]:
    found: dict[str, S] = {}
    for one in settings:
        if one.id in found:
            raise _wrong(section, one.id, "id", "is used twice")
        found[one.id] = one
    return found


def _ports_differ(settings: Iterable[LineSettings | ScannerSettings]) -> None:
    users: dict[str, str] = {}
    for one in settings:
        section = "line" if isinstance(one, LineSettings) else "scanner"
        if one.port in users:
            raise _wrong(section, one.id, "port", f"{one.port} is also the port of {users[one.port]}")
        users[one.port] = f"{section} {one.id}"


def _in_range(section: str, name: str, key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _wrong(section, name, key, f"{value} is not in {low}..{high}")


def _wrong(section: str, name: str, key: str, detail: str) -> DeviceConfigError:
    return DeviceConfigError(f"{section} {name}", f"{key}: {detail}")
