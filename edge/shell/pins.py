"""Staff PINs: scrypt, off the loop.

Stored as `scrypt$n$r$p$salt$hash`, salt and hash in standard base64
(RFC 7914 names the parameters).  With n = 16384, r = 8 one check takes some
75 ms and 16 MiB.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

__all__ = ["check_pin", "hash_pin", "valid_hash"]

MAX_MEMORY_BYTES = 64 * 1024 * 1024
"""Four times what the recommended parameters take; a hash that asks for more is refused."""

MAX_PARALLEL = 16
"""p of scrypt multiplies the time: 16 take 1.2 s, a typing error of five digits would take an hour."""

MAX_PIN_LENGTH = 32
"""Longer than any PIN; bounds the work a request can ask for."""


def hash_pin(pin: str, *, n: int = 16_384, r: int = 8, p: int = 1) -> str:
    """A fresh hash of `pin` for station.toml."""
    salt = os.urandom(16)
    digest = hashlib.scrypt(pin.encode(), salt=salt, n=n, r=r, p=p, maxmem=MAX_MEMORY_BYTES, dklen=32)
    return f"scrypt${n}${r}${p}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _parse(stored: str) -> tuple[int, int, int, bytes, bytes]:
    kind, n, r, p, salt, digest = stored.split("$")
    if kind != "scrypt":
        raise ValueError(f"{kind} is no known kind")
    return (
        int(n),
        int(r),
        int(p),
        base64.b64decode(salt, validate=True),
        base64.b64decode(digest, validate=True),
    )


def valid_hash(stored: str) -> bool:
    """True when `stored` has the form above and parameters that will run."""
    try:
        n, r, p, salt, digest = _parse(stored)
    except (ValueError, binascii.Error):
        return False
    fits = n > 1 and n & (n - 1) == 0 and r >= 1 and 1 <= p <= MAX_PARALLEL
    # What scrypt itself needs: n blocks, p blocks and one more (OpenSSL, EVP_PBE_scrypt).
    return fits and 128 * r * (n + p + 2) <= MAX_MEMORY_BYTES and len(salt) >= 8 and len(digest) >= 16


def check_pin(pin: str, stored: str) -> bool:
    """Compare in constant time; a malformed hash never matches.  Blocks for some 75 ms."""
    if len(pin) > MAX_PIN_LENGTH or not valid_hash(stored):
        return False
    n, r, p, salt, digest = _parse(stored)
    try:
        ours = hashlib.scrypt(
            pin.encode(), salt=salt, n=n, r=r, p=p, maxmem=MAX_MEMORY_BYTES, dklen=len(digest)
        )
    except ValueError:
        return False
    return hmac.compare_digest(ours, digest)
