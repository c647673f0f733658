"""Lock boards with other settings than the usual: polarity, numbering, echo, TCP, options of their kinds.

With the usual ones every kind is in tests/hal/test_conformance.py, under every fault.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hal.conformance.lock_bench import LockTraits
from hal.conformance.simulated import SHORT
from hal.conformance.subjects import LockSubject
from hal.registry import LOCKS, BoardSettings, LineSettings
from tests.hal.conformance_rig import failures, outcomes_of
from tests.hal.lock_rig import EVERY_KIND, SPECIAL, VARIANTS, Variant, lock_rig
from tests.hal.test_conformance import SUBJECTS

SHARES = 2


def subject_of(variant: Variant) -> LockSubject:
    boards = []
    for number, (name, address) in enumerate(zip(("one", "two"), variant.addresses, strict=True)):
        options = {**SHORT, **variant.options}
        if "inputs_address" in options:  # both boards' contacts hang on one input board
            options["first_input"] = int(options.get("first_input", 0)) + number * variant.channels
        settings = BoardSettings(name, "line", variant.kind, address, variant.channels, variant.pulse_ms)
        boards.append(replace(settings, contact_closed_means=variant.contact_closed_means, options=options))
    port = "tcp://127.0.0.1:0" if variant.tcp else "line"
    line = LineSettings("line", port, LOCKS[variant.kind].protocol, discard_echo=variant.discard_echo)
    traits = LockTraits(variant.acknowledges, variant.reads, variant.checked)
    return LockSubject(str(variant), line, tuple(boards), traits)


def test_no_kind_is_left_out() -> None:
    assert {each.kind for each in EVERY_KIND} == {each.kind for each in SPECIAL} == set(LOCKS)


def test_the_largest_of_each_kind_is_what_conformance_tries() -> None:
    tried = {subject.driver: subject for subject in SUBJECTS if isinstance(subject, LockSubject)}

    for variant in EVERY_KIND:
        subject, boards = tried[variant.kind], tried[variant.kind].boards
        assert [(each.address, each.channels) for each in boards] == [
            (address, variant.channels) for address in variant.addresses
        ]
        assert subject.traits == LockTraits(variant.acknowledges, variant.reads, variant.checked)


@pytest.mark.parametrize("share", range(SHARES))
async def test_the_contract_holds_with_other_settings(tmp_path: Path, share: int) -> None:
    subjects = [subject_of(variant) for variant in [*VARIANTS, *SPECIAL]]
    pairs = [
        (subject, case)
        for subject in subjects
        for case in subject.cases
        if not case.fault or (case.fault == "line_unplugged" and subject.line.port.startswith("tcp:"))
    ]

    outcomes = await outcomes_of(pairs[share::SHARES], tmp_path)

    assert not failures(outcomes), failures(outcomes)


async def test_a_version_is_told_where_the_protocol_has_the_question(tmp_path: Path) -> None:
    for variant, version in ((VARIANTS[0], "2.00"), (VARIANTS[3], None)):
        async with lock_rig(variant, tmp_path / variant.kind) as rig:
            assert await rig.board.version(rig.world.now() + 5) == version
