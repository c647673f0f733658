"""Whether a scan is the symbol of a moment ago, still before the window."""

from __future__ import annotations

from hal.interfaces import ScanRead

__all__ = ["Repeats"]


class Repeats:
    """The scans of one scanner; the same text within `window_s` of its last sight is the same symbol.

    The window begins anew with every sight: a symbol left lying there is one scan however long it lies.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._text: str | None = None
        self._at_s = float("-inf")

    def again(self, scan: ScanRead) -> bool:
        """True when `scan` is no new symbol; to be asked once for each, in order."""
        repeated = scan.text == self._text and scan.at_s - self._at_s < self._window_s
        self._text, self._at_s = scan.text, scan.at_s
        return repeated
