"""The text of an offline grant's QR: 210 decimal digits to bytes, bytes to fields, signature checked.

    digits = 87 bytes as one big-endian number:

    byte 0      1      2      3 … 7     8 … 10   11 … 15  16 … 18     19 20  21 22  23 … 86
         kind   key    flags  grant id  station  subject  not before  life   epoch  Ed25519
         <------------------- 23 bytes of payload ------------------------------->  signature

The signature is over a prefix, the station's full name and the payload, so
the short station field only tells a wrong station from a forgery.
docs/contract/grants.md is the contract, with a worked example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core.grant_book import Grant, Right, looks_like_grant
from edge.core.inputs import GrantPresented, Input, Scan
from edge.core.masking import mask_name
from edge.shell.envelope import StationIdentity

__all__ = [
    "DIGITS",
    "EPOCH_MS",
    "PAYLOAD_BYTES",
    "SIGNATURE_BYTES",
    "GrantReader",
    "is_weak_key",
    "signed_bytes",
    "station_field",
]

DIGITS: Final = 210
"""87 bytes are below 10**210; a version-6 QR at level M holds 255 digits."""

PAYLOAD_BYTES: Final = 23
SIGNATURE_BYTES: Final = 64
_BYTES: Final = PAYLOAD_BYTES + SIGNATURE_BYTES

EPOCH_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z: minutes are counted from here in three bytes, which last until 2056."""

MINUTE_MS: Final = 60_000
VERSION: Final = 1
"""The upper half of the first byte; another meaning of any byte is another version."""

DELEGATE_MAX: Final = 64
"""Characters of a delegate's name that are looked at; beside the digits a version-6 QR holds 16."""

_RIGHTS: Final = {1: Right.PICKUP, 2: Right.DEPOSIT, 3: Right.COLLECT, 4: Right.SERVICE}
_SINGLE_USE: Final = 0x01
_DELEGABLE: Final = 0x02
_ANY_TIME: Final = 0x04
_SIZE_SHIFT: Final = 4
_RESERVED: Final = 0x88
_MAX_SIZE: Final = 4

_WEAK_KEYS: Final = frozenset(
    {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    }
)
"""Points of small order, without their sign bit: under such a key anybody can sign some messages."""


def is_weak_key(public_key: bytes) -> bool:
    """Whether 32 bytes are one of the few public keys that protect nothing, all zeros for one."""
    return (public_key[:31] + bytes([public_key[31] & 0x7F])).hex() in _WEAK_KEYS


def station_field(identity: StationIdentity) -> bytes:
    """Three bytes that tell most other stations from this one."""
    name = b"\0".join((b"pigeonhole-grant-station/1", identity.tenant.encode(), identity.station.encode()))
    return hashlib.sha256(name).digest()[:3]


def signed_bytes(identity: StationIdentity, payload: bytes) -> bytes:
    """What the issuer's signature is over."""
    return b"\0".join((b"pigeonhole-grant/1", identity.tenant.encode(), identity.station.encode(), payload))


class GrantReader:
    """Reads grants for one station.  `issuers` are raw public keys of 32 bytes by their number, 1 to 255."""

    def __init__(self, identity: StationIdentity, issuers: Mapping[int, bytes]) -> None:
        self._identity = identity
        self._station = station_field(identity)
        self._issuers = {number: Ed25519PublicKey.from_public_bytes(key) for number, key in issuers.items()}

    def read(self, item: Input) -> Input:
        """A scan of a grant's form as `GrantPresented`; anything else as it came.  Takes 0.2 ms."""
        if isinstance(item, Scan) and looks_like_grant(text := item.text.strip()):
            return self._presented(item.device, text)
        return item

    def _presented(self, device: str, text: str) -> GrantPresented:
        digits, _, delegate = text.partition("/")
        number = int(digits)
        if number >> (8 * _BYTES):
            return GrantPresented(device, fault="malformed")
        whole = number.to_bytes(_BYTES, "big")
        payload, signature = whole[:PAYLOAD_BYTES], whole[PAYLOAD_BYTES:]
        grant = _fields(payload)
        if grant is None:
            return GrantPresented(device, fault="malformed")
        issuer = self._issuers.get(payload[1])
        if issuer is None:
            return GrantPresented(device, fault="unknown-issuer", claimed=grant.key)
        if payload[8:11] != self._station:
            return GrantPresented(device, fault="wrong-station", claimed=grant.key)
        try:
            issuer.verify(signature, signed_bytes(self._identity, payload))
        except InvalidSignature:
            return GrantPresented(device, fault="bad-signature", claimed=grant.key)
        masked = mask_name(delegate[:DELEGATE_MAX]) if delegate.strip() else ""
        return GrantPresented(device, grant, delegate=masked)


def _fields(payload: bytes) -> Grant | None:
    """The grant, or None for a kind, flag or length of life that this version does not know."""
    version, kind = payload[0] >> 4, payload[0] & 0x0F
    flags, size = payload[2], (payload[2] & 0x70) >> _SIZE_SHIFT
    not_before_ms = EPOCH_MS + int.from_bytes(payload[16:19], "big") * MINUTE_MS
    life_ms = int.from_bytes(payload[19:21], "big") * MINUTE_MS
    right = _RIGHTS.get(kind)
    if version != VERSION or right is None or flags & _RESERVED or size > _MAX_SIZE or not life_ms:
        return None
    if payload[1] == 0 or (size and right is not Right.DEPOSIT):
        return None
    return Grant(
        key=f"{payload[1]}-{payload[3:8].hex()}",
        right=right,
        subject=payload[11:16].hex(),
        not_before_ms=not_before_ms,
        expires_at_ms=not_before_ms + life_ms,
        epoch=int.from_bytes(payload[21:23], "big"),
        single_use=bool(flags & _SINGLE_USE),
        delegable=bool(flags & _DELEGABLE),
        any_time=bool(flags & _ANY_TIME),
        size=size,
    )
