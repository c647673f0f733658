"""A station.toml for rehearsing: the operator's own layout, with every port moved to the simulators."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.backend_grants import Issuer, issuer_from_hex
from simulators.backend_signatures import SignedWith

__all__ = ["COURIER_ID", "COURIER_PIN", "Rehearsal", "free_port", "make_rehearsal"]

COURIER_ID: Final = "70010"
COURIER_PIN: Final = "246810"
"""The demo's own courier: the PINs of the station's own staff cannot be read back from their hashes."""


ISSUER_NUMBER: Final = 255
"""The last one, which no station's own file is likely to use."""

OPERATORS: Final = ("console", "console-2")
"""Opening many doors takes the signatures of two different operators."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where everything of one run is; `station` is the parsed [station] section."""

    folder: Path
    station_toml: Path
    pepper: Path
    journal: Path
    labels: Path
    station: dict[str, Any]
    kiosk_url: str
    issuer: Issuer
    """Whose offline grants this station takes."""
    operators: tuple[SignedWith, ...]
    """Who may sign commands; two, since many doors need two."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_rehearsal(
    source: Path,
    folder: Path,
    mqtt_port: int,
    *,
    kiosk_port: int = 0,
    rules: dict[str, Any] | None = None,
    mqtt: Mapping[str, Any] | None = None,
) -> Rehearsal:
    """Derive `folder`/station.toml from `source`.

    Keeps layout, boards and names; serial ports become links below
    `folder`/dev, network printers a free port on loopback.  `rules` and `mqtt`
    go over what the sections of these names have.  Raises OSError or
    tomllib.TOMLDecodeError for a file that cannot be read.
    """
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    folder = folder.absolute()
    (folder / "dev").mkdir(parents=True, exist_ok=True)
    port = kiosk_port or free_port()
    table["paths"] = {"data": str(folder / "data"), "pepper": str(folder / "data" / "pepper.hex")}
    table["kiosk"] = {"host": "127.0.0.1", "port": port}
    table["mqtt"] = {
        "host": "127.0.0.1",
        "port": mqtt_port,
        "protocol": "auto",
        # A rehearsal stops its broker for seconds: the field's two minutes would hide the return.
        "backoff_min_s": 0.2,
        "backoff_max_s": 2.0,
        **(mqtt or {}),
    }
    table["rules"] = {**table.get("rules", {}), **(rules or {})}
    for section in ("line", "scanner"):
        for entry in table.get(section, []):
            entry["port"] = str(folder / "dev" / f"{section}-{entry['id']}")
    for entry in table.get("printer", []):
        entry["address"] = f"tcp://127.0.0.1:{free_port()}"
    table.setdefault("staff", []).append(_courier())
    issuer = issuer_from_hex(ISSUER_NUMBER, secrets.token_hex(32))
    public_key = base64.b64encode(bytes.fromhex(issuer.public_hex)).decode()
    table.setdefault("issuer", []).append({"id": issuer.number, "public_key": public_key})
    operators = tuple(SignedWith(name, secrets.token_bytes(32)) for name in OPERATORS)
    table.setdefault("operator", []).extend(
        {"id": each.operator, "public_key": each.public_key} for each in operators
    )
    target = folder / "station.toml"
    target.write_text(_toml(table), encoding="utf-8")
    return Rehearsal(
        folder=folder,
        station_toml=target,
        pepper=folder / "data" / "pepper.hex",
        journal=folder / "data" / "journal.sqlite",
        labels=folder / "labels",
        station=table["station"],
        kiosk_url=f"http://127.0.0.1:{port}",
        issuer=issuer,
        operators=operators,
    )


def _courier() -> dict[str, str]:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(COURIER_PIN.encode(), salt=salt, n=16_384, r=8, p=1, dklen=32, maxmem=1 << 26)
    words = ["scrypt", "16384", "8", "1", *(base64.b64encode(b).decode() for b in (salt, digest))]
    return {
        "id": COURIER_ID,
        "name": "演示快递员",
        "role": "courier",
        "carrier": "*",
        "pin_scrypt": "$".join(words),
    }


def _toml(table: dict[str, Any]) -> str:
    """Tables of scalars and of tables of scalars, and lists of such tables: all station.toml has."""
    lines: list[str] = []
    for name, value in table.items():
        for entry in value if isinstance(value, list) else [value]:
            lines.append(f"[[{name}]]" if isinstance(value, list) else f"[{name}]")
            lines += [f"{key} = {_scalar(item)}" for key, item in entry.items()]
            lines.append("")
    return "\n".join(lines)


def _scalar(item: object) -> str:
    if isinstance(item, dict):
        return "{" + ", ".join(f"{key} = {_scalar(value)}" for key, value in item.items()) + "}"
    # A JSON string is a TOML basic string; numbers and booleans are spelled alike.
    return json.dumps(item, ensure_ascii=False)
