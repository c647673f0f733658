"""Objects that name a key twice: one reader takes the first value, another the last.

The command parser takes the last; a broker's filter or an auditor before it
may judge the first.  So that nobody opens another door than the one somebody
else has checked, such a message is refused.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["doubled_key"]


class _Doubled(Exception):
    pass


def doubled_key(payload: bytes) -> str | None:
    """The first key that an object of this JSON has twice; None when there is none, or it is no JSON.

    Linear in the payload; nesting must have been bounded before.
    """
    try:
        # Numbers stay text: nobody looks at them, and a long one takes its square in time.
        json.loads(payload, object_pairs_hook=_only_once, parse_int=str, parse_float=str)
    except _Doubled as found:
        return str(found)
    except ValueError:
        return None
    return None


def _only_once(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _Doubled(key)
        seen.add(key)
