"""[[staff]] and [[operator]] in station.toml, checked: who may sign in, and who may order."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from edge.config_file import Fail, OperatorRow, StaffRow
from edge.core.model import Staff
from edge.shell.pins import valid_hash

__all__ = ["checked_operators", "checked_staff"]

STAFF_ID = re.compile(r"[A-Za-z0-9]{1,16}")
"""What can be typed at the sign-in."""

ED25519_KEY_BYTES = 32
"""RFC 8032, section 5.1.5."""


def checked_staff(rows: Sequence[StaffRow], fail: Fail) -> dict[str, Staff]:
    """Who may sign in, by what they type."""
    staff = {}
    for number, row in enumerate(rows, 1):
        where = f"[[staff]] number {number}"
        if not STAFF_ID.fullmatch(row.id):
            fail(where, "id", "must be 1 to 16 letters and digits, as they are typed")
        if not valid_hash(row.pin_scrypt):
            fail(where, "pin_scrypt", "make one with: pigeonhole hash-pin")
        staff[row.id] = Staff(row.id, row.name, row.role, row.carrier, row.pin_scrypt)
    return staff


def checked_operators(rows: Sequence[OperatorRow], fail: Fail) -> dict[str, bytes]:
    """Public keys by id; one key under two ids would make one person two."""
    keys: dict[str, bytes] = {}
    for number, row in enumerate(rows, 1):
        where = f"[[operator]] number {number}"
        try:
            key = base64.b64decode(row.public_key, validate=True)
        except ValueError:
            key = b""
        if len(key) != ED25519_KEY_BYTES:
            fail(where, "public_key", "must be base64 of the 32 bytes of an Ed25519 public key")
        if key in keys.values():
            fail(where, "public_key", "is another operator's already")
        keys[row.id] = key
    return keys
