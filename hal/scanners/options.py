"""Settings of scanners: what can be used, and what is meant where nothing is said."""

from __future__ import annotations

from hal.errors import DeviceConfigError
from hal.interfaces import ScanMode
from hal.settings import ScannerSettings

__all__ = ["IDLE_GAP_S", "STALE_GAP_S", "checked", "gap_s", "mode", "wrong"]

IDLE_GAP_S = 0.08
"""Ends a scan of a scanner that sends no suffix; 40 to 100 ms is usual, a character at 9600 baud takes 1."""
STALE_GAP_S = 1.0
"""With a suffix configured, a scan that stops for so long was cut off: it must not be glued to the next
one."""
MIN_BAUD, MAX_BAUD = 300, 4_000_000
MAX_GAP_MS = 10_000
MAX_REPEAT_WINDOW_MS = 60_000
"""A minute: longer would swallow a parcel that is scanned again on purpose."""


def checked(settings: ScannerSettings) -> ScannerSettings:
    """The settings, when every scanner could use them.  Raises DeviceConfigError naming the key."""
    for key, value, low, high in (
        ("baud", settings.baud, MIN_BAUD, MAX_BAUD),
        ("gap_ms", settings.gap_ms, 0, MAX_GAP_MS),
        ("repeat_window_ms", settings.repeat_window_ms, 0, MAX_REPEAT_WINDOW_MS),
        ("continuous_value", settings.continuous_value, 0, 255),
    ):
        if not low <= value <= high:
            raise wrong(settings, key, f"{value} is not in {low}..{high}")
    return settings


def mode(settings: ScannerSettings) -> ScanMode | None:
    """What the scanner is to be set to when it comes up, None to leave it.  Raises DeviceConfigError."""
    if not settings.mode:
        return None
    try:
        return ScanMode(settings.mode)
    except ValueError as exc:
        raise wrong(settings, "mode", f"{settings.mode!r} is neither 'host' nor 'continuous'") from exc


def gap_s(settings: ScannerSettings) -> float:
    """The silence after which a scan of a line scanner has ended or was cut off."""
    if settings.gap_ms:
        return settings.gap_ms / 1000
    return STALE_GAP_S if settings.suffix else IDLE_GAP_S


def wrong(settings: ScannerSettings, key: str, detail: str) -> DeviceConfigError:
    """The error that names the scanner and the key."""
    return DeviceConfigError(f"scanner {settings.id}", f"{key}: {detail}")
