"""`--since` and `--until`: a time, an age or a sequence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

__all__ = ["MomentError", "parse_moment"]

_AGE: Final = re.compile(r"(\d{1,6})(s|min|h|d)")
_UNIT_MS: Final = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_SEQUENCE: Final = re.compile(r"#(\d{1,19})")


class MomentError(ValueError):
    """No moment; the message says what one looks like."""


def parse_moment(text: str, now_ms: int) -> tuple[int | None, int | None]:
    """(sequence, None) of `#4711`, or (None, wall time in ms) of a time or an age before `now_ms`.

    A time is `2026-11-26`, `2026-11-26T10:00` or with an offset; without one it is the machine's local time.
    An age is `90s`, `15min`, `2h`, `7d`.  Raises MomentError.
    """
    if found := _SEQUENCE.fullmatch(text):
        return int(found[1]), None
    if found := _AGE.fullmatch(text):
        return None, now_ms - int(found[1]) * _UNIT_MS[found[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MomentError(
            f"{text!r} is no time (2026-11-26T10:00), no age (15min, 2h, 7d) and no sequence (#4711)"
        ) from error
    return None, int(moment.astimezone(UTC).timestamp() * 1000)
