"""[[issuer]] and the register's place in station.toml, checked."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edge.config_file import Fail, IssuerRow, PathsSection
from edge.shell.grant_text import is_weak_key

__all__ = ["absolute_paths", "checked_issuers"]

MAX_ISSUER: Final = 255
"""The issuer's number takes one byte of a grant; 0 is none."""

KEY_BYTES: Final = 32

REGISTER_NAME: Final = "grants.register"
"""In the data folder, unless [paths] says otherwise."""


def checked_issuers(rows: Sequence[IssuerRow], fail: Fail) -> dict[int, bytes]:
    """Public keys of those who sign offline grants, by the number in each grant."""
    keys: dict[int, bytes] = {}
    for number, row in enumerate(rows, 1):
        where = f"[[issuer]] number {number}"
        try:
            key = base64.b64decode(row.public_key, validate=True)
        except ValueError:
            key = b""
        if not 1 <= row.id <= MAX_ISSUER or row.id in keys:
            fail(where, "id", f"must be 1 to {MAX_ISSUER}, and another one in each row")
        if len(key) != KEY_BYTES or is_weak_key(key):
            fail(where, "public_key", "must be base64 of the 32 bytes of an Ed25519 public key")
        keys[row.id] = key
    return keys


def absolute_paths(paths: PathsSection, absolute: Callable[[Path], Path]) -> PathsSection:
    """All places made absolute; the register's filled in where none is given."""
    data = absolute(paths.data)
    register = data / REGISTER_NAME if paths.grants is None else absolute(paths.grants)
    return PathsSection(data, absolute(paths.pepper), register)
