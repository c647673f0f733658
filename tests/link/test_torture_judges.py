"""The judges of `make link-torture` on configurations, jobs and grants: books that are right, and wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.link_torture.bearers import Issued
from tools.link_torture.clerks import Desired
from tools.link_torture.judge import Ledger
from tools.link_torture.judge_grants import weigh_grants
from tools.link_torture.judge_slots import weigh_configs, weigh_jobs

Fact = tuple[str, dict[str, Any]]


def journal(*facts: Fact) -> Ledger:
    bodies = [json.dumps({"type": f"ph.{type_}.v1", "data": data}).encode() for type_, data in facts]
    return Ledger(list(enumerate(bodies, 1)), [])


def wrong(verdict: dict[str, int], *counts: str) -> dict[str, int]:
    return {key: value for key, value in verdict.items() if value and key not in counts}


# --- configurations -------------------------------------------------------------------------


def good(version: int, **odd: str) -> Desired:
    values = {"rules.extend_s": version, **dict.fromkeys(odd, 1)}
    return Desired(f"d{version}", version, b"", f"h{version}", tuple(values.items()), tuple(odd.items()))


BAD = Desired("bad", 2, b"", fault="wrong-hash")
SENT = [good(1), BAD, good(3, strange="unknown-key"), good(4)]
TOLD: Fact = ("security.input-refused", {"source": "config/desired", "document": "bad"})
LATE: Fact = ("security.input-refused", {"source": "config/desired", "document": "d1"})
REPORT = {"version": 4, "hash": "h4", "refused": []}


def applied(version: int, **changes: Any) -> Fact:
    data = {"version": version, "hash": f"h{version}", "values": {"rules.extend_s": version}, "refused": {}}
    return "audit.config-applied", data | changes


THIRD = applied(3, refused={"strange": "unknown-key"})


def reverted(out: int, back_to: int) -> Fact:
    data = {"reverted_version": out, "version": back_to, "hash": f"h{back_to}", "values": {}}
    return "audit.config-reverted", data


def configs(*facts: Fact, report: dict[str, Any] = REPORT) -> dict[str, int]:
    verdict = weigh_configs(journal(*facts), SENT, SENT[-1], report)
    return wrong(verdict, "configs", "configs_applied", "configs_reverted", "configs_refused")


def test_documents_taken_told_and_passed_over_are_right() -> None:
    assert configs(applied(1), TOLD, THIRD, reverted(3, 0), applied(4)) == {}
    assert configs(TOLD, applied(4), LATE) == {}
    assert weigh_configs(journal(), [], None, None)["configs_wrong"] == 0


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ([applied(4)], {"refusals_untold": 1}),
        ([TOLD, TOLD, applied(4)], {"refusals_told_again": 1}),
        ([TOLD, LATE, LATE, applied(4)], {"refusals_told_again": 1}),
        ([TOLD, (TOLD[0], TOLD[1] | {"document": "nobody's"}), applied(4)], {"refusals_told_again": 1}),
        ([TOLD, applied(1), applied(1), applied(4)], {"configs_wrong": 1}),
        ([TOLD, THIRD, applied(1), applied(4)], {"configs_wrong": 1}),
        ([TOLD, applied(2), applied(4)], {"configs_wrong": 1}),
        ([TOLD, applied(3), applied(4)], {"configs_wrong": 1}),
        ([TOLD, applied(1, values={}), applied(4)], {"configs_wrong": 1}),
        ([TOLD, applied(1)], {"configs_wrong": 1}),
        ([TOLD, applied(1), applied(4), reverted(4, 1)], {"configs_wrong": 1}),
        ([TOLD], {"configs_wrong": 1}),
    ],
)
def test_a_document_that_went_wrong_is_seen(facts: list[Fact], found: dict[str, int]) -> None:
    assert configs(*facts) == found


def test_the_report_counts_with_its_keys() -> None:
    assert configs(TOLD, applied(4), report=REPORT | {"version": 3}) == {"configs_wrong": 1}
    refused = [{"key": "strange", "reason": "unknown-key"}]
    assert configs(TOLD, applied(4), report=REPORT | {"refused": refused}) == {"configs_wrong": 1}


# --- jobs --------------------------------------------------------------------------------------

GIVEN = {"j1": "succeeded", "j2": "rejected"}


def accepted(job: str) -> Fact:
    return "audit.job-accepted", {"job": job}


def finished(job: str, state: str, **result: int) -> Fact:
    return "audit.job-finished", {"job": job, "state": state, "result": result}


def moved(parcel: str, job: str = "j1") -> Fact:
    return "parcel.deadline-shifted", {"parcel": parcel, "command": job}


FIRST = (accepted("j1"), moved("p1"), moved("p2"), finished("j1", "succeeded", moved=2))
SECOND = finished("j2", "rejected")


def jobs(*facts: Fact, said: dict[str, str] = GIVEN) -> dict[str, int]:
    return wrong(weigh_jobs(journal(*facts), GIVEN, said), "jobs", "parcels_shifted")


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ([*FIRST, SECOND], {}),
        ([*FIRST, SECOND, moved("p1", "a command")], {}),
        ([*FIRST], {"jobs_unresolved": 1}),
        ([*FIRST, accepted("j1"), SECOND], {"jobs_unresolved": 1}),
        ([*FIRST, SECOND, SECOND], {"jobs_unresolved": 1}),
        ([*FIRST, accepted("j2"), SECOND], {"jobs_unresolved": 1}),
        ([*FIRST, finished("j2", "failed")], {"jobs_unresolved": 1}),
        ([*FIRST, SECOND, finished("j3", "succeeded")], {"jobs_unresolved": 1}),
        ([*FIRST, moved("p2"), SECOND], {"shifted_wrong": 2}),
        ([*FIRST, moved("p3"), SECOND], {"shifted_wrong": 1}),
    ],
)
def test_a_job_that_went_wrong_is_seen(facts: list[Fact], found: dict[str, int]) -> None:
    assert jobs(*facts) == found


def test_a_job_without_the_last_word_is_unresolved() -> None:
    assert jobs(*FIRST, SECOND, said={"j1": "running", "j2": "rejected"}) == {"jobs_unresolved": 1}
    assert jobs(*FIRST, SECOND, said={"j1": "succeeded"}) == {"jobs_unresolved": 1}


# --- grants ------------------------------------------------------------------------------------

ISSUED = {"7-1": Issued(0, 1), "7-2": Issued(1, 1)}


def used(name: str, visit: str) -> Fact:
    return "security.grant-used", {"grant": name, "session": visit}


def door(name: str, visit: str, kind: str = "grant") -> Fact:
    right = {"kind": kind, "ref": name}
    return "door.unlock-requested", {"authorisation": right, "session": visit}


def learned(*names: str, epoch: int = 0) -> Fact:
    return "security.grants-learned", {"revoked": dict.fromkeys(names, 1), "epoch": epoch}


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ([used("7-1", "v1"), door("7-1", "v1"), door("7-1", "v1"), used("7-2", "v2"), door("7-2", "v2")], {}),
        ([used("7-1", "v1"), door("7-1", "v1"), learned("7-1", "7-2", epoch=1)], {}),
        ([learned(epoch=1), used("7-2", "v1"), door("p1", "v9", "pickup_code")], {}),
        ([used("7-1", "v1"), used("7-1", "v1")], {"grants_opened_again": 1}),
        ([used("7-1", "v1"), door("7-1", "v2")], {"grants_opened_again": 1}),
        ([door("7-1", "v1")], {"grants_opened_again": 1}),
        ([used("7-9", "v1")], {"grants_opened_again": 1}),
        ([learned("7-1"), used("7-1", "v1")], {"grants_opened_revoked": 1}),
        ([learned(epoch=1), used("7-1", "v1")], {"grants_opened_revoked": 1}),
    ],
)
def test_a_grant_that_went_wrong_is_seen(facts: list[Fact], found: dict[str, int]) -> None:
    verdict = weigh_grants(journal(*facts), ISSUED)
    assert wrong(verdict, "grants", "grants_used", "grants_refused", "grants_revoked") == found
