"""A station.toml of every kind of lock board: the service and the simulators read the same hardware of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.config import load_config
from hal.interfaces import LockFeedback, PulseResult
from hal.registry import LOCKS, build
from simulators.cabinet import SimulatedCabinet
from simulators.demo.station_file import make_rehearsal
from simulators.lock_kinds import LOCK_KINDS
from simulators.plan import PlanError, load_plan
from tests.hal.lock_rig import EVERY_KIND, Variant
from tests.simulators.rig import until

HEAD = """
[station]
id = "kinds-01"
tenant = "demo"
name = "every kind"
address = "here"
phone = "1"
[paths]
data = "data"
pepper = "pepper.hex"
[[bank]]
id = "A"
"""


def station(folder: Path, variants: list[Variant]) -> Path:
    """A line a kind, one board each with two doors or fewer; the first line is behind a box."""
    parts = [HEAD]
    for number, variant in enumerate(variants):
        port = "tcp://127.0.0.1:0" if number == 0 else f"dev/line-{number}"
        parts.append(
            f'[[line]]\nid = "l{number}"\nport = "{port}"\nprotocol = "{LOCKS[variant.kind].protocol}"\n'
            f'[[board]]\nid = "b{number}"\nline = "l{number}"\nkind = "{variant.kind}"\n'
            f"address = {variant.addresses[0]}\nchannels = {variant.channels}\npulse_ms = 100\n"
        )
        if variant.options:
            options = "".join(f"{key} = {value}\n" for key, value in variant.options.items())
            parts.append(f"[board.options]\n{options}")
        parts += [
            f'[[compartment]]\nnumber = "D{number}-{channel}"\nbank = "A"\nsize = "S"\nboard = "b{number}"\n'
            f"channel = {channel}\n"
            for channel in range(1, min(2, variant.channels) + 1)
        ]
    path = folder / "station.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


async def test_every_kind_is_built_simulated_and_opens_its_door(tmp_path: Path) -> None:
    path = station(tmp_path, EVERY_KIND)
    cabinet = SimulatedCabinet(load_plan(path), tmp_path / "labels")
    assert "l2-inputs-99" in cabinet.boards
    cabinet.faults.inject("no_answer", "l2-inputs-99", n=1)  # an input board can fail too
    cabinet.faults.clear_all()
    await cabinet.start()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("tcp://127.0.0.1:0", cabinet.lines["l0"].address), encoding="utf-8")
    config = load_config(path)
    hardware = build(config.lines, config.boards, [], [])
    await hardware.start()
    try:
        assert {board.info.kind for board in hardware.boards.values()} == set(LOCKS)
        loop = asyncio.get_running_loop()
        pulses = [board.pulse(1, loop.time() + 30) for board in hardware.boards.values()]
        results = await asyncio.gather(*pulses)
        assert set(results) <= {PulseResult.ACKNOWLEDGED, PulseResult.UNKNOWN}
        wanted = sorted(f"d{number}-1" for number in range(len(EVERY_KIND)))
        await until(lambda: sorted(cabinet.world.open_doors()) == wanted)
        assert cabinet.world.max_energised == 1
        for number, variant in enumerate(EVERY_KIND):
            feedback = (await hardware.boards[f"b{number}"].read_feedback(loop.time() + 5))[0]
            assert feedback is (LockFeedback.UNLOCKED if variant.reads else LockFeedback.UNKNOWN)
    finally:
        await hardware.close()
        await cabinet.stop()


def test_a_rehearsal_keeps_the_options_of_a_board(tmp_path: Path) -> None:
    source = station(tmp_path, EVERY_KIND)
    rehearsal = make_rehearsal(source, tmp_path / "run", 1883)

    boards = {board.id: board.options for board in load_config(rehearsal.station_toml).boards}
    assert boards == {board.id: board.options for board in load_config(source).boards}
    assert {"inputs_address": 99} in boards.values()


def test_drivers_have_simulators_and_the_zoo_has_no_drivers() -> None:
    assert set(LOCKS) <= set(LOCK_KINDS)
    assert {kind for kind in LOCK_KINDS if kind.startswith("zoo-")} == set(LOCK_KINDS) - set(LOCKS)


def test_what_a_simulated_board_cannot_be_is_told_with_its_name(tmp_path: Path) -> None:
    path = station(tmp_path, [Variant("winnsen", 16, addresses=(1, 4))])
    path.write_text(path.read_text().replace("address = 1\n", "address = 9\n"))
    with pytest.raises(PlanError, match="b0"):
        SimulatedCabinet(load_plan(path), tmp_path)
