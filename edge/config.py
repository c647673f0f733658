"""station.toml → frozen objects.

Every key is known and every reference resolves, or `ConfigError` names the
file, the section and the key.  Relative paths are relative to the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from edge.core.model import Compartment, Layout, Role, Rules, Size, Staff
from edge.shell.pins import valid_hash
from hal.registry import BoardSettings, LineSettings, PrinterSettings, ScannerSettings

__all__ = [
    "Config",
    "ConfigError",
    "KioskSection",
    "MqttSection",
    "PathsSection",
    "StationSection",
    "load_config",
]

MAX_COMPARTMENTS = 500
"""The largest cabinets on the market have some 300; the bound keeps one start's record below 64 KiB."""

ID = r"^[a-z0-9-]{1,36}$"


class ConfigError(Exception):
    """What is wrong, naming file, section and key."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are errors."""


class StationSection(_Section, frozen=True):
    """[station]: who this station is; `name`, `address` and `phone` are shown to people."""

    id: str
    tenant: str
    name: str
    address: str
    phone: str


class PathsSection(_Section, frozen=True):
    """[paths]: `data` holds the journal, `pepper` the 32 secret bytes as hex; both are made when missing."""

    data: Path
    pepper: Path


class KioskSection(_Section, frozen=True):
    """[kiosk]: where the touch screen's browser finds the page."""

    host: str = "127.0.0.1"
    port: int = 8080


class MqttSection(_Section, frozen=True):
    """[mqtt]: the broker.  `protocol` is auto (5, else 3.1.1), 5 or 3.1.1; back-off limits in seconds."""

    host: str = "127.0.0.1"
    port: int = 1883
    protocol: str = "auto"
    username: str | None = None
    password: str | None = None
    backoff_min_s: float = 1.0
    backoff_max_s: float = 120.0


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _Line(_Section, frozen=True):
    id: str
    port: str
    protocol: str
    baud: int = 9600
    discard_echo: bool = False


class _Board(_Section, frozen=True):
    id: str
    line: str
    kind: str
    address: int
    channels: int
    pulse_ms: int = 500
    contact_closed_means: str = "locked"
    answers_8a: bool = True


class _Bank(_Section, frozen=True):
    id: str
    name: str = ""


class _Compartment(_Section, frozen=True):
    number: str
    bank: str
    size: Size
    board: str
    channel: int
    floor_mm: int = 0


class _Scanner(_Section, frozen=True):
    id: str
    kind: str
    port: str
    baud: int = 9600
    prefix: str = ""
    suffix: str = "\r"
    aim: bool = True


class _Printer(_Section, frozen=True):
    id: str
    kind: str
    address: str
    width_dots: int = 608


class _Staff(_Section, frozen=True):
    id: str
    name: str
    role: Role
    carrier: str
    pin_scrypt: str


class _File(_Section, frozen=True):
    station: StationSection
    paths: PathsSection
    kiosk: KioskSection = KioskSection()
    mqtt: MqttSection = MqttSection()
    rules: dict[str, Any] = {}
    line: list[_Line] = []
    board: list[_Board] = []
    bank: list[_Bank] = []
    compartment: list[_Compartment] = []
    scanner: list[_Scanner] = []
    printer: list[_Printer] = []
    staff: list[_Staff] = []


class Config(msgspec.Struct, frozen=True):
    """Everything a station is told; paths are absolute."""

    source: Path
    station: StationSection
    paths: PathsSection
    kiosk: KioskSection
    mqtt: MqttSection
    rules: Rules
    layout: Layout
    staff: dict[str, Staff]
    lines: list[LineSettings]
    boards: list[BoardSettings]
    scanners: list[ScannerSettings]
    printers: list[PrinterSettings]


def load_config(path: Path) -> Config:
    """Read and check `path`.  Raises ConfigError."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8") from error
    parsed = _convert(path, table, _File, "")
    rules = _convert(path, parsed.rules, _StrictRules, "rules")
    return _Checked(path, parsed).config(rules)


class _StrictRules(Rules, frozen=True, forbid_unknown_fields=True):
    """[rules] with unknown keys refused."""


def _convert(path: Path, table: object, kind: type[Any], section: str) -> Any:
    try:
        return msgspec.convert(table, kind, dec_hook=_dec_hook)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_where(str(error), section)}") from error


def _dec_hook(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"{kind.__name__} expected")


def _where(message: str, section: str) -> str:
    """msgspec's `… - at $.board[0].kind` as `[[board]] number 1, key kind: …`."""
    text, _, at = message.partition(" - at `")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", text)
    if unknown:
        text = f"unknown key {unknown[1]!r}"
    missing = re.fullmatch(r"Object missing required field `(.*)`", text)
    if missing:
        text = f"missing key {missing[1]!r}"
    parts = re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\[\.\.\.\]", at.rstrip("`"))
    names = [name for name, _ in parts if name]
    number = next((int(index) + 1 for _, index in parts if index), None)
    if section:
        names.insert(0, section)
    if not names:
        return text
    head = f"[[{names[0]}]] number {number}" if number is not None else f"[{names[0]}]"
    key = f", key {names[1]!r}" if len(names) > 1 else ""
    return f"{head}{key}: {text}"


class _Checked:
    """Cross-checks of a parsed file."""

    def __init__(self, path: Path, file: _File) -> None:
        self._path = path
        self._file = file

    def config(self, rules: Rules) -> Config:
        file = self._file
        self._ids()
        self._boards()
        self._scanner_bytes()
        layout = self._layout()
        self._rules(rules)
        if not file.station.phone.strip():
            self._fail("[station]", "phone", "a station must show a help line")
        return Config(
            source=self._path,
            station=file.station,
            paths=PathsSection(self._absolute(file.paths.data), self._absolute(file.paths.pepper)),
            kiosk=file.kiosk,
            mqtt=self._mqtt(file.mqtt),
            rules=rules,
            layout=layout,
            staff=self._staff(),
            lines=[
                LineSettings(
                    id=line.id,
                    port=self._port(line.port),
                    protocol=line.protocol,
                    baud=line.baud,
                    discard_echo=line.discard_echo,
                )
                for line in file.line
            ],
            boards=[
                BoardSettings(
                    id=b.id,
                    line=b.line,
                    kind=b.kind,
                    address=b.address,
                    channels=b.channels,
                    pulse_ms=b.pulse_ms,
                    contact_closed_means=b.contact_closed_means,
                    answers_8a=b.answers_8a,
                )
                for b in file.board
            ],
            scanners=[
                ScannerSettings(
                    id=s.id,
                    kind=s.kind,
                    port=self._port(s.port),
                    baud=s.baud,
                    prefix=s.prefix.encode("latin-1"),
                    suffix=s.suffix.encode("latin-1"),
                    aim=s.aim,
                )
                for s in file.scanner
            ],
            printers=[
                PrinterSettings(
                    id=p.id, kind=p.kind, address=self._address(p.address), width_dots=p.width_dots
                )
                for p in file.printer
            ],
        )

    def _fail(self, section: str, key: str, reason: str) -> None:
        raise ConfigError(f"{self._path}: {section}, key {key!r}: {reason}")

    def _absolute(self, path: Path) -> Path:
        return path if path.is_absolute() else (self._path.parent / path).resolve()

    def _port(self, port: str) -> str:
        """A device path relative to the file; URLs (`socket://…`) stay as they are."""
        if "://" in port:
            return port
        path = Path(port)
        # Not resolved: a stable name under /dev/serial/by-id is a link that may point elsewhere tomorrow.
        return str(path if path.is_absolute() else (self._path.parent.absolute() / path))

    def _address(self, address: str) -> str:
        if address.startswith("serial:") and not address.startswith("serial:///"):
            return "serial:" + self._port(address.removeprefix("serial:"))
        return address

    def _ids(self) -> None:
        file = self._file
        for key in ("id", "tenant"):
            if not re.match(ID, getattr(file.station, key)):
                self._fail("[station]", key, "must be 1 to 36 of a-z, 0-9 and -")
        named: dict[str, Sequence[_Named]] = {
            "line": file.line,
            "board": file.board,
            "bank": file.bank,
            "scanner": file.scanner,
            "printer": file.printer,
            "staff": file.staff,
        }
        for section, rows in named.items():
            seen: set[str] = set()
            for number, row in enumerate(rows, 1):
                if row.id in seen:
                    self._fail(f"[[{section}]] number {number}", "id", f"{row.id!r} is there twice")
                seen.add(row.id)

    def _boards(self) -> None:
        lines = {line.id for line in self._file.line}
        wired: dict[tuple[str, int], str] = {}
        for number, board in enumerate(self._file.board, 1):
            where = f"[[board]] number {number}"
            if board.line not in lines:
                self._fail(where, "line", f"there is no [[line]] {board.line!r}")
            if board.contact_closed_means not in ("locked", "unlocked"):
                self._fail(where, "contact_closed_means", "must be 'locked' or 'unlocked'")
            other = wired.setdefault((board.line, board.address), board.id)
            if other != board.id:
                self._fail(where, "address", f"{board.address} is board {other!r} on this line already")

    def _layout(self) -> Layout:
        file = self._file
        if not 1 <= len(file.compartment) <= MAX_COMPARTMENTS:
            self._fail("[[compartment]]", "number", f"1 to {MAX_COMPARTMENTS} compartments are needed")
        boards = {board.id: board for board in file.board}
        banks = {bank.id for bank in file.bank}
        compartments: dict[str, Compartment] = {}
        wired: dict[tuple[str, int], str] = {}
        for number, row in enumerate(file.compartment, 1):
            where = f"[[compartment]] number {number}"
            key = row.number.lower()
            if not re.match(ID, key):
                self._fail(where, "number", "must be 1 to 36 letters, digits and -")
            if key in compartments:
                self._fail(where, "number", f"{row.number!r} is there twice")
            if row.bank not in banks:
                self._fail(where, "bank", f"there is no [[bank]] {row.bank!r}")
            if row.board not in boards:
                self._fail(where, "board", f"there is no [[board]] {row.board!r}")
            if not 1 <= row.channel <= boards[row.board].channels:
                self._fail(
                    where, "channel", f"board {row.board!r} has channels 1 to {boards[row.board].channels}"
                )
            other = wired.setdefault((row.board, row.channel), row.number)
            if other != row.number:
                self._fail(
                    where, "channel", f"{row.channel} of board {row.board!r} is compartment {other} already"
                )
            compartments[key] = Compartment(
                key, row.number, row.bank, row.size, row.board, row.channel, row.floor_mm
            )
        return Layout(compartments)

    def _scanner_bytes(self) -> None:
        for number, row in enumerate(self._file.scanner, 1):
            for key in ("prefix", "suffix"):
                if any(ord(char) > 0xFF for char in getattr(row, key)):
                    self._fail(
                        f"[[scanner]] number {number}", key, "holds a character that is no single byte"
                    )

    def _staff(self) -> dict[str, Staff]:
        staff = {}
        for number, row in enumerate(self._file.staff, 1):
            if not valid_hash(row.pin_scrypt):
                self._fail(f"[[staff]] number {number}", "pin_scrypt", "make one with: pigeonhole hash-pin")
            staff[row.id] = Staff(row.id, row.name, row.role, row.carrier, row.pin_scrypt)
        return staff

    def _mqtt(self, mqtt: MqttSection) -> MqttSection:
        if mqtt.protocol not in ("auto", "5", "3.1.1"):
            self._fail("[mqtt]", "protocol", "must be 'auto', '5' or '3.1.1'")
        if not 0 < mqtt.backoff_min_s <= mqtt.backoff_max_s:
            self._fail("[mqtt]", "backoff_min_s", "must be above 0 and at most backoff_max_s")
        return mqtt

    def _rules(self, rules: Rules) -> None:
        for name in rules.__struct_fields__:
            value = getattr(rules, name)
            if not isinstance(value, bool) and value <= 0:
                self._fail("[rules]", name, "must be above 0")
