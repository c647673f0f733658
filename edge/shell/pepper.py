"""The station's pepper: 32 secret bytes in a file of their own, readable by the service alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["PEPPER_BYTES", "PepperError", "load_pepper"]

PEPPER_BYTES = 32
"""The key length of HMAC-SHA-256."""


class PepperError(Exception):
    """The file cannot be used; names it and says what to do."""


def load_pepper(path: Path) -> bytes:
    """The pepper in `path` (64 hex digits), made with mode 0600 when the file is missing.

    A lost pepper makes every pickup code given out so far useless: a file
    that is there but damaged is an error, never replaced.
    """
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return _make(path)
    except (OSError, UnicodeDecodeError) as error:
        raise PepperError(f"{path}: {error}") from error
    try:
        pepper = bytes.fromhex(text)
    except ValueError:
        pepper = b""
    if len(pepper) != PEPPER_BYTES:
        raise PepperError(f"{path}: must hold {2 * PEPPER_BYTES} hex digits; restore it from provisioning")
    return pepper


def _make(path: Path) -> bytes:
    pepper = secrets.token_bytes(PEPPER_BYTES)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(pepper.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Linked when whole, so that a power cut leaves no half of it; fails when another process was first.
        os.link(fresh, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise PepperError(f"{path}: cannot be made: {error.strerror}") from error
    finally:
        with suppress(OSError):
            fresh.unlink()
    return pepper


def _sync_folder(folder: Path) -> None:
    """Until then a power cut may take the name away, and the next start would make another pepper."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
