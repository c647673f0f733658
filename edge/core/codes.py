"""Pickup codes: derived, never stored.

A code is nine digits computed from the station's pepper, the parcel and a
nonce (docs/contract/pickup-code.md), so the journal holds no secret and the
backend, which has the pepper from provisioning, composes the message itself.
The first three digits locate (they say whose counter a wrong guess belongs
to), the last six are secret.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import msgspec

from edge.core.model import Parcel, ParcelState, Setup, State

__all__ = [
    "CODE_DIGITS",
    "LOCATOR_DIGITS",
    "QR_PREFIX",
    "CodeCheck",
    "check_code",
    "choose_nonce",
    "derive_code",
]

CODE_DIGITS = 9
LOCATOR_DIGITS = 3
QR_PREFIX = "PHP:"
"""What the recipient's QR carries before the digits, so that it is no tracking code."""

MAX_NONCE_TRIES = 2_000
"""Twice the locators there are: enough to find a free one with up to some 900 parcels inside."""


def derive_code(pepper: bytes, station: str, parcel: str, nonce: int) -> str:
    """The nine digits for one stay of one parcel."""
    message = b"\0".join((b"pickup-code/1", station.encode(), parcel.encode(), str(nonce).encode()))
    mac = hmac.new(pepper, message, hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def choose_nonce(setup: Setup, state: State, parcel: Parcel) -> int:
    """A nonce not used for this parcel before, with a locator no parcel inside has (if one is free).

    Never one whose whole code is that of another parcel inside: one code opens one door.
    """
    taken = {
        derive_code(setup.pepper, setup.station_id, p.id, p.code_nonce)
        for p in state.parcels.values()
        if p.state.inside and p.id != parcel.id
    }
    locators = {code[:LOCATOR_DIGITS] for code in taken}
    first = parcel.code_nonce + 1
    fallback = None
    for nonce in range(first, first + MAX_NONCE_TRIES):
        code = derive_code(setup.pepper, setup.station_id, parcel.id, nonce)
        if code[:LOCATOR_DIGITS] not in locators:
            return nonce
        if fallback is None and code not in taken:
            fallback = nonce
    assert fallback is not None, "2,000 codes of nine digits are not all taken by the parcels of one station"
    return fallback


class CodeCheck(msgspec.Struct, frozen=True):
    """`result` is ok, wrong, expired or used; `parcel` is set for all but wrong; `near`: same locator."""

    result: str
    parcel: str | None = None
    near: list[str] = []


_RESULTS = {
    ParcelState.STORED: "ok",
    ParcelState.EXPIRED: "expired",
    ParcelState.REFUSED: "expired",
    ParcelState.PICKED_UP: "used",
    ParcelState.RECALLED: "expired",
    ParcelState.MISSING: "expired",
}


def check_code(setup: Setup, state: State, code: str) -> CodeCheck:
    """Compare `code` in constant time with the code of every parcel that has one."""
    inside, left = [], []
    for parcel in state.parcels.values():
        if parcel.state.inside:
            inside.append(parcel)
        elif parcel.state is not ParcelState.EXPECTED and parcel.code_nonce > 0:
            left.append(parcel)
    match, near = _compare(setup, inside, code)
    if match is None:
        match, _ = _compare(setup, left, code)
    if match is None:
        return CodeCheck("wrong", near=near)
    return CodeCheck(_RESULTS[match.state], parcel=match.id)


def _compare(setup: Setup, parcels: Iterable[Parcel], code: str) -> tuple[Parcel | None, list[str]]:
    """No early exit: the time taken must not tell how far a guess came."""
    match, near = None, []
    for parcel in parcels:
        own = derive_code(setup.pepper, setup.station_id, parcel.id, parcel.code_nonce)
        if hmac.compare_digest(own, code):
            match = parcel
        if hmac.compare_digest(own[:LOCATOR_DIGITS], code[:LOCATOR_DIGITS]):
            near.append(parcel.id)
    return match, near
