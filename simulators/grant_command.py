"""`pigeonhole-sim grant`: signs an offline grant and shows it as digits, in the terminal and as a picture."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from simulators.backend_grants import RIGHTS, SIZES, Issuer, Order, issuer_from_hex

__all__ = ["add_arguments", "run"]

QUIET_MODULES: Final = 4
"""ISO/IEC 18004 asks for four light modules all around."""

PICTURE_PX: Final = 8
"""A module in a picture: 49 modules are 392 pixels, a phone's screen."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = "The worked example of docs/contract/grants.md says what the digits mean."
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", type=Path, metavar="FILE", help="station.toml of the station")
    where.add_argument("--station", metavar="TENANT/STATION", help="the station, without its file")
    parser.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="64 hex digits, secret; made when missing"
    )
    parser.add_argument("--issuer", type=int, default=1, metavar="N", help="number of the key, 1 to 255 (1)")
    parser.add_argument("--right", choices=list(RIGHTS), default="pickup", help="what it opens (pickup)")
    parser.add_argument("--parcel", metavar="ID", help="which parcel; for service, see --compartment")
    parser.add_argument("--compartment", metavar="ID", help="which compartment, such as a05")
    parser.add_argument("--from", dest="begins", metavar="TIME", help="RFC 3339 (now)")
    parser.add_argument("--hours", type=float, default=24.0, metavar="N", help="how long it is good (24)")
    parser.add_argument("--id", type=int, metavar="N", help="of the grant, below 2**40 (random)")
    parser.add_argument("--epoch", type=int, default=0, metavar="N", help="the station's (0)")
    parser.add_argument("--size", choices=[size for size in SIZES if size], default="", help="for a deposit")
    parser.add_argument("--reusable", action="store_true", help="good until its end, not once")
    parser.add_argument("--personal", action="store_true", help="not to be handed on: staff must sign in")
    parser.add_argument("--any-time", action="store_true", help="a pickup while the station's clock is unset")
    parser.add_argument("--delegate", default="", metavar="NAME", help="written behind the digits")
    parser.add_argument("--png", type=Path, metavar="FILE", help="the QR code as a picture")
    parser.add_argument("--quiet", action="store_true", help="only the digits")
    parser.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Sign and show; ValueError for what cannot be signed, OSError for files."""
    tenant, station = _station(args)
    issuer = _issuer(args.key, args.issuer)
    order = _order(args)
    grant_id = secrets.randbits(40) if args.id is None else args.id
    text = issuer.sign(tenant, station, grant_id, order) + (f"/{args.delegate}" if args.delegate else "")
    rows = qr_modules(text)
    if args.png is not None:
        _save(rows, args.png)
    if not args.quiet:
        print(_drawn(rows))
        public = base64.b64encode(bytes.fromhex(issuer.public_hex)).decode()
        until = datetime.fromtimestamp(order.expires_s, UTC).isoformat(timespec="minutes")
        print(f"{order.right} of {order.subject} at {tenant}/{station} until {until}")
        print(f"grant {issuer.name_of(grant_id)}; in station.toml:")
        print(f'[[issuer]]\nid = {issuer.number}\npublic_key = "{public}"\n')
    print(text)
    return 0


def _station(args: argparse.Namespace) -> tuple[str, str]:
    if args.config is not None:
        section = tomllib.loads(args.config.read_text(encoding="utf-8"))["station"]
        return str(section["tenant"]), str(section["id"])
    tenant, slash, station = args.station.partition("/")
    if not slash or not tenant or not station:
        raise ValueError("--station is TENANT/STATION")
    return tenant, station


def _issuer(path: Path, number: int) -> Issuer:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    return issuer_from_hex(number, path.read_text("ascii"))


def _order(args: argparse.Namespace) -> Order:
    service = args.right == "service"
    subject = args.compartment if service else args.parcel
    if not subject or (args.parcel if service else args.compartment):
        raise ValueError(f"{args.right} needs {'--compartment' if service else '--parcel'} and no other")
    begins = datetime.now(UTC) if args.begins is None else datetime.fromisoformat(args.begins)
    if begins.tzinfo is None:
        raise ValueError("--from needs an offset, such as Z")
    return Order(
        right=args.right,
        subject=subject,
        not_before_s=begins.timestamp(),
        expires_s=begins.timestamp() + args.hours * 3600,
        epoch=args.epoch,
        single_use=not args.reusable,
        delegable=not args.personal,
        any_time=args.any_time,
        size=args.size,
    )


def qr_modules(text: str) -> list[list[bool]]:
    """The modules of a QR code at level M, true for dark, with their quiet zone."""
    import zint

    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.QRCODE
    symbol.input_mode = zint.InputMode.UNICODE
    symbol.option_1 = 2  # level M
    symbol.encode(text)
    side = symbol.width + 2 * QUIET_MODULES
    rows = [[False] * side for _ in range(side)]
    packed = memoryview(symbol.encoded_data)
    for y in range(symbol.rows):
        for x in range(symbol.width):
            rows[y + QUIET_MODULES][x + QUIET_MODULES] = bool(packed[y, x // 8] >> (x % 8) & 1)
    return rows


def _drawn(rows: Sequence[Sequence[bool]]) -> str:
    """Two rows of modules a line, light on a dark terminal."""
    lines = []
    for y in range(0, len(rows), 2):
        below = rows[y + 1] if y + 1 < len(rows) else [True] * len(rows)
        pairs = zip(rows[y], below, strict=True)
        lines.append("".join({(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}[pair] for pair in pairs))
    return "\n".join(lines)


def _save(rows: Sequence[Sequence[bool]], path: Path) -> None:
    from PIL import Image

    side = len(rows)
    small = Image.new("L", (side, side))
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    small.resize((side * PICTURE_PX, side * PICTURE_PX), Image.Resampling.NEAREST).save(path)
