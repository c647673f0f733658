"""Which keys of the configuration may be set from afar: type, range, and when they hold.

What is not in the table is refused.  Wiring, addresses, staff and secrets stay the operator's on the spot: a
mistake in them could not be taken back over a link that they broke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from edge.core.model import Rules, Scalar
from edge.shell.twin_messages import ConfigRefusal

__all__ = ["KEYS", "KeyRow", "checked", "defaults_of", "in_order"]

Kind = Literal["seconds", "count", "flag", "text"]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key: `low` to `high` is its range (for text, of its length); `live` keys hold at once, the others
    from the next start on."""

    kind: Kind
    low: float = 0
    high: float = 0
    live: bool = True

    def objection(self, value: Scalar) -> tuple[str, str] | None:
        """(reason, detail) why `value` is not for this key, or None."""
        if not self._fits(value):
            return "wrong-type", f"a {self.kind} is needed"
        if self.kind == "flag":
            return None
        size = len(value) if isinstance(value, str) else value
        if not self.low <= size <= self.high:
            what = " characters" if self.kind == "text" else ""
            return "out-of-range", f"{self.low:g} to {self.high:g}{what}"
        if isinstance(value, str) and not value.strip():
            return "out-of-range", "must not be blank"
        return None

    def _fits(self, value: Scalar) -> bool:
        if self.kind == "text":
            return isinstance(value, str) and value.isprintable()
        if self.kind == "flag" or isinstance(value, bool):
            return self.kind == "flag" and isinstance(value, bool)
        if self.kind == "count":
            return isinstance(value, int)
        return isinstance(value, int | float)


_DAY: Final = 86_400.0

KEYS: Final[dict[str, KeyRow]] = {
    "rules.holding_period_s": KeyRow("seconds", 3600, 90 * _DAY),
    "rules.stage_timeout_s": KeyRow("seconds", 20, 600),
    "rules.open_detect_s": KeyRow("seconds", 1, 30),
    "rules.door_open_s": KeyRow("seconds", 20, 900),
    "rules.after_close_s": KeyRow("seconds", 5, 120),
    "rules.extend_s": KeyRow("seconds", 10, 600),
    "rules.max_extends": KeyRow("count", 1, 20),
    "rules.max_unlocks_per_visit": KeyRow("count", 1, 10),
    # Against guessing: the loosest of these lets some 1,500 codes a day be tried, of a thousand million.
    "rules.code_attempts": KeyRow("count", 3, 10),
    "rules.station_attempts": KeyRow("count", 3, 10),
    "rules.pin_attempts": KeyRow("count", 3, 10),
    "rules.lockout_s": KeyRow("seconds", 60, _DAY),
    "rules.max_lockout_s": KeyRow("seconds", 600, 7 * _DAY),
    "rules.resume_within_s": KeyRow("seconds", 5, 600),
    # How fresh a command must be: never more than the contract's 30 s.
    "rules.command_clock_skew_s": KeyRow("seconds", 0.5, 30),
    "rules.max_open_life_s": KeyRow("seconds", 5, 30),
    "rules.receipt_after_deposit": KeyRow("flag"),
    "rules.waybill_on_recall": KeyRow("flag"),
    "link.heartbeat_s": KeyRow("seconds", 5, 3600),
    "mqtt.backoff_min_s": KeyRow("seconds", 0.1, 60),
    "mqtt.backoff_max_s": KeyRow("seconds", 1, 600),
    "station.name": KeyRow("text", 1, 80, live=False),
    "station.address": KeyRow("text", 1, 120, live=False),
    "station.phone": KeyRow("text", 3, 32, live=False),
}
"""Every key that may be set from afar.  The next one is a line here and, if no rule, in what reads it."""

_ORDER: Final = (
    ("rules.lockout_s", "rules.max_lockout_s"),
    ("mqtt.backoff_min_s", "mqtt.backoff_max_s"),
)
"""The first of each pair must not be above the second."""

_SECTIONS: Final = frozenset(
    {
        "station",
        "paths",
        "kiosk",
        "mqtt",
        "rules",
        "line",
        "board",
        "bank",
        "compartment",
        "scanner",
        "printer",
    }
    | {"staff", "remote", "update", "diagnostics"}
)
"""Of station.toml: a key of theirs that is not in the table exists, and is not for setting from afar."""


def checked(
    values: Mapping[str, Scalar], base: Mapping[str, Scalar]
) -> tuple[dict[str, Scalar], list[ConfigRefusal]]:
    """The valid keys with their values, and every other with its reason.

    `base` is what station.toml says of all keys of the table.  Two keys that do not go together are refused
    both: neither is more right than the other.
    """
    accepted: dict[str, Scalar] = {}
    refused: list[ConfigRefusal] = []
    for key, value in sorted(values.items()):
        row = KEYS.get(key)
        objection = _not_in_table(key) if row is None else row.objection(value)
        if objection is not None:
            refused.append(ConfigRefusal(key, *objection))
        else:
            accepted[key] = value
    for low, high in _ORDER:
        given = [key for key in (low, high) if key in accepted]
        together = {**base, **accepted}
        if given and float(together[low]) > float(together[high]):
            refused += [ConfigRefusal(key, "conflict", f"{low} would be above {high}") for key in given]
            for key in given:
                del accepted[key]
    return accepted, refused


def in_order(held: dict[str, Scalar], base: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """`held` with `base` for each pair that no longer goes together: station.toml may have changed."""
    wrong = [pair for pair in _ORDER if float(held[pair[0]]) > float(held[pair[1]])]
    return held | {key: base[key] for pair in wrong for key in pair}


def _not_in_table(key: str) -> tuple[str, str]:
    section, _, name = key.partition(".")
    if section == "rules" and name in Rules.__struct_fields__:
        return "not-remote", "is set in station.toml only"
    if section in _SECTIONS - {"rules"}:
        return "not-remote", f"[{section}] is set in station.toml only"
    return "unknown-key", ""


def defaults_of(rules: Rules, others: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What holds for every key of the table without a remote configuration: `rules`, and `others` by key."""
    named: dict[str, Scalar] = {f"rules.{name}": getattr(rules, name) for name in rules.__struct_fields__}
    return {key: {**named, **others}[key] for key in KEYS}
