"""The shape of station.toml: one struct a section, with the defaults.

Knows types only; what belongs together is checked by `edge.config`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from edge.core.model import Role, Size

__all__ = [
    "ID",
    "BankRow",
    "BoardRow",
    "CompartmentRow",
    "ConfigError",
    "DiagnosticsSection",
    "Fail",
    "JournalSection",
    "KioskSection",
    "LineRow",
    "MqttSection",
    "OperatorRow",
    "PathsSection",
    "PrinterRow",
    "RemoteSection",
    "ScannerRow",
    "IssuerRow",
    "Section",
    "StaffRow",
    "StationFile",
    "StationSection",
    "UpdateSection",
]

ID = re.compile(r"[a-z0-9-]{1,36}")

Fail = Callable[[str, str, str], NoReturn]
"""Ends a check with ConfigError: section, key, reason."""


class ConfigError(Exception):
    """What is wrong, naming file, section and key."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are errors."""


class StationSection(Section, frozen=True):
    """[station]: who this station is; `name`, `address` and `phone` are shown to people."""

    id: str
    tenant: str
    name: str
    address: str
    phone: str


class PathsSection(Section, frozen=True):
    """[paths]: `data` holds the journal, `pepper` the 32 secret bytes as hex; both are made when missing.

    `grants` is the register of spent grants, `data`/grants.register by default; on another device it
    outlives the journal's.
    """

    data: Path
    pepper: Path
    grants: Path | None = None


class KioskSection(Section, frozen=True):
    """[kiosk]: where the touch screen's browser finds the page."""

    host: str = "127.0.0.1"
    port: int = 8080


class MqttSection(Section, frozen=True):
    """[mqtt]: the broker.  `protocol` is auto (5, else 3.1.1), 5 or 3.1.1; back-off limits in seconds.

    `port` is 1883, with `tls` 8883.  `alternates` are other nodes, `host` or
    `host:port`.  The files are PEM; `key` may stand in the certificate's file.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    protocol: str = "auto"
    username: str | None = None
    password: str | None = None
    backoff_min_s: float = 1.0
    backoff_max_s: float = 120.0
    alternates: list[str] = []
    keepalive_s: int = 30
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None


class JournalSection(Section, frozen=True):
    """[journal]: how long facts are kept here once the backend has them, and how much room they may take.

    A cabinet of 40 compartments turned over twice a day records some 1,600 facts, 2 MB: 700 MB a year.
    `personal_days` is when what belongs to a person loses its content; `min_free_mb` is what the file system
    keeps for everybody else.
    """

    retention_days: int = 365
    personal_days: int = 90
    max_mb: int = 2_000
    min_free_mb: int = 200


class LineRow(Section, frozen=True):
    """[[line]]: one line with its lock boards; without `baud` the protocol's usual one."""

    id: str
    port: str
    protocol: str
    baud: int | None = None
    discard_echo: bool = False


class BoardRow(Section, frozen=True):
    """[[board]]: one lock board on a line; [board.options] has the keys of its kind."""

    id: str
    line: str
    kind: str
    address: int
    channels: int
    pulse_ms: int = 500
    contact_closed_means: str = "locked"
    answers_8a: bool = True
    options: dict[str, Any] = {}


class BankRow(Section, frozen=True):
    """[[bank]]: one column of compartments."""

    id: str
    name: str = ""


class CompartmentRow(Section, frozen=True):
    """[[compartment]]: one door and where its lock is wired."""

    number: str
    bank: str
    size: Size
    board: str
    channel: int
    floor_mm: int = 0


class ScannerRow(Section, frozen=True):
    r"""[[scanner]]: one scanner; `prefix` and `suffix` are the bytes around a scan, `\xNN` written out.

    The rest is as in `hal.settings.ScannerSettings`.
    """

    id: str
    kind: str
    port: str
    baud: int = 9600
    prefix: str = ""
    suffix: str = "\r"
    aim: bool = True
    repeat_window_ms: int = 500
    no_read: str = "NR"
    gap_ms: int = 0
    acknowledge: bool = False
    xonxoff: bool = False
    mode: str = ""
    continuous_value: int = 7
    short_trigger: bool = False
    checksum: bool = True
    layout: str = "us"
    alt_unicode: bool = False


class PrinterRow(Section, frozen=True):
    """[[printer]]: one label printer; the keys behind `width_dots` as `hal.settings.PrinterSettings`."""

    id: str
    kind: str
    address: str
    width_dots: int = 608
    answers: bool = True
    answer_ms: int = 1500
    media: str = "gap"
    gap_mm: int = 3
    black_bit: int = 0
    cut: bool = True


class StaffRow(Section, frozen=True):
    """[[staff]]: one person who may sign in."""

    id: str
    name: str
    role: Role
    carrier: str
    pin_scrypt: str


class RemoteSection(Section, frozen=True):
    """[remote]: `config_keys` are Ed25519 public keys, base64 of 32 bytes each.

    With any, what comes on `config/desired` and `jobs/next` must be signed by one of them.
    """

    config_keys: list[str] = []


class UpdateSection(Section, frozen=True):
    """[update]: `command` is called by the job `update` with version and digest; empty: no updates."""

    command: list[str] = []


class DiagnosticsSection(Section, frozen=True):
    """[diagnostics]: `upload` is called with the path of a bundle behind it; empty: it lies there."""

    upload: list[str] = []


class OperatorRow(Section, frozen=True):
    """[[operator]]: one who signs commands; `public_key` is base64 of the 32 bytes of an Ed25519 key."""

    id: str
    public_key: str


class IssuerRow(Section, frozen=True):
    """[[issuer]]: one who signs offline grants; `public_key` is base64 of the 32 bytes of an Ed25519 key.

    `id` is the number from 1 to 255 in each grant.  Of two rows one may be the next key, or the last.
    """

    id: int
    public_key: str


class StationFile(Section, frozen=True):
    """The whole file; [rules] is read by `edge.core.model.Rules`."""

    station: StationSection
    paths: PathsSection
    kiosk: KioskSection = KioskSection()
    mqtt: MqttSection = MqttSection()
    journal: JournalSection = JournalSection()
    rules: dict[str, Any] = {}
    remote: RemoteSection = RemoteSection()
    update: UpdateSection = UpdateSection()
    diagnostics: DiagnosticsSection = DiagnosticsSection()
    line: list[LineRow] = []
    board: list[BoardRow] = []
    bank: list[BankRow] = []
    compartment: list[CompartmentRow] = []
    scanner: list[ScannerRow] = []
    printer: list[PrinterRow] = []
    staff: list[StaffRow] = []
    operator: list[OperatorRow] = []
    issuer: list[IssuerRow] = []
