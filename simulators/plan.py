"""What a station.toml says about hardware, read by the simulators' own eyes.

Only keys that describe wires and metal are read; everything else is left to
the service.  Relative paths are relative to the folder of the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

__all__ = [
    "BankPlan",
    "BoardPlan",
    "CabinetPlan",
    "CompartmentPlan",
    "LinePlan",
    "PlanError",
    "PrinterPlan",
    "ScannerPlan",
    "load_plan",
]

DEFAULT_BAUD: Final = 9600
USUAL_BAUD: Final = {
    "kerong-cu16": 19_200,
    "kerong-cu48": 19_200,
    "kerong-cu12": 19_200,
    "kerong-scu": 19_200,
}
"""As boards of these protocols are delivered; all others come with DEFAULT_BAUD."""
DEFAULT_PULSE_MS: Final = 500
DEFAULT_WIDTH_DOTS: Final = 608


class PlanError(ValueError):
    """The file does not describe a cabinet that can be built; the message names file and place."""


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One line: a serial port, or `tcp://host:port` of a box in front of it.  `echoes`: the host's adapter
    hears its own bytes."""

    id: str
    port: Path | str
    baud: int
    protocol: str
    echoes: bool = False


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """One lock board.  `contact_closed_means` is `locked` or `unlocked`: how its locks' feedback is wired."""

    id: str
    line: str
    kind: str
    address: int
    channels: int
    pulse_ms: int
    contact_closed_means: str
    answers_8a: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BankPlan:
    """One column of compartments."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CompartmentPlan:
    """One compartment and where its lock is wired; `channel` counts from 1."""

    id: str
    number: str
    bank: str
    size: str
    board: str
    channel: int
    floor_mm: int


@dataclass(frozen=True, slots=True)
class ScannerPlan:
    """One scanner; `prefix` and `suffix` are the bytes around each scan, `acknowledge` waits for 06 or 15."""

    id: str
    kind: str
    port: Path
    baud: int
    prefix: bytes
    suffix: bytes
    aim: bool
    acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class PrinterPlan:
    """One printer: on TCP (`host` and `tcp_port` set), or at `port` as `scheme` says, `serial` or `usb`.

    `black_bit` and `answers` tell what clone of TSC's a `tspl` printer is.
    """

    id: str
    kind: str
    width_dots: int
    host: str | None = None
    tcp_port: int = 0
    port: Path | None = None
    baud: int = DEFAULT_BAUD
    scheme: str = "tcp"
    black_bit: int = 0
    answers: bool = True


@dataclass(frozen=True, slots=True)
class CabinetPlan:
    """Everything with a wire in one station."""

    source: Path
    station_id: str
    name: str
    lines: tuple[LinePlan, ...]
    boards: tuple[BoardPlan, ...]
    banks: tuple[BankPlan, ...]
    compartments: tuple[CompartmentPlan, ...]
    scanners: tuple[ScannerPlan, ...]
    printers: tuple[PrinterPlan, ...]

    def board(self, board_id: str) -> BoardPlan:
        """The board of that id; KeyError when there is none."""
        return {each.id: each for each in self.boards}[board_id]

    def compartment(self, compartment_id: str) -> CompartmentPlan:
        """The compartment of that id; KeyError when there is none."""
        return {each.id: each for each in self.compartments}[compartment_id]

    def wiring(self, board_id: str) -> dict[int, str]:
        """Channel (from 1) to compartment id, for one board."""
        return {each.channel: each.id for each in self.compartments if each.board == board_id}


def load_plan(toml_path: str | Path) -> CabinetPlan:
    """Read the hardware part of a station.toml; PlanError says what does not fit together."""
    path = Path(toml_path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path}: {error}") from error
    folder = path.resolve().parent
    try:
        plan = _plan(path, folder, document)
    except KeyError as error:
        raise PlanError(f"{path}: the key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise PlanError(f"{path}: {error}") from error
    _check(plan)
    return plan


def _plan(path: Path, folder: Path, document: Mapping[str, Any]) -> CabinetPlan:
    station = document["station"]
    return CabinetPlan(
        source=path,
        station_id=str(station["id"]),
        name=str(station.get("name", station["id"])),
        lines=tuple(_line(each, folder) for each in document.get("line", [])),
        boards=tuple(_board(each) for each in document.get("board", [])),
        banks=tuple(BankPlan(each["id"], each.get("name", each["id"])) for each in document.get("bank", [])),
        compartments=tuple(_compartment(each) for each in document.get("compartment", [])),
        scanners=tuple(_scanner(each, folder) for each in document.get("scanner", [])),
        printers=tuple(_printer(each, folder) for each in document.get("printer", [])),
    )


def _line(item: Mapping[str, Any], folder: Path) -> LinePlan:
    return LinePlan(
        id=item["id"],
        port=item["port"] if "://" in item["port"] else folder / item["port"],
        baud=int(item.get("baud", USUAL_BAUD.get(item["protocol"], DEFAULT_BAUD))),
        protocol=item["protocol"],
        echoes=bool(item.get("discard_echo", False)),
    )


def _board(item: Mapping[str, Any]) -> BoardPlan:
    return BoardPlan(
        id=item["id"],
        line=item["line"],
        kind=item["kind"],
        address=int(item["address"]),
        channels=int(item["channels"]),
        pulse_ms=int(item.get("pulse_ms", DEFAULT_PULSE_MS)),
        contact_closed_means=item.get("contact_closed_means", "locked"),
        answers_8a=bool(item.get("answers_8a", True)),
        options=dict(item.get("options", {})),
    )


def _compartment(item: Mapping[str, Any]) -> CompartmentPlan:
    return CompartmentPlan(
        id=str(item["number"]).lower(),
        number=str(item["number"]),
        bank=item["bank"],
        size=item["size"],
        board=item["board"],
        channel=int(item["channel"]),
        floor_mm=int(item.get("floor_mm", 0)),
    )


def _scanner(item: Mapping[str, Any], folder: Path) -> ScannerPlan:
    return ScannerPlan(
        id=item["id"],
        kind=item["kind"],
        port=folder / item["port"],
        baud=int(item.get("baud", DEFAULT_BAUD)),
        prefix=_wire_bytes(item.get("prefix", "")),
        suffix=_wire_bytes(item.get("suffix", "\r")),
        aim=bool(item.get("aim", True)),
        acknowledge=bool(item.get("acknowledge", False)),
    )


def _printer(item: Mapping[str, Any], folder: Path) -> PrinterPlan:
    width_dots = int(item.get("width_dots", DEFAULT_WIDTH_DOTS))
    plan = PrinterPlan(
        item["id"],
        item["kind"],
        width_dots,
        black_bit=int(item.get("black_bit", 0)),
        answers=bool(item.get("answers", True)),
    )
    scheme, _, rest = str(item["address"]).partition(":")
    if scheme == "tcp":
        url = urlsplit(item["address"])
        if url.hostname is None or url.port is None:
            raise ValueError(f"printer {item['id']!r}: {item['address']!r} needs a host and a port")
        return replace(plan, host=url.hostname, tcp_port=url.port)
    if scheme not in ("serial", "usb"):
        raise ValueError(f"printer {item['id']!r}: {item['address']!r} is neither tcp://, serial: nor usb:")
    port, _, query = rest.partition("?")
    baud = int(parse_qs(query).get("baud", [str(DEFAULT_BAUD)])[0])
    return replace(plan, scheme=scheme, port=folder / port, baud=baud)


def _wire_bytes(text: str) -> bytes:
    r"""A prefix or suffix as bytes; `\xNN` written out in the file is one byte."""
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def _check(plan: CabinetPlan) -> None:
    for kind, ids in (
        ("line", [each.id for each in plan.lines]),
        ("board", [each.id for each in plan.boards]),
        ("compartment", [each.id for each in plan.compartments]),
        ("scanner", [each.id for each in plan.scanners]),
        ("printer", [each.id for each in plan.printers]),
    ):
        twice = {each for each in ids if ids.count(each) > 1}
        if twice:
            raise PlanError(f"{plan.source}: {kind} {sorted(twice)[0]!r} is there twice")
    boards = {each.id: each for each in plan.boards}
    for board in plan.boards:
        if board.line not in {each.id for each in plan.lines}:
            raise PlanError(
                f"{plan.source}: board {board.id!r} is on line {board.line!r}, which is not there"
            )
        if board.contact_closed_means not in ("locked", "unlocked"):
            raise PlanError(f"{plan.source}: board {board.id!r}: contact_closed_means is locked or unlocked")
    wired: set[tuple[str, int]] = set()
    for each in plan.compartments:
        if each.board not in boards:
            raise PlanError(f"{plan.source}: {each.number} is on board {each.board!r}, which is not there")
        if not 1 <= each.channel <= boards[each.board].channels:
            raise PlanError(
                f"{plan.source}: {each.number}: board {each.board!r} has no channel {each.channel}"
            )
        if (each.board, each.channel) in wired:
            raise PlanError(f"{plan.source}: board {each.board!r} channel {each.channel} is wired twice")
        wired.add((each.board, each.channel))
