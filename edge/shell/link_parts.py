"""What the link is given: its settings, and whom it asks for what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge.shell.grant_messages import GrantsStatus
from edge.shell.messages import Birth, Compartments, Health, Heartbeat, LineCounts, Vitals
from edge.shell.presence import READY, Condition
from edge.shell.twin_messages import ConfigReport

__all__ = ["LinkSettings", "Providers"]


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """`pepper` keys recipients' pseudonyms and is secret; `operators` are public keys by operator id.

    The numbers are seconds.
    """

    pepper: bytes
    heartbeat_s: float = 30.0
    backoff_min_s: float = 1.0
    backoff_max_s: float = 120.0
    operators: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Providers:
    """What the link asks the service for, on the loop, without blocking.

    `birth` says what the station is (called once a connection);
    `compartments` is the snapshot now, its `rev` the sequence of the last fact in it;
    `condition` is what presence says while connected; `config` is the report of the remote
    configuration, None for no report; `lines` and `vitals` are for the heartbeat.
    `grants` is what `state/grants` says of offline grants, None for nothing.
    `health` is what the answer to `diagnose` carries, from the link's own numbers and the station's.
    """

    birth: Callable[[], Birth]
    compartments: Callable[[], Compartments]
    health: Callable[[Heartbeat], Health | None] = lambda numbers: None
    condition: Callable[[], Condition] = lambda: READY
    config: Callable[[], ConfigReport | None] = lambda: None
    lines: Callable[[], dict[str, LineCounts]] = dict
    vitals: Callable[[], Vitals] = Vitals
    grants: Callable[[], GrantsStatus | None] = lambda: None
