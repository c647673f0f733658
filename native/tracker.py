"""Symbols through frames: what appears in a stream of pictures, and what leaves it.

    tracker = Tracker()
    for frame in camera:
        update = tracker.feed(frame.image, frame.at_s)
        for track in update.appeared:
            print(track.id, track.symbol.text)

A physical symbol is told once, however many frames show it; two with one
content are two.  Nothing here reads a clock or keeps a picture: `at_s` is when
a frame was taken, and bounds are of work and memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final, Literal

from native import barcode
from native.picture_sum import Picture
from native.track_book import Book, Entry, Track, doubt_px
from native.track_match import MAX_DELAY_S
from native.track_place import Places
from native.track_sighting import Sighting, one_of_each, sighted

if TYPE_CHECKING:
    from native.barcode import Effort

__all__ = ["Track", "Tracker", "Update"]

FRAME_WORK_MS: Final = 24.0
"""The bound of work a frame, by default: within the 33 ms from one frame to the next at 30 a second."""

_KNOWN_SHARE, _SUM_SHARE = 0.25, 0.25
"""Shares of a frame's work for places where something is known to be, and for sums of frames."""

_CROP_WORK_US: Final = 1000
"""For one place."""

_THEREABOUTS_PX: Final = 160.0
"""A sum that tells of what is known so near to it tells nothing new."""

_MARGIN_PX: Final = 24.0
"""Around a place that is looked at by itself: a quiet zone, and some more."""


@dataclass(frozen=True, slots=True)
class Update:
    """What a frame changed."""

    appeared: list[Track]
    """Told for the first time, and the only time."""
    lost: list[Track]
    """No longer in view, as last seen."""
    visible: list[Track]
    """Told and not lost, whether or not this frame shows them (`last_seen_s` says)."""
    stopped_by: Literal["max_symbols", "work"] | None = None
    """What ended the look at the frame before its end, as in `Result`."""


class Tracker:
    """One stream of frames, fed in order.  For one thread at a time."""

    def __init__(
        self,
        *,
        symbologies: int = barcode.ALL,
        effort: Effort = "fast",
        max_symbols: int = 64,
        frame_work_ms: float = FRAME_WORK_MS,
        max_px_per_s: float = 8000.0,
        combine: bool = True,
        grace_s: float = 0.25,
        patience_s: float = 3.0,
    ) -> None:
        """`symbologies`, `effort` and `max_symbols` as for `barcode.read`, for each frame.

        `frame_work_ms` bounds the work on a frame, in milliseconds of a 3 GHz
        core; what it cuts is told (`Update.stopped_by`).  Nothing moves faster
        than `max_px_per_s`.  With `combine` symbols that no frame shows well
        enough are read out of several.  A symbol is lost `grace_s` after it
        should have left the picture, and `patience_s` after it was last read.
        """
        if not 1 <= max_symbols <= barcode.MAX_SYMBOLS:
            raise ValueError(f"max_symbols {max_symbols} is not in 1 to {barcode.MAX_SYMBOLS}")
        if not frame_work_ms > 0 or not max_px_per_s > 0:
            raise ValueError("frame_work_ms and max_px_per_s are more than 0")
        if grace_s < 0 or patience_s < 0:
            raise ValueError("grace_s and patience_s are not negative")
        barcode.scan(bytes(1), width=1, height=1, symbologies=symbologies, effort=effort)  # refuses at once
        self._symbologies, self._effort, self._max_symbols = int(symbologies), effort, max_symbols
        self._work_us = min(int(frame_work_ms * 1000) or 1, barcode.MAX_WORK_US)
        self._book = Book(
            0,
            0,
            most=4 * max_symbols,
            max_px_per_s=max_px_per_s,
            grace_s=grace_s,
            patience_s=patience_s,
        )
        self._places = Places(self._symbologies) if combine else None
        self._at_s = float("-inf")

    @property
    def bytes_used(self) -> int:
        """Memory of the sums of frames, the only part that grows with pictures; bounded."""
        return self._places.bytes_used if self._places else 0

    def feed(self, image: object, at_s: float) -> Update:
        """Look at the next frame, taken at `at_s` (seconds of any clock that does not go back).

        `image` is a 2-D buffer as for `barcode.read`; it is borrowed for this
        call.  Raises ValueError when `at_s` does not come after the last
        frame's, and what `barcode.read` raises.
        """
        if not self._at_s < at_s < float("inf"):
            raise ValueError(f"a frame at {at_s} s does not come after the one at {self._at_s} s")
        with Picture(image) as picture:
            self._at_s = at_s
            self._book.resize(picture.width, picture.height)
            sightings, stopped_by = self._look(picture, image, at_s)
            told = self._book.see(sightings, at_s)
            if self._book.full:
                stopped_by = "max_symbols"
            if self._places is not None:
                work_us = int(self._work_us * _SUM_SHARE)
                summed = self._places.look(picture, at_s, self._book, work_us)
                summed = self._book.unheard(summed, _THEREABOUTS_PX, at_s)
                if summed:
                    told += self._book.see(summed, at_s)
            lost = self._book.leave(at_s)
        return Update(
            [entry.track() for entry in told],
            [entry.track() for entry in lost],
            [entry.track() for entry in self._book.entries if entry.told],
            stopped_by,
        )

    def flush(self) -> Update:
        """The stream ends: everything visible is lost.  What comes after is another stream."""
        lost = [entry.track() for entry in self._book.clear()]
        if self._places is not None:
            self._places.clear()
        self._at_s = float("-inf")
        return Update([], lost, [])

    def _look(
        self, picture: Picture, image: object, at_s: float
    ) -> tuple[list[Sighting], Literal["max_symbols", "work"] | None]:
        """Known places first, then the whole frame with what is left of its work."""
        shares = _KNOWN_SHARE + (_SUM_SHARE if self._places is not None else 0.0)
        seen = self._look_at_known(picture, image, at_s)
        result = barcode.scan(
            image,
            symbologies=self._symbologies,
            effort=self._effort,
            max_symbols=self._max_symbols,
            work_us=int(self._work_us * (1 - shares)) or 1,
        )
        seen += [sighted(symbol, picture.width, picture.height) for symbol in result.symbols]
        return one_of_each(seen), result.stopped_by

    def _look_at_known(self, picture: Picture, image: object, at_s: float) -> list[Sighting]:
        """Sightings of what is known, each where it is thought to be; nothing else is believed there."""
        most = int(self._work_us * _KNOWN_SHARE) // _CROP_WORK_US
        # Those still to be believed first, then those that went unread for longest.
        waiting = sorted(self._book.entries, key=lambda entry: (entry.told, entry.last_s))
        found = []
        for entry in waiting[:most]:
            found += self._look_at(entry, picture, image, at_s)
        return found

    def _look_at(self, entry: Entry, picture: Picture, image: object, at_s: float) -> list[Sighting]:
        place, box = entry.motion.ahead(at_s), entry.box(at_s)
        speed = hypot(entry.motion.vx, entry.motion.vy)
        margin = _MARGIN_PX + min(doubt_px(place) + MAX_DELAY_S * speed / 2, 2 * entry.breadth_px + 64)
        left, top = max(0, int(box.left - margin)), max(0, int(box.top - margin))
        right, bottom = (
            min(picture.width, int(box.right + margin)),
            min(picture.height, int(box.bottom + margin)),
        )
        if right - left < entry.breadth_px or bottom - top < entry.breadth_px:
            return []
        result = barcode.scan(
            image,
            symbologies=barcode.Symbology[entry.key[0]],
            effort=self._effort,
            max_symbols=8,
            work_us=_CROP_WORK_US,
            part=(left, top, right - left, bottom - top),
        )
        sightings = [sighted(symbol, picture.width, picture.height) for symbol in result.symbols]
        return [sighting for sighting in sightings if sighting.key == entry.key]
