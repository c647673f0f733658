"""Grants held against backend and register; restored journals and power cuts between any two steps."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.effects import RecordGrants, UnlockDoor
from edge.core.fold import fold
from edge.core.grant_book import FOR_EVER_MS, LEARNED_AT_ONCE, MAX_KEPT, GrantBook, Right
from edge.core.inputs import (
    GrantDelta,
    GrantDigest,
    GrantPresented,
    GrantsRecalled,
    Input,
    JournalSetBack,
    Tick,
)
from edge.core.model import State
from edge.core.orders import Revoke
from tests.core.bench import Bench, expected

LATE = 2**50


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def keys(*numbers: int) -> dict[str, int]:
    return {f"7-{n:010x}": LATE for n in numbers}


def digest(bench: Bench, *, epoch: int = 0, revoked: dict[str, int], spent: dict[str, int]) -> GrantDigest:
    def sum_(entries: dict[str, int]) -> str:
        return hashlib.sha256("".join(key + "\n" for key in sorted(entries)).encode()).hexdigest()

    return GrantDigest(bench.now_ms, epoch, len(revoked), sum_(revoked), len(spent), sum_(spent))


def spend(bench: Bench, number: int = 1) -> str:
    """Use a grant for service, whole; returns its key."""
    grant = bench.grant(Right.SERVICE, "a02", number)
    bench.show(grant)
    bench.door_opens()
    bench.door_closes()
    bench.tap("done")
    return grant.key


def book(bench: Bench) -> GrantBook:
    return bench.state.grants


# --- delta and digest ----------------------------------------------------------------


def test_a_delta_is_taken_over_once_and_goes_to_the_register(bench: Bench) -> None:
    delta = GrantDelta(4, keys(1, 2), keys(3))
    decision = bench.send(delta)

    assert (book(bench).epoch, book(bench).revoked, book(bench).spent) == (4, keys(1, 2), keys(3))
    assert decision.effects == [RecordGrants(keys(3), keys(1, 2), 4)]
    again = bench.send(delta)
    assert (again.events, again.effects) == ([], [])


def test_an_older_delta_takes_nothing_back(bench: Bench) -> None:
    bench.send(GrantDelta(4, keys(1), {}))
    bench.send(GrantDelta(2, keys(2), {}))
    bench.send(GrantDelta(0, {next(iter(keys(1))): 5}, {}))

    assert (book(bench).epoch, book(bench).revoked) == (4, keys(1, 2))


def test_a_delta_beyond_the_bound_is_refused_as_a_whole(bench: Bench) -> None:
    for first in range(0, MAX_KEPT, 1_000):
        bench.send(GrantDelta(0, keys(*range(first, first + 1_000)), {}))
    before = book(bench)
    decision = bench.send(GrantDelta(1, keys(MAX_KEPT + 1), {}))

    assert decision.refused and book(bench) == before
    assert len(before.revoked) == MAX_KEPT


def test_what_is_learned_is_written_in_records_of_bounded_size(bench: Bench) -> None:
    bench.send(GrantDelta(0, keys(*range(1_000)), keys(*range(2_000, 2_100))))

    facts = bench.events(ev.GrantsLearned)
    assert [len(f.spent) + len(f.revoked) for f in facts] == [LEARNED_AT_ONCE, LEARNED_AT_ONCE, 100]
    assert (len(book(bench).revoked), len(book(bench).spent)) == (1_000, 100)


def test_equal_sets_need_no_fact(bench: Bench) -> None:
    bench.send(GrantDelta(0, keys(1), {}))
    spent = {spend(bench, 9): 0}

    assert bench.send(digest(bench, revoked=keys(1), spent=spent)).events == []


def test_what_the_backend_has_not_heard_of_yet_is_no_difference(bench: Bench) -> None:
    spend(bench)

    assert bench.send(digest(bench, revoked={}, spent={})).events == []


def test_another_set_of_revoked_is_asked_for_once_and_the_answer_settles_it(bench: Bench) -> None:
    told = digest(bench, revoked=keys(1, 2), spent={})
    bench.send(told)
    bench.send(told)
    (differ,) = bench.events(ev.GrantsDiffer)
    assert book(bench).ask == differ.ask != ""

    bench.send(GrantDelta(0, keys(1), {}, 1, 2, "someone-else"))
    bench.send(GrantDelta(0, keys(1), {}, 1, 2, differ.ask))
    assert book(bench).ask == differ.ask
    bench.send(GrantDelta(0, keys(2), {}, 2, 2, differ.ask))
    assert book(bench).ask == "" and book(bench).revoked == keys(1, 2)
    assert bench.send(told).events == []


@pytest.mark.parametrize("parts", [[2], [1, 3], [2, 3], [3, 3, 3], [1, 2, 4]])
def test_an_answer_with_a_missing_part_settles_nothing(bench: Bench, parts: list[int]) -> None:
    bench.send(JournalSetBack("ack-beyond-head", 9))
    ask = book(bench).ask
    for part in parts:
        bench.send(GrantDelta(0, {}, {}, part, 3, ask))

    assert book(bench).doubt_ms > 0


@pytest.mark.parametrize("parts", [[1, 2, 3], [3, 1, 2], [2, 2, 3, 1]])
def test_an_answer_may_come_in_any_order_and_twice(bench: Bench, parts: list[int]) -> None:
    bench.send(JournalSetBack("ack-beyond-head", 9))
    ask = book(bench).ask
    for part in parts:
        assert book(bench).doubt_ms > 0
        bench.send(GrantDelta(0, {}, keys(part), part, 3, ask))

    assert book(bench).doubt_ms == 0 and book(bench).spent == keys(1, 2, 3)


def test_an_epoch_voids_what_was_signed_before(bench: Bench) -> None:
    bench.send(GrantDelta(2, {}, {}))
    bench.show(bench.grant(Right.SERVICE, "a02", epoch=1))
    assert bench.events(ev.GrantRefused)[-1].reason == "old-epoch"
    bench.show(bench.grant(Right.SERVICE, "a02", epoch=3))

    assert bench.pulses and book(bench).epoch == 2, "a newer grant says nothing of the others"


# --- doubt -----------------------------------------------------------------------------


def doubtful(bench: Bench) -> str:
    bench.send(JournalSetBack("ack-beyond-head", 9))
    return book(bench).ask


def test_in_doubt_what_may_have_been_used_is_refused_and_what_begins_later_is_not(bench: Bench) -> None:
    bench.now_ms += 7
    doubtful(bench)
    bench.now_ms += 3_600_000
    drift_ms = int(bench.setup.rules.grant_drift_s * 1000)
    fact = bench.events(ev.GrantsDoubted)[-1]
    assert (fact.reason, fact.before_ms) == ("ack-beyond-head", bench.now_ms - 3_600_000)
    bench.show(bench.grant(Right.SERVICE, "a02", not_before_ms=fact.before_ms + drift_ms))
    assert bench.events(ev.GrantRefused)[-1].reason == "set-back"
    bench.show(bench.grant(Right.SERVICE, "a02", not_before_ms=fact.before_ms + drift_ms + 1))
    assert len(bench.pulses) == 1


def test_with_a_clock_that_drifts_the_doubt_reaches_as_far(bench: Bench) -> None:
    bench.clock = "holdover"
    doubtful(bench)
    drift_ms = int(bench.setup.rules.grant_drift_s * 1000)
    before_ms = bench.events(ev.GrantsDoubted)[-1].before_ms
    assert before_ms == bench.now_ms + drift_ms
    bench.now_ms += 3_600_000
    bench.show(bench.grant(Right.SERVICE, "a02", not_before_ms=before_ms + drift_ms))
    assert bench.events(ev.GrantRefused)[-1].reason == "set-back"
    bench.show(bench.grant(Right.SERVICE, "a02", not_before_ms=before_ms + drift_ms + 1))
    assert len(bench.pulses) == 1


def test_without_a_clock_every_grant_waits_for_the_backend(bench: Bench) -> None:
    bench.clock, bench.now_ms = "unset", 5_000
    doubtful(bench)

    assert book(bench).doubt_ms == FOR_EVER_MS


def test_only_the_answer_to_this_very_asking_ends_the_doubt(bench: Bench) -> None:
    """An older list or digest may lie in the broker's queue since before the grant was spent."""
    first = doubtful(bench)
    bench.send(GrantDelta(0, {}, {}, 1, 1, ""))
    bench.send(digest(bench, revoked={}, spent={}))
    assert book(bench).doubt_ms > 0
    bench.send(GrantsRecalled({}, {}, 0, "journal-older"))
    second = book(bench).ask
    assert second != first
    bench.send(GrantDelta(0, {}, {}, 1, 1, first))
    assert book(bench).doubt_ms > 0
    bench.send(GrantDelta(0, {}, keys(5), 1, 1, second))

    assert book(bench).doubt_ms == 0 and book(bench).spent == keys(5)
    assert len(bench.events(ev.GrantsConfirmed)) == 1


def test_a_proof_of_the_same_set_back_again_is_no_news(bench: Bench) -> None:
    doubtful(bench)

    assert bench.send(JournalSetBack("ack-beyond-head", 9)).events == []


@pytest.mark.parametrize("others", [keys(1), keys(1, 2)])
def test_a_backend_that_knows_more_spent_shows_a_set_back(bench: Bench, others: dict[str, int]) -> None:
    if len(others) == 1:
        spend(bench, 9)
    bench.send(digest(bench, revoked={}, spent=others))

    assert [e.reason for e in bench.events(ev.GrantsDoubted)] == ["digest"]


def test_a_doubt_outlives_a_restart(bench: Bench) -> None:
    ask = doubtful(bench)
    bench.restart()

    assert (book(bench).ask, book(bench).doubt_ms > 0) == (ask, True)


def test_the_register_and_the_journal_complete_each_other(bench: Bench) -> None:
    own = spend(bench)
    bench.send(GrantDelta(2, keys(4), {}))
    decision = bench.send(GrantsRecalled(keys(8), keys(6), 3))

    assert set(book(bench).spent) == {own, *keys(8)} and book(bench).revoked == keys(4, 6)
    assert book(bench).epoch == 3 and book(bench).doubt_ms == 0
    (record,) = (e for e in decision.effects if isinstance(e, RecordGrants))
    assert set(record.spent) == {own} and record.revoked == keys(4) and record.epoch is None


def test_a_missing_register_is_suspect_only_where_there_was_one(bench: Bench) -> None:
    bench.send(GrantsRecalled({}, {}, 0, "register-missing"))
    assert book(bench).doubt_ms == 0
    spend(bench)
    bench.send(GrantsRecalled({}, {}, 0, "register-missing"))

    assert book(bench).doubt_ms > 0


# --- power cuts and restored journals -----------------------------------------------------


class Cabinet:
    """Journal, register and lock as three things that may each be where it was when the power went."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.register = RecordGrants(epoch=0)
        self.register_head = 0
        self.pulsed: list[str] = []
        self.revoked: set[str] = set()
        self.copies: list[int] = []
        self.bench.start()
        self.bench.send(expected("p1"))

    def do(self, item: Input, steps: int) -> None:
        """Decide, commit, and carry out `steps` of what was asked for; with fewer, the power goes."""
        decision = self.bench.send(item)
        asked = [e for e in decision.effects if isinstance(e, RecordGrants | UnlockDoor)]
        for effect in asked[:steps]:
            if isinstance(effect, RecordGrants):
                self._keep(effect)
            elif effect.after_grant is None or effect.after_grant in self.register.spent:
                self.pulsed.append(self.bench.events(ev.UnlockRequested)[-1].authorisation.ref)
        if steps < len(asked):
            self.starts(len(self.bench.journal))

    def _keep(self, effect: RecordGrants) -> None:
        self.register.spent.update(effect.spent)
        self.register.revoked.update(effect.revoked)
        epoch = max(self.register.epoch or 0, effect.epoch or 0)
        self.register = RecordGrants(self.register.spent, self.register.revoked, epoch)
        self.register_head = len(self.bench.journal)
        self.revoked |= set(effect.revoked)

    def starts(self, length: int) -> None:
        """The power comes back with the first `length` facts; nothing is pulsed by a start."""
        older = "journal-older" if length < self.register_head else ""
        self.bench.journal = self.bench.journal[:length]
        self.bench.state = fold(State(), self.bench.journal)
        self.bench.start()
        recalled = GrantsRecalled(
            dict(self.register.spent), dict(self.register.revoked), self.register.epoch or 0, older
        )
        self.do(recalled, 9)
        for _ in range(4):
            if self.bench.state.session is not None:
                self.bench.time_out()


STEPS = st.sampled_from([9, 9, 9, 1, 0])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.integers(1, 4), STEPS),
        st.tuples(st.just("show"), st.integers(1, 4), STEPS),
        st.tuples(st.just("revoke"), st.integers(1, 4), STEPS),
        st.tuples(st.just("restore"), st.integers(0, 60), st.just(9)),
        st.tuples(st.just("wait"), st.integers(0, 30), st.just(9)),
        st.tuples(st.just("copy"), st.just(0), st.just(9)),
        st.tuples(st.just("confirm"), st.just(0), STEPS),
        st.tuples(st.just("clock"), st.integers(0, 2), st.just(9)),
    ),
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@given(ACTIONS)
def test_no_grant_opens_a_second_time_whatever_is_cut_or_restored(
    actions: list[tuple[str, int, int]],
) -> None:
    cabinet = Cabinet()
    bench = cabinet.bench
    begin_ms = bench.now_ms
    issued = {n: bench.grant(Right.SERVICE, "a02", n, not_before_ms=begin_ms) for n in range(1, 5)}
    shown_revoked: list[str] = []
    for what, number, steps in actions:
        if what == "show":
            pulses = len(cabinet.pulsed)
            was_revoked = issued[number].key in cabinet.revoked
            cabinet.do(GrantPresented("window", issued[number]), steps)
            shown_revoked += cabinet.pulsed[pulses:] if was_revoked else []
            _leave(bench)
        elif what == "revoke":
            cabinet.do(GrantDelta(0, {issued[number].key: LATE}, {}), steps)
        elif what == "restore":
            copies = [0, *cabinet.copies, len(bench.journal)]
            cabinet.starts(min(copies[number % len(copies)], len(bench.journal)))
        elif what == "copy":
            cabinet.copies.append(len(bench.journal))
        elif what == "confirm":
            # The backend has heard of nothing: the worst honest answer.
            cabinet.do(GrantDelta(0, {}, {}, 1, 1, bench.state.grants.ask), steps)
        elif what == "clock":
            bench.clock = ("synced", "holdover", "unset")[number]
        else:
            bench.now_ms += number * 3_600_000
            bench.send(Tick())

    assert len(set(cabinet.pulsed)) == len(cabinet.pulsed), "a grant opened twice"
    assert shown_revoked == [], "a revoked grant opened"


def _leave(bench: Bench) -> None:
    """Whoever stood there is gone: the door opened and closed, the time ran out."""
    if bench.state.unlock is not None:
        bench.door_opens()
        bench.door_closes()
    for _ in range(4):
        if bench.state.session is not None:
            bench.time_out()


# --- the verb ---------------------------------------------------------------------------


def test_revoking_by_command_is_recorded_answered_and_kept(bench: Bench) -> None:
    bench.send(bench.order(Revoke(keys(1), 2, "op-1", "lost phone")))

    assert book(bench).revoked == keys(1) and book(bench).epoch == 2
    received, result = bench.events(ev.CommandReceived)[-1], bench.events(ev.CommandResult)[-1]
    assert (received.operator, received.reason, result.result) == ("op-1", "lost phone", "succeeded")
    assert bench.events(ev.GrantsLearned)[-1].command == "c1"
    assert bench.last_effect(RecordGrants) == RecordGrants({}, keys(1), 2)
    bench.show(bench.grant(Right.SERVICE, "a02", epoch=2))
    assert bench.events(ev.GrantRefused)[-1].reason == "revoked"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (Revoke(keys(1), 0, "", "why"), "NOT_AUTHORISED"),
        (Revoke(keys(1), 0, "op-1", ""), "NOT_AUTHORISED"),
        (Revoke(keys(*range(MAX_KEPT + 1)), 0, "op-1", "why"), "RATE_LIMITED"),
    ],
)
def test_a_revocation_that_is_not_allowed_changes_nothing(bench: Bench, order: Revoke, error: str) -> None:
    before = book(bench)
    bench.send(bench.order(order))

    assert bench.events(ev.CommandResult)[-1].error == error and book(bench) == before
