"""Examples of configuration, jobs and what tells of them."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.contract.example_facts import JOB
from edge.core import events as ev
from edge.shell import twin_messages as tm

__all__ = ["EXAMPLES", "FACTS"]

_HASH: Final = "sha256:4e51f2637fba418e081af43e8ae32b3830a85db67b0d8b576316f80380a6731e"
_DIGEST: Final = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_VALUES: Final[dict[str, bool | int | float | str]] = {
    "rules.command_clock_skew_s": 2.5,
    "rules.holding_period_s": 172_800,
    "station.phone": "95588",
}

EXAMPLES: Final[dict[str, msgspec.Struct]] = {
    "ph.config.desired.v1": tm.ConfigDesired(
        station="acme/shanghai-0042",
        version=7,
        hash=_HASH,
        values={**_VALUES, "mqtt.host": "broker-2.example.com"},
        signature="NYWel30jz7mciPShRzGTE14ctOlNhKlg6j/VNCI9ZJvLvLiF01axxP/oMl6g5/0xPO/PSwKi3cQyIDNr4+DCCg==",
    ),
    "ph.state.config.v1": tm.ConfigReport(
        version=7,
        hash=_HASH,
        state="probation",
        applied=sorted(_VALUES),
        refused=[tm.ConfigRefusal("mqtt.host", "not-remote", "[mqtt] is set in station.toml only")],
        pending_restart=["station.phone"],
        values={**_VALUES, "station.phone": "400-000-0000", "link.heartbeat_s": 30.0},
    ),
    "ph.jobs.next.v1": tm.JobNext(
        station="acme/shanghai-0042",
        id=JOB,
        kind="deadline-shift",
        step_timeout_s=600,
        expected_version="0.1.0",
        parameters={"shift_s": 86_400, "carrier": "sf"},
    ),
    "ph.jobs.status.v1": tm.JobStatus(
        job=JOB,
        kind="deadline-shift",
        state="running",
        step="shifting",
        done=100,
        skipped=2,
        error=None,
        detail="",
        result={},
    ),
}
"""By schema name."""

FACTS: Final[tuple[ev.EventBase, ...]] = (
    ev.ConfigApplied(version=7, hash=_HASH, values=_VALUES, refused={"mqtt.host": "not-remote"}),
    ev.ConfigConfirmed(version=7, hash=_HASH),
    ev.ConfigReverted(
        reverted_version=7,
        reverted_hash=_HASH,
        reason="unhealthy",
        version=6,
        hash="sha256:" + "6" * 64,
        values={"rules.holding_period_s": 259_200},
        detail="lost: board-a1",
    ),
    ev.JobAccepted(
        job=JOB,
        kind="update",
        issued_at_ms=1_789_000_000_000,
        step_timeout_s=600,
        parameters={"version": "0.2.0", "digest": _DIGEST},
    ),
    ev.JobProgress(job=JOB, step="install"),
    ev.JobFinished(
        job=JOB,
        kind="update",
        state="succeeded",
        issued_at_ms=1_789_000_000_000,
        result={"version": "0.2.0"},
    ),
)
