"""station.toml → frozen objects.

Every key is known and every reference resolves, or `ConfigError` names the
file, the section and the key.  Relative paths are relative to the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

import msgspec

from edge.cabinet_config import check_boards, checked_layout
from edge.config_file import (
    ID,
    ConfigError,
    DiagnosticsSection,
    JournalSection,
    KioskSection,
    MqttSection,
    PathsSection,
    RemoteSection,
    StationFile,
    StationSection,
    UpdateSection,
)
from edge.core.model import Layout, Rules, Staff
from edge.grant_config import absolute_paths, checked_issuers
from edge.mqtt_config import checked_mqtt
from edge.people_config import checked_operators, checked_staff
from hal.registry import BoardSettings, LineSettings, PrinterSettings, ScannerSettings

__all__ = [
    "Config",
    "ConfigError",
    "KioskSection",
    "MqttSection",
    "PathsSection",
    "StationSection",
    "load_config",
    "wire_bytes",
]

MAX_SECONDS = 366 * 86_400.0
"""A year: nothing in a station waits longer, and a time so far off still fits every clock."""

MAX_COUNT = 1_000_000
"""For counters of [rules]: more attempts or openings than anybody has, few enough for any arithmetic."""

MAX_DAYS = 3_660
"""Ten years of facts at a station: longer is the backend's business."""

MAX_MB = 1_000_000
"""A terabyte, which no station's disk has."""

NAME = re.compile(r"[A-Za-z0-9._-]{1,36}")
"""What the rows call each other; devices are reported to the backend by it."""

_BYTE_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class Config(msgspec.Struct, frozen=True):
    """Everything a station is told; paths are absolute."""

    source: Path
    station: StationSection
    paths: PathsSection
    kiosk: KioskSection
    mqtt: MqttSection
    journal: JournalSection
    rules: Rules
    layout: Layout
    staff: dict[str, Staff]
    lines: list[LineSettings]
    boards: list[BoardSettings]
    scanners: list[ScannerSettings]
    printers: list[PrinterSettings]
    operators: dict[str, bytes] = {}
    remote: RemoteSection = RemoteSection()
    update: UpdateSection = UpdateSection()
    diagnostics: DiagnosticsSection = DiagnosticsSection()
    issuers: dict[int, bytes] = {}


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
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or arrays nested as deep: no typing error, but no crash either.
        raise ConfigError(f"{path}: {error}") from error
    parsed = _convert(path, table, StationFile, "")
    strict = _convert(path, parsed.rules, _StrictRules, "rules")
    rules = Rules(**msgspec.structs.asdict(strict))
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

    def __init__(self, path: Path, file: StationFile) -> None:
        self._path = path
        self._file = file

    def config(self, rules: Rules) -> Config:
        file = self._file
        self._ids()
        check_boards(file, self._fail)
        self._paths_and_ports()
        layout = checked_layout(file, self._fail)
        self._rules(rules)
        if rules.signed_commands and not file.operator:
            self._fail("[rules]", "signed_commands", "nobody could open a door: there is no [[operator]]")
        if not file.station.phone.strip():
            self._fail("[station]", "phone", "a station must show a help line")
        return Config(
            source=self._path,
            station=file.station,
            paths=absolute_paths(file.paths, self._absolute),
            kiosk=file.kiosk,
            mqtt=checked_mqtt(file.mqtt, file.station, self._path.parent.resolve(), self._fail_mqtt),
            journal=self._journal(file.journal),
            rules=rules,
            layout=layout,
            staff=checked_staff(file.staff, self._fail),
            remote=self._remote(file.remote),
            update=file.update,
            diagnostics=file.diagnostics,
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
                    options=b.options,
                )
                for b in file.board
            ],
            scanners=[
                ScannerSettings(
                    **{
                        **msgspec.structs.asdict(row),
                        "port": self._port(row.port),
                        "prefix": self._wire_bytes(number, "prefix", row.prefix),
                        "suffix": self._wire_bytes(number, "suffix", row.suffix),
                    }
                )
                for number, row in enumerate(file.scanner, 1)
            ],
            printers=[
                PrinterSettings(**(msgspec.structs.asdict(p) | {"address": self._address(p.address)}))
                for p in file.printer
            ],
            operators=checked_operators(file.operator, self._fail),
            issuers=checked_issuers(file.issuer, self._fail),
        )

    def _fail(self, section: str, key: str, reason: str) -> NoReturn:
        raise ConfigError(f"{self._path}: {section}, key {key!r}: {reason}")

    def _absolute(self, path: Path) -> Path:
        return path if path.is_absolute() else (self._path.parent / path).resolve()

    def _port(self, port: str) -> str:
        """A device path relative to the file; URLs (`socket://…`) stay as they are."""
        if "://" in port:
            return port
        path = Path(port)
        # Not resolved: a stable name under /dev/serial/by-id is a link that may point elsewhere tomorrow.
        return str(path) if path.is_absolute() else os.path.normpath(self._path.parent.resolve() / path)

    def _address(self, address: str) -> str:
        scheme, _, path = address.partition(":")
        if scheme in ("serial", "usb") and not path.startswith("///"):
            return f"{scheme}:{self._port(path)}"
        return address

    def _ids(self) -> None:
        file = self._file
        for key in ("id", "tenant"):
            if not ID.fullmatch(getattr(file.station, key)):
                self._fail("[station]", key, "must be 1 to 36 of a-z, 0-9 and -")
        named: dict[str, Sequence[_Named]] = {
            "line": file.line,
            "board": file.board,
            "bank": file.bank,
            "scanner": file.scanner,
            "printer": file.printer,
            "staff": file.staff,
            "operator": file.operator,
        }
        for section, rows in named.items():
            seen: set[str] = set()
            for number, row in enumerate(rows, 1):
                if section != "staff" and not NAME.fullmatch(row.id):
                    self._fail(
                        f"[[{section}]] number {number}", "id", "must be 1 to 36 of A-Z, a-z, 0-9 . _ -"
                    )
                if row.id in seen:
                    self._fail(f"[[{section}]] number {number}", "id", f"{row.id!r} is there twice")
                seen.add(row.id)

    def _paths_and_ports(self) -> None:
        file = self._file
        places = [("[paths]", "data", str(file.paths.data)), ("[paths]", "pepper", str(file.paths.pepper))]
        places += [("[paths]", "grants", file.paths.grants.name)] if file.paths.grants is not None else []
        places += [(f"[[line]] number {n}", "port", line.port) for n, line in enumerate(file.line, 1)]
        places += [(f"[[scanner]] number {n}", "port", s.port) for n, s in enumerate(file.scanner, 1)]
        places += [(f"[[printer]] number {n}", "address", p.address) for n, p in enumerate(file.printer, 1)]
        places += [("[kiosk]", "host", file.kiosk.host), ("[mqtt]", "host", file.mqtt.host)]
        for section, key, place in places:
            if not place or "\0" in place:
                self._fail(section, key, "must not be empty" if not place else "holds a zero byte")
        if not 1 <= file.kiosk.port <= 0xFFFF:
            self._fail("[kiosk]", "port", "must be 1 to 65535")

    def _wire_bytes(self, number: int, key: str, text: str) -> bytes:
        try:
            return wire_bytes(text)
        except ValueError as error:
            self._fail(f"[[scanner]] number {number}", key, str(error))

    def _fail_mqtt(self, key: str, reason: str) -> NoReturn:
        self._fail("[mqtt]", key, reason)

    def _remote(self, remote: RemoteSection) -> RemoteSection:
        for key in remote.config_keys:
            if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", key):
                self._fail("[remote]", "config_keys", "each must be base64 of the 32 bytes of an Ed25519 key")
        return remote

    def _journal(self, journal: JournalSection) -> JournalSection:
        if not 1 <= journal.personal_days <= journal.retention_days <= MAX_DAYS:
            self._fail(
                "[journal]", "personal_days", f"must be 1 to retention_days, and that at most {MAX_DAYS}"
            )
        if not 10 <= journal.max_mb <= MAX_MB:
            self._fail("[journal]", "max_mb", f"must be 10 to {MAX_MB}")
        if not 0 <= journal.min_free_mb <= MAX_MB:
            self._fail("[journal]", "min_free_mb", f"must be 0 to {MAX_MB}")
        return journal

    def _rules(self, rules: Rules) -> None:
        for name in rules.__struct_fields__:
            value = getattr(rules, name)
            most = MAX_SECONDS if name.endswith("_s") else MAX_COUNT
            if not isinstance(value, bool) and not 0 < value <= most:
                self._fail("[rules]", name, f"must be above 0 and at most {most:g}")


def wire_bytes(text: str) -> bytes:
    r"""The bytes around a scan; `\xNN`, `\r`, `\n`, `\t` and `\\` written out are one byte each.

    Raises ValueError saying what cannot be.
    """
    if "\\" in _BYTE_ESCAPE.sub("", text):
        raise ValueError(r"holds a backslash that begins none of \xNN \r \n \t \\")
    text = _BYTE_ESCAPE.sub(_unescaped, text)
    if any(ord(char) > 0xFF for char in text):
        raise ValueError("holds a character that is no single byte")
    return text.encode("latin-1")


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}[found[2]]
