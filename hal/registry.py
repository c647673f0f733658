"""From settings to drivers: an explicit table of kinds, to which entry points may add.

The groups `pigeonhole.locks`, `pigeonhole.scanners`, `pigeonhole.printers` and `pigeonhole.cameras` name
callables of the types `LockMaker`, `ScannerMaker`, `PrinterMaker` and `CameraMaker`; a name already in the
table here cannot be taken over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import parse_qs, urlsplit

from hal.cameras import urls
from hal.errors import DeviceConfigError
from hal.framing.tspl import Media
from hal.interfaces import Camera, LabelPrinter, LockBoard, Scanner
from hal.locks import (
    board_5a5a,
    board_8a80,
    kerong_12,
    kerong_16,
    kerong_48,
    kerong_scu,
    modbus_lctech,
    modbus_relay,
    modbus_stm8,
    winnsen,
    wkly,
    yt_text,
)
from hal.locks.feedback import SolenoidTurn
from hal.printers import cpcl, escpos, tspl, zpl
from hal.printers.job_printer import JobPrinter, Language
from hal.scanners import cipherlab, gm65, hid_pos, honeywell, keyboard_wedge, newland, serial_line, ssi
from hal.settings import BoardSettings, CameraSettings, LineSettings, PrinterSettings, ScannerSettings
from hal.transport.byte_stream import Link
from hal.transport.device_file import DeviceFileLink
from hal.transport.line_owner import LineOwner
from hal.transport.serial_link import SerialLink
from hal.transport.tcp_link import TcpLink

__all__ = [
    "BoardSettings",
    "CameraMaker",
    "CameraSettings",
    "Hardware",
    "LineSettings",
    "LockMaker",
    "PrinterMaker",
    "PrinterSettings",
    "ScannerMaker",
    "ScannerSettings",
    "StartableCamera",
    "build",
    "build_camera",
]

MIN_BAUD, MAX_BAUD = 300, 4_000_000
DEFAULT_BAUD = 9600
MAX_PRINTER_DOTS = 10_000
"""Wider than any label printer; catches millimetres or metres given as dots."""
MAX_GAP_MM = 50
"""Between labels; more is no gap but a missing label."""
MAX_ANSWER_MS = 30_000
FLOW_CONTROLS = ("xonxoff", "rtscts", "none")


@runtime_checkable
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


class StartableCamera(Camera, Startable, Protocol):
    """A camera driver."""


class StartablePrinter(LabelPrinter, Startable, Protocol):
    """A printer driver."""


LockMaker = Callable[[BoardSettings, LineSettings, LineOwner, SolenoidTurn], LockBoard]
ScannerMaker = Callable[[ScannerSettings], StartableScanner]
PrinterMaker = Callable[[PrinterSettings], StartablePrinter]
CameraMaker = Callable[[CameraSettings], StartableCamera]


@dataclass(frozen=True, slots=True)
class LockKind:
    """A kind of lock board: who makes it, and what its line must speak."""

    make: LockMaker
    protocol: str
    answers_8a: bool = False
    """The setting `answers_8a` is for it."""


S = TypeVar("S", LineSettings, BoardSettings, ScannerSettings, PrinterSettings, CameraSettings)
M = TypeVar("M")


@dataclass(slots=True)
class Hardware:
    """The devices of a station by the names in its configuration."""

    boards: dict[str, LockBoard] = field(default_factory=dict)
    scanners: dict[str, Scanner] = field(default_factory=dict)
    printers: dict[str, LabelPrinter] = field(default_factory=dict)
    cameras: dict[str, Camera] = field(default_factory=dict)
    lines: dict[str, LineOwner] = field(default_factory=dict)
    """The lines the lock boards hang on, for their counters; nobody but the boards speaks on them."""
    parts: list[Startable] = field(default_factory=list)
    """Everything to start: lines, scanners, printers, cameras."""
    boards_to_start: list[Startable] = field(default_factory=list)
    """Boards with work of their own: started after their lines, closed before them."""

    async def start(self) -> None:
        """Open what is there; what is missing comes up offline and keeps trying."""
        for part in [*self.parts, *self.boards_to_start]:
            await part.start()

    async def close(self) -> None:
        """Close everything, also when one of them fails to."""
        await asyncio.gather(*(board.close() for board in self.boards_to_start), return_exceptions=True)
        await asyncio.gather(*(part.close() for part in self.parts), return_exceptions=True)


def build(
    lines: Iterable[LineSettings],
    boards: Iterable[BoardSettings],
    scanners: Iterable[ScannerSettings],
    printers: Iterable[PrinterSettings],
    cameras: Iterable[CameraSettings] = (),
) -> Hardware:
    """Make all drivers; no I/O.  Raises DeviceConfigError naming the key that cannot be used."""
    hardware = Hardware()
    known_lines = _by_id("line", lines)
    known_scanners = _by_id("scanner", scanners)
    _ports_differ([*known_lines.values(), *known_scanners.values()])
    plugged_in = [point.name for point in entry_points(group="pigeonhole.locks")]
    protocols = {**dict.fromkeys(plugged_in), **USUAL_BAUD}
    owners = {line.id: _owner(line, protocols) for line in known_lines.values()}
    hardware.lines.update(owners)
    hardware.parts += owners.values()
    turn = SolenoidTurn()
    taken: set[tuple[str, int]] = set()
    for board in _by_id("board", boards).values():
        if board.line not in owners:
            raise _wrong("board", board.id, "line", f"no line {board.line!r}")
        if (board.line, board.address) in taken:
            raise _wrong("board", board.id, "address", f"{board.address} is taken on line {board.line!r}")
        taken.add((board.line, board.address))
        line = known_lines[board.line]
        lock_board = _lock_maker(board, line)(board, line, owners[board.line], turn)
        hardware.boards[board.id] = lock_board
        if isinstance(lock_board, Startable):
            hardware.boards_to_start.append(lock_board)
    for scanner in known_scanners.values():
        made = _maker("scanner", scanner.id, scanner.kind, SCANNERS, "pigeonhole.scanners")(scanner)
        hardware.scanners[scanner.id] = made
        hardware.parts.append(made)
    for printer in _by_id("printer", printers).values():
        built = _maker("printer", printer.id, printer.kind, PRINTERS, "pigeonhole.printers")(printer)
        hardware.printers[printer.id] = built
        hardware.parts.append(built)
    for camera in _by_id("camera", cameras).values():
        seeing = build_camera(camera)
        hardware.cameras[camera.id] = seeing
        hardware.parts.append(seeing)
    return hardware


def build_camera(camera: CameraSettings) -> StartableCamera:
    """One camera by itself; no I/O.  Raises DeviceConfigError naming what of its URL cannot be used."""
    kind = camera.url.partition(":")[0]
    if kind == camera.url:
        raise _wrong("camera", camera.id, "url", f"{camera.url!r} has no kind before a colon")
    return _maker("camera", camera.id, kind, CAMERAS, "pigeonhole.cameras", key="url")(camera)


def _owner(line: LineSettings, protocols: Mapping[str, int | None]) -> LineOwner:
    """The line's owner; `protocols` are those of our kinds and, by their kind's name, of kinds plugged in."""
    if line.protocol not in protocols:
        raise _wrong("line", line.id, "protocol", f"{line.protocol!r} is none of {', '.join(protocols)}")
    baud = line.baud if line.baud is not None else protocols[line.protocol] or DEFAULT_BAUD
    _in_range("line", line.id, "baud", baud, MIN_BAUD, MAX_BAUD)
    try:
        return LineOwner(line.port, baud, discard_echo=line.discard_echo)
    except ValueError as exc:
        raise _wrong("line", line.id, "port", str(exc)) from exc


def _lock_maker(board: BoardSettings, line: LineSettings) -> LockMaker:
    """The maker of the board's kind; a kind of this package must be on a line that speaks its protocol."""
    kind = LOCKS.get(board.kind)
    if kind is not None and kind.protocol != line.protocol:
        raise _wrong("board", board.id, "line", f"{board.kind!r} needs a line of protocol {kind.protocol!r}")
    if (kind is None or not kind.answers_8a) and not board.answers_8a:
        raise _wrong("board", board.id, "answers_8a", f"is not for {board.kind!r}")
    makers = {name: each.make for name, each in LOCKS.items()}
    return _maker("board", board.id, board.kind, makers, "pigeonhole.locks")


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


LOCKS: dict[str, LockKind] = {
    modbus_relay.KIND: LockKind(modbus_relay.make, "modbus-rtu"),
    modbus_lctech.KIND: LockKind(modbus_lctech.make, "modbus-rtu"),
    modbus_stm8.KIND: LockKind(modbus_stm8.make, "modbus-rtu"),
    board_8a80.KIND: LockKind(board_8a80.make, "8a80", answers_8a=True),
    kerong_16.KIND: LockKind(kerong_16.make, "kerong-cu16"),
    kerong_48.KIND: LockKind(kerong_48.make, "kerong-cu48"),
    kerong_48.KIND_60: LockKind(kerong_48.make_60, "kerong-cu48"),
    kerong_12.KIND: LockKind(kerong_12.make, "kerong-cu12"),
    kerong_scu.KIND: LockKind(kerong_scu.make, "kerong-scu"),
    winnsen.KIND: LockKind(winnsen.make, "winnsen"),
    wkly.KIND: LockKind(wkly.make, "wkly"),
    board_5a5a.KIND: LockKind(board_5a5a.make, "5a5a"),
    yt_text.KIND: LockKind(yt_text.make, "yt-text"),
}
USUAL_BAUD: dict[str, int] = {
    "modbus-rtu": 9600,
    "8a80": 9600,
    "kerong-cu16": 19_200,
    "kerong-cu48": 19_200,
    "kerong-cu12": 19_200,
    "kerong-scu": 19_200,
    "winnsen": 9600,
    "wkly": 9600,
    "5a5a": 9600,
    "yt-text": 9600,
}
"""What lines can speak, and as how fast their boards are sold.  The boards of a line share one protocol."""
SCANNERS: dict[str, ScannerMaker] = {
    serial_line.KIND: serial_line.make,
    ssi.KIND: ssi.make,
    honeywell.KIND: honeywell.make,
    newland.KIND: newland.make,
    cipherlab.KIND: cipherlab.make,
    gm65.KIND: gm65.make,
    keyboard_wedge.KIND: keyboard_wedge.make,
    hid_pos.KIND: hid_pos.make,
}
PRINTERS: dict[str, PrinterMaker] = {
    zpl.KIND: _zpl,
    tspl.KIND: _tspl,
    escpos.KIND: _escpos,
    cpcl.KIND: _cpcl,
}
CAMERAS: Mapping[str, CameraMaker] = urls.MAKERS


def _maker(section: str, name: str, kind: str, table: Mapping[str, M], group: str, key: str = "kind") -> M:
    if kind in table:
        return table[kind]
    added = {point.name: point for point in entry_points(group=group)}
    if kind not in added:
        known = ", ".join([*table, *added])
        raise _wrong(section, name, key, f"{kind!r} is none of {known}")
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
