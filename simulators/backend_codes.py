"""Pickup codes as a carrier derives them: the carrier's own reading of docs/contract/pickup-code.md."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

__all__ = ["grouped", "pickup_code", "qr_text"]

CODE_DIGITS: Final = 9


def pickup_code(pepper: bytes, station: str, parcel: str, nonce: int) -> str:
    """The nine digits that open the door for `parcel`; the first three locate, the last six are the secret.

    HMAC-SHA256 with the station's pepper over `pickup-code/1`, station,
    parcel and nonce, joined by zero bytes; its first eight bytes, big-endian,
    modulo 10**9, zero-padded.
    """
    text = b"\0".join((b"pickup-code/1", station.encode(), parcel.encode(), str(nonce).encode()))
    mac = hmac.new(pepper, text, hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def qr_text(code: str) -> str:
    """What the recipient's QR code says."""
    return f"PHP:{code}"


def grouped(code: str) -> str:
    """`123 456 789`: the way people read nine digits aloud."""
    return " ".join(code[start : start + 3] for start in range(0, len(code), 3))
