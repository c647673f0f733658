"""Signing in: nothing is given away about ids, and no answer of the shell is taken for another question's."""

from __future__ import annotations

import pytest

from edge.core import events as ev
from edge.core.effects import CheckPin
from edge.core.inputs import PinChecked
from edge.core.model import Stage
from tests.core.bench import Bench


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.start()
    return bench


def ask(bench: Bench, staff_id: str = "1001") -> CheckPin:
    bench.tap("start_courier")
    bench.tap("enter_staff_id", staff_id=staff_id)
    bench.tap("enter_pin", pin="246810")
    return bench.last_effect(CheckPin)


def answer(bench: Bench, check: CheckPin, *, ok: bool = True, **changes: object) -> None:
    fields: dict[str, object] = {"session": check.session, "step": check.step, "staff_id": check.staff_id}
    bench.send(PinChecked(ok=ok, **(fields | changes)))  # type: ignore[arg-type]


def test_a_right_pin_leads_to_the_menu_and_is_recorded(bench: Bench) -> None:
    check = ask(bench)
    assert bench.stage is Stage.COURIER_CHECK and not bench.session.signed_in
    answer(bench, check)

    assert bench.at(Stage.COURIER_MENU) and bench.session.signed_in
    assert bench.events(ev.SignedIn)[-1].staff_id == "1001"


def test_a_wrong_pin_asks_again_and_counts(bench: Bench) -> None:
    answer(bench, ask(bench), ok=False)

    assert (bench.stage, bench.notice) == (Stage.COURIER_PIN, "SIGN_IN_FAILED")
    assert bench.session.notice is not None and bench.session.notice.params == {"attempts_left": 4}
    assert bench.state.attempts["staff/1001"].failures == 1
    assert not bench.session.signed_in


def test_an_unknown_id_looks_like_a_known_one_with_a_wrong_pin(bench: Bench) -> None:
    shown = []
    for staff_id in ("1001", "7777"):
        check = ask(bench, staff_id)
        assert check.pin_scrypt.startswith("scrypt$")
        answer(bench, check, ok=False)
        assert bench.session.notice is not None
        shown.append((bench.stage, bench.session.notice))
        bench.tap("cancel")

    assert shown[0] == shown[1]


def test_an_unknown_id_never_signs_in_even_if_its_pin_compares(bench: Bench) -> None:
    answer(bench, ask(bench, "7777"), ok=True)

    assert not bench.session.signed_in
    assert not bench.events(ev.SignedIn)


@pytest.mark.parametrize("changes", [{"step": 0}, {"session": "other"}, {"staff_id": "1002"}])
def test_an_answer_to_another_question_signs_nobody_in(bench: Bench, changes: dict[str, object]) -> None:
    answer(bench, ask(bench), ok=True, **changes)

    assert not bench.session.signed_in


def test_an_answer_after_the_session_signs_nobody_in(bench: Bench) -> None:
    check = ask(bench)
    bench.time_out()
    answer(bench, check)
    assert bench.stage is None

    bench.tap("start_courier")
    answer(bench, check)
    assert not bench.session.signed_in


def test_an_answer_before_a_restart_is_nobodys_after_it(bench: Bench) -> None:
    check = ask(bench)
    bench.restart()
    assert bench.at(Stage.COURIER_PIN)
    answer(bench, check)

    assert not bench.session.signed_in


@pytest.mark.parametrize("staff_id", ["", "  ", "10 01", "a/b", "1001\n1", None])
def test_an_id_with_other_signs_is_refused(bench: Bench, staff_id: str | None) -> None:
    bench.tap("start_courier")
    bench.tap("enter_staff_id", staff_id=staff_id)

    assert (bench.stage, bench.notice) == (Stage.COURIER_ID, "SIGN_IN_FAILED")


def test_a_long_id_is_cut(bench: Bench) -> None:
    bench.tap("start_courier")
    bench.tap("enter_staff_id", staff_id="9" * 1000)

    assert bench.session.staff_id == "9" * 16


def test_no_pin_reaches_the_journal(bench: Bench) -> None:
    answer(bench, ask(bench), ok=False)

    assert "246810" not in repr(bench.journal)
    assert "246810" not in repr(bench.state)


@pytest.mark.parametrize("stage", [Stage.COURIER_ID, Stage.COURIER_PIN])
@pytest.mark.parametrize("how", ["cancel", "silence"])
def test_cancel_and_silence_end_the_session(bench: Bench, stage: Stage, how: str) -> None:
    bench.tap("start_courier")
    if stage is Stage.COURIER_PIN:
        bench.tap("enter_staff_id", staff_id="1001")
    assert bench.stage is stage
    if how == "cancel":
        bench.tap("cancel")
    else:
        bench.time_out()

    assert bench.stage is None


def test_silence_during_the_check_and_in_the_menu_ends_the_session(bench: Bench) -> None:
    ask(bench)
    bench.time_out()
    assert bench.at(None)
    bench.sign_in()
    bench.time_out()
    assert bench.at(None)


def test_sign_out_ends_the_session_and_the_next_one_starts_unsigned(bench: Bench) -> None:
    bench.sign_in()
    bench.tap("sign_out")
    assert bench.at(None) and bench.events(ev.SessionEnded)[-1].reason == "signed-out"

    bench.tap("start_courier")
    assert not bench.session.signed_in and bench.session.staff_id is None
