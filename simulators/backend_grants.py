"""Offline grants as a carrier issues them: the carrier's own reading of docs/contract/grants.md.

Signs grants, draws them as QR codes, and keeps which are spent and revoked so
that a station can be told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

__all__ = ["RIGHTS", "SIZES", "GrantBook", "Issuer", "Order", "digest_of", "issuer_from_hex", "parse_lives"]

RIGHTS: Final = {"pickup": 1, "deposit": 2, "collect": 3, "service": 4}
SIZES: Final = {"": 0, "S": 1, "M": 2, "L": 3, "XL": 4}

COUNTED_FROM_S: Final = 1_735_689_600
"""2025-01-01T00:00:00Z."""

TOLD_AT_ONCE: Final = 500
"""Grants in one message: 18 kB, below what every broker takes."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to sign.  `subject` is a parcel id, for `service` a compartment id; times are Unix seconds."""

    right: str
    subject: str
    not_before_s: float
    expires_s: float
    epoch: int = 0
    single_use: bool = True
    delegable: bool = True
    any_time: bool = False
    size: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A signing key with the number under which stations know its public half."""

    number: int
    key: Ed25519PrivateKey

    @property
    def public_hex(self) -> str:
        """What goes into station.toml."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, tenant: str, station: str, grant_id: int, order: Order) -> str:
        """The 210 digits of a grant; ValueError for what its bytes cannot hold."""
        payload = _payload(self.number, tenant, station, grant_id, order)
        signed = b"pigeonhole-grant/1\x00" + tenant.encode() + b"\x00" + station.encode() + b"\x00" + payload
        return f"{int.from_bytes(payload + self.key.sign(signed), 'big'):0210d}"

    def name_of(self, grant_id: int) -> str:
        """How stations call the grant in their facts."""
        return f"{self.number}-{grant_id:010x}"


def issuer_from_hex(number: int, private_hex: str) -> Issuer:
    """An issuer from its 32 secret bytes in hexadecimal; ValueError for anything else."""
    if not 1 <= number <= 255:
        raise ValueError("an issuer's number is 1 to 255")
    secret = bytes.fromhex(private_hex.strip())
    if len(secret) != 32:
        raise ValueError("a signing key is 32 bytes, 64 hexadecimal digits")
    return Issuer(number, Ed25519PrivateKey.from_private_bytes(secret))


def _payload(number: int, tenant: str, station: str, grant_id: int, order: Order) -> bytes:
    # A validity that begins within a minute begins with that minute, and one that ends within it ends after.
    start = int(order.not_before_s - COUNTED_FROM_S) // 60
    life = -(-int(order.expires_s - COUNTED_FROM_S) // 60) - start
    if not (0 <= start < 1 << 24 and 1 <= life < 1 << 16):
        raise ValueError("a grant begins between 2025 and 2056 and lives 1 minute to 45 days")
    if not 0 <= grant_id < 1 << 40 or not 0 <= order.epoch < 1 << 16:
        raise ValueError("a grant id has five bytes, an epoch two")
    kind = "compartment" if order.right == "service" else "parcel"
    flags = order.single_use | order.delegable << 1 | order.any_time << 2 | SIZES[order.size] << 4
    return b"".join(
        (
            bytes((0x10 | RIGHTS[order.right], number, flags)),
            grant_id.to_bytes(5, "big"),
            _sum("pigeonhole-grant-station/1", tenant, station)[:3],
            _sum("pigeonhole-grant-subject/1", kind, order.subject)[:5],
            start.to_bytes(3, "big"),
            life.to_bytes(2, "big"),
            order.epoch.to_bytes(2, "big"),
        )
    )


def _sum(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()


def digest_of(lives: Mapping[str, int], at_ms: int) -> tuple[int, str]:
    """(count, SHA-256) of the grants that live beyond `at_ms`."""
    names = sorted(name for name, until_ms in lives.items() if until_ms > at_ms)
    return len(names), hashlib.sha256("".join(name + "\n" for name in names).encode()).hexdigest()


def parse_lives(value: object) -> dict[str, int]:
    """The table of a fact, without what is no grant."""
    if not isinstance(value, dict):
        return {}
    return {
        name: until
        for name, until in value.items()
        if isinstance(until, int) and re.fullmatch(r"[1-9][0-9]{0,2}-[0-9a-f]{10}", name)
    }


class GrantBook:
    """What the backend knows of one station's grants: issued ones are its own affair, these must be told."""

    def __init__(self) -> None:
        self.epoch = 0
        self.revoked: dict[str, int] = {}
        self.spent: dict[str, int] = {}

    def note(self, event_type: str, data: Mapping[str, Any]) -> None:
        """Learn from a station's fact; facts may come in any order and twice."""
        if event_type == "ph.security.grant-used.v1":
            if data.get("single_use") is True:
                self.spent |= parse_lives({data.get("grant"): data.get("expires_at_ms")})
        elif event_type == "ph.security.grants-learned.v1":
            self.spent |= parse_lives(data.get("spent"))
            self.revoke(parse_lives(data.get("revoked")), data.get("epoch"))

    def revoke(self, lives: Mapping[str, int], epoch: int | None = None) -> None:
        """Take grants back; an epoch only rises."""
        self.revoked |= lives
        self.epoch = max(self.epoch, epoch if isinstance(epoch, int) else 0)

    def digest(self, at_ms: int) -> dict[str, Any]:
        """The data of `ph.grants.digest.v1`."""
        revoked_count, revoked_hash = digest_of(self.revoked, at_ms)
        spent_count, spent_hash = digest_of(self.spent, at_ms)
        return {
            "at_ms": at_ms,
            "epoch": self.epoch,
            "revoked_count": revoked_count,
            "revoked_hash": revoked_hash,
            "spent_count": spent_count,
            "spent_hash": spent_hash,
        }

    def answer(self, ask: str) -> list[dict[str, Any]]:
        """All that is known, as the parts of an answer to a station that asks; the data of deltas."""
        entries = [("revoked", *entry) for entry in self.revoked.items()]
        entries += [("spent", *entry) for entry in self.spent.items()]
        portions = [entries[n : n + TOLD_AT_ONCE] for n in range(0, max(1, len(entries)), TOLD_AT_ONCE)]
        return [
            {**_delta(self.epoch, portion), "part": number, "parts": len(portions), "answers": ask}
            for number, portion in enumerate(portions, 1)
        ]


def _delta(epoch: int, entries: Iterable[tuple[str, str, int]]) -> dict[str, Any]:
    told: dict[str, Any] = {"epoch": epoch, "revoked": {}, "spent": {}}
    for table, name, until_ms in entries:
        told[table][name] = until_ms
    return told
