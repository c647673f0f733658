"""The `options` table of a board: keys that only some kinds have, taken one by one by the kind's maker.

    with board_options(board) as options:
        seconds = options.flag("timed_open", default=False)

Leaving the block refuses what nobody took, so a family's keys are stated once, where it uses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hal.errors import DeviceConfigError
from hal.settings import BoardSettings

__all__ = ["Options", "board_options", "wrong"]


def wrong(board: BoardSettings, key: str, detail: str) -> DeviceConfigError:
    """The error that names a board's key."""
    return DeviceConfigError(f"board {board.id}", f"{key}: {detail}")


class Options:
    """The options of one board; every method raises DeviceConfigError naming its key."""

    def __init__(self, board: BoardSettings) -> None:
        self._board = board
        self._given: Mapping[str, object] = board.options
        self._known: list[str] = []

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(key, f"{value!r} is no whole number")
        if not low <= value <= high:
            raise self.wrong(key, f"{value} is not in {low}..{high}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false")
        return value

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`."""
        value = self._take(key, default)
        if value not in choices:
            raise self.wrong(key, f"{value!r} is none of {', '.join(choices)}")
        return str(value)

    def wrong(self, key: str, detail: str) -> DeviceConfigError:
        """The error for one of these keys."""
        return wrong(self._board, f"options.{key}", detail)

    def refuse_the_rest(self) -> None:
        """Raise for a key that no method was asked for."""
        for key in self._given:
            if key not in self._known:
                known = ", ".join(sorted(self._known)) or "none"
                raise self.wrong(key, f"{self._board.kind!r} has no such option; it has {known}")

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        return self._given.get(key, default)


@contextmanager
def board_options(board: BoardSettings) -> Iterator[Options]:
    """The options of `board`, all of which must be taken in the block."""
    options = Options(board)
    yield options
    options.refuse_the_rest()
