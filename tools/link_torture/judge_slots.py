"""The verdict on configurations and jobs, from the journal's facts and from what the clerks had sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tools.link_torture.clerks import Desired
from tools.link_torture.judge import Ledger

__all__ = ["weigh_configs", "weigh_jobs"]

Report = Mapping[str, Any]
"""The data of `state/config`."""


def weigh_configs(
    journal: Ledger, sent: Sequence[Desired], good: Desired | None, report: Report | None
) -> dict[str, int]:
    """Documents held against what the station took, refused and says of it in the end.

    Each applied document is one that was desired, with its values and its refused keys, taken once and after
    all lower versions.  A bad one is told once; a good one that came late, or again after it was taken back,
    once at most.
    """
    applied = journal.facts("ph.audit.config-applied.v1")
    told = Counter(
        event["data"]["document"]
        for event in journal.facts("ph.security.input-refused.v1")
        if event["data"].get("document") and event["data"]["source"] == "config/desired"
    )
    versions = [event["data"]["version"] for event in applied]
    return {
        "configs": len(sent),
        "configs_applied": len(applied),
        "configs_reverted": len(journal.facts("ph.audit.config-reverted.v1")),
        "configs_wrong": sum(not _as_desired(event["data"], sent) for event in applied)
        + sum(later <= earlier for earlier, later in pairwise(versions))
        + (not _in_force(journal, good, report)),
        "configs_refused": sum(bool(each.fault) for each in sent),
        "refusals_untold": sum(bool(each.fault) and not told[each.digest] for each in sent),
        "refusals_told_again": sum(count - 1 for count in told.values())
        + len(set(told) - {each.digest for each in sent}),
    }


def _as_desired(data: Mapping[str, Any], sent: Sequence[Desired]) -> bool:
    found = [each for each in sent if not each.fault and each.version == data["version"]]
    if len(found) != 1:
        return False
    values, refused = dict(found[0].values), dict(found[0].refused)
    taken = {key: value for key, value in values.items() if key not in refused}
    return (data["hash"], data["values"], data["refused"]) == (found[0].hash, taken, refused)


def _in_force(journal: Ledger, good: Desired | None, report: Report | None) -> bool:
    """The last good document is what the journal ends with and what the station reports."""
    changes = journal.facts("ph.audit.config-applied.v1", "ph.audit.config-reverted.v1")
    if good is None:
        return not changes
    if not changes or report is None:
        return False
    ends = [(each["version"], each["hash"]) for each in (changes[-1]["data"], report)]
    refused = {each["key"]: each["reason"] for each in report["refused"]}
    return ends == [(good.version, good.hash)] * 2 and refused == dict(good.refused)


def weigh_jobs(journal: Ledger, given: Mapping[str, str], said: Mapping[str, str]) -> dict[str, int]:
    """Jobs (`given`: id and how it is to end) held against their facts and the station's last words on them.

    A job is unresolved unless it was begun once, or never where it is to be rejected, and has one end, the
    one it is to have, in the journal and in words.  A parcel is moved once by a job, and the job counts all.
    """
    begun = Counter(event["data"]["job"] for event in journal.facts("ph.audit.job-accepted.v1"))
    ends: dict[str, list[str]] = {}
    counted: dict[str, int] = {}
    for event in journal.facts("ph.audit.job-finished.v1"):
        data = event["data"]
        ends.setdefault(data["job"], []).append(data["state"])
        counted[data["job"]] = counted.get(data["job"], 0) + int(data["result"].get("moved", 0))
    moved = Counter(
        (event["data"]["command"], event["data"]["parcel"])
        for event in journal.facts("ph.parcel.deadline-shifted.v1")
        if event["data"].get("command") in given
    )
    by_job = Counter(job for job, _ in moved.elements())
    return {
        "jobs": len(given),
        "jobs_unresolved": sum(
            ends.get(job) != [end] or begun[job] != (end != "rejected") or said.get(job) != end
            for job, end in given.items()
        )
        + len(set(ends) - set(given)),
        "parcels_shifted": sum(moved.values()),
        "shifted_wrong": sum(count - 1 for count in moved.values())
        + sum(by_job[job] != counted.get(job, 0) for job in given),
    }
