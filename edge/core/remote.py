"""The remote configuration: which of its versions is in force, as the journal has it.

Bytes, signatures and files are the shell's.  Here a change is one fact, so a decision is made under the old
rules or the new ones and never under a mixture, and a journal decides the same again.
"""

from __future__ import annotations

import msgspec

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.inputs import ConfigChanged
from edge.core.model import Rules, Setup, State

__all__ = ["RULES_PREFIX", "in_force", "on_config"]

RULES_PREFIX = "rules."
"""A key of the remote configuration with it sets the rule of that name."""

_DETAIL_MAX = 200


def in_force(setup: Setup, state: State) -> Setup:
    """`setup` with the rules of the remote configuration over those of station.toml.

    A rule this software does not have is left out: newer software may have recorded it.
    """
    remote = {
        key.removeprefix(RULES_PREFIX): value
        for key, value in state.config.values.items()
        if key.startswith(RULES_PREFIX)
    }
    changes = {name: value for name, value in remote.items() if name in Rules.__struct_fields__}
    if not changes:
        return setup
    return msgspec.structs.replace(setup, rules=msgspec.structs.replace(setup.rules, **changes))


def on_config(desk: Desk, changed: ConfigChanged) -> None:
    """Record what the shell has put in force."""
    desk.emit(_CHANGES[changed.change](changed))


def _applied(changed: ConfigChanged) -> ev.Event:
    return ev.ConfigApplied(
        version=changed.version,
        hash=changed.hash,
        values=changed.values,
        refused=changed.refused,
        probation=changed.probation,
    )


def _confirmed(changed: ConfigChanged) -> ev.Event:
    return ev.ConfigConfirmed(version=changed.version, hash=changed.hash)


def _reverted(changed: ConfigChanged) -> ev.Event:
    return ev.ConfigReverted(
        reverted_version=changed.reverted_version,
        reverted_hash=changed.reverted_hash,
        reason=changed.reason,
        version=changed.version,
        hash=changed.hash,
        values=changed.values,
        detail=changed.detail[:_DETAIL_MAX],
    )


_CHANGES = {"applied": _applied, "confirmed": _confirmed, "reverted": _reverted}
