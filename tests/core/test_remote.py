"""Rules set from afar: one fact, laid over station.toml's, the same again from the journal."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.decide import available_actions, decide
from edge.core.fold import fold
from edge.core.fold_upkeep import DOCUMENTS_KEPT
from edge.core.inputs import ConfigChanged, InputRejected, Moment, Tap
from edge.core.model import Rules, State
from edge.core.remote import in_force
from edge.core.screen import render
from tests.core.bench import Bench, make_setup

HASH = "sha256:" + "a" * 64


def applied(version: int = 1, **rules: bool | int | float) -> ConfigChanged:
    values = {f"rules.{name}": value for name, value in rules.items()}
    return ConfigChanged("applied", version, HASH, values)  # type: ignore[arg-type]


def started() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def test_a_rule_set_from_afar_holds_for_the_very_next_input() -> None:
    bench = started()
    bench.send(applied(holding_period_s=3600.0))

    bench.deposit("p1")

    assert bench.state.parcels["p1"].expires_at_ms == bench.now_ms + 3_600_000


def test_what_a_document_does_not_set_is_station_tomls_again() -> None:
    bench = started()
    bench.send(applied(1, stage_timeout_s=30.0, extend_s=99.0))
    bench.send(applied(2, extend_s=98.0))

    rules = in_force(bench.setup, bench.state).rules
    assert (rules.stage_timeout_s, rules.extend_s) == (bench.setup.rules.stage_timeout_s, 98.0)


def test_a_revert_brings_exactly_the_last_good_rules_back() -> None:
    bench = started()
    bench.send(applied(1, max_extends=2))
    good = in_force(bench.setup, bench.state)
    bench.send(ConfigChanged("confirmed", 1, HASH))
    bench.send(applied(2, max_extends=7, lockout_s=31.0))
    values = {"rules.max_extends": 2}
    bench.send(
        ConfigChanged(
            "reverted",
            1,
            HASH,
            values,  # type: ignore[arg-type]
            reverted_version=2,
            reverted_hash="sha256:b",
            reason="unhealthy",
        )
    )

    assert in_force(bench.setup, bench.state) == good
    assert not bench.state.config.probation
    fact = bench.journal[-1][0]
    assert isinstance(fact, ev.ConfigReverted) and (fact.reverted_version, fact.version) == (2, 1)


def test_screen_and_buttons_count_by_the_rules_in_force() -> None:
    bench = started()
    bench.tap("start_pickup")
    bench.send(applied(max_extends=1, max_unlocks_per_visit=9))
    bench.tap("extend")

    assert "extend" not in available_actions(bench.setup, bench.state)
    assert render(bench.setup, bench.state, 1, None, "x").counts["unlocks_left"] == 9


@pytest.mark.parametrize("key", ["rules.of_newer_software", "station.name", "rules.", "link.heartbeat_s"])
def test_a_value_this_software_has_no_rule_for_changes_no_rule(key: str) -> None:
    state = State(config=msgspec.structs.replace(State().config, version=1, values={key: 5}))

    assert in_force(make_setup(), state).rules == make_setup().rules


def test_a_journal_decides_the_same_again() -> None:
    bench = started()
    bench.send(applied(stage_timeout_s=33.0))
    again = fold(State(), bench.journal)
    moment = Moment(bench.now_ms, ("i1", "i2", "i3", "i4"))

    assert decide(bench.setup, again, Tap("start_pickup"), moment) == decide(
        bench.setup, bench.state, Tap("start_pickup"), moment
    )
    assert decide(bench.setup, again, Tap("start_pickup"), moment).effects[0].seconds == 33.0  # type: ignore[union-attr]


NAMES = [n for n in Rules.__struct_fields__ if not isinstance(getattr(Rules(), n), bool)]


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 10**6)), min_size=1, max_size=5))
def test_after_any_documents_the_rules_are_those_of_one_of_them_and_never_a_mixture(
    documents: list[dict[str, int]],
) -> None:
    bench = Bench()
    for version, document in enumerate(documents, 1):
        before = in_force(bench.setup, bench.state).rules
        decision = bench.send(applied(version, **document))
        assert len(decision.events) == 1, "one fact: a crash leaves it or does not"
        assert in_force(bench.setup, fold(State(), bench.journal[:-1])).rules == before
        assert in_force(bench.setup, bench.state).rules == msgspec.structs.replace(
            bench.setup.rules, **document
        )


def test_a_refused_document_is_recorded_once_and_few_are_remembered() -> None:
    bench = started()
    names = [f"sha256:{n:064}" for n in range(DOCUMENTS_KEPT + 1)]

    def tell(document: str) -> int:
        return len(bench.send(InputRejected("config/desired", "config-bad-data", "", document)).events)

    assert [tell(name) for name in names] == [1] * len(names)
    assert [tell(name) for name in names[1:]] == [0] * DOCUMENTS_KEPT
    assert len(bench.state.refused_documents) == DOCUMENTS_KEPT
    assert [tell(""), tell("")] == [1, 1], "what does not come again by itself is told each time"
