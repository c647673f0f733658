"""The walk over simulated cabinets: what it learns, what it writes, what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.config import ConfigError, load_config
from tests.commission.rig import leave, site, station_toml

BOARDS = {"one": ("8a80", "locked"), "two": ("modbus-relay", "locked")}
DOORS = {"A01": ("one", 1), "A02": ("one", 2), "A03": ("two", 1), "A04": ("two", 5)}


def lines_changed(before: str, after: str) -> list[tuple[str, str]]:
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(old, new) for old, new in pairs if old != new]


async def test_a_right_file_is_confirmed_and_left_as_it_is(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    before = file.read_bytes()
    async with site(file) as place:
        assert await place.run() == 0, place.person.told
        assert place.pulses() == dict.fromkeys(DOORS, 1)
        assert place.person.heard("nothing to change")
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("*.commission.json"))


async def test_swapped_doors_and_inverted_contacts_are_written_and_nothing_else(tmp_path: Path) -> None:
    """The cabinet maker crossed two cables, wired one over to the other board, and bought other switches."""
    wired = station_toml(
        tmp_path,
        {"one": ("8a80", "unlocked"), "two": ("modbus-relay", "locked")},
        {"A01": ("one", 2), "A02": ("two", 5), "A03": ("two", 1), "A04": ("one", 1)},
        "wired.toml",
    )
    file = station_toml(tmp_path, BOARDS, DOORS)
    before = file.read_text(encoding="utf-8")
    async with site(file, wired) as place:
        assert await place.run() == 0, place.person.told
        assert place.person.heard('-contact_closed_means = "locked" # found by hand'), "shown before writing"
        assert "write this" in place.person.asked[-1]
    after = file.read_text(encoding="utf-8")
    assert lines_changed(before, after) == [
        (
            'contact_closed_means = "locked" # found by hand',
            'contact_closed_means = "unlocked" # found by hand',
        ),
        ("channel = 1 # counted from the top", "channel = 2 # counted from the top"),
        ('board = "one"', 'board = "two"'),
        ("channel = 2 # counted from the top", "channel = 5 # counted from the top"),
        ('board = "two"', 'board = "one"'),
        ("channel = 5 # counted from the top", "channel = 1 # counted from the top"),
    ]
    assert {c.number: (c.board, c.channel) for c in load_config(file).layout.compartments.values()} == {
        "A01": ("one", 2),
        "A02": ("two", 5),
        "A03": ("two", 1),
        "A04": ("one", 1),
    }


async def test_what_is_not_agreed_to_is_not_written(tmp_path: Path) -> None:
    wired = station_toml(tmp_path, {**BOARDS, "one": ("8a80", "unlocked")}, DOORS, "wired.toml")
    file = station_toml(tmp_path, BOARDS, DOORS)
    before = file.read_bytes()
    async with site(file, wired) as place:
        commission = place.commission()
        place.person.before = lambda channel: setattr(place.person, "agree", False)
        assert await commission.run(place.person, frozenset()) == 1
    assert file.read_bytes() == before
    assert commission.progress.path.exists(), "another run need not open the doors again"


async def test_an_interrupted_walk_goes_on_without_opening_a_door_twice(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.person.before = leave("two channel 1")
        assert await place.run() == 1
        assert place.pulses() == {"A01": 1, "A02": 1, "A03": 1}
        known = json.loads((tmp_path / "station.toml.commission.json").read_text())
        assert [each["door"] for each in known["seen"]] == ["a01", "a02"]

        place.cabinet.world.close_door("a03")
        place.person.before = lambda channel: None
        assert await place.run() == 0, place.person.told
        assert place.pulses() == {"A01": 1, "A02": 1, "A03": 2, "A04": 1}
        assert place.person.heard("4 channels, 2 of them known")


async def test_progress_of_a_door_taken_out_of_the_file_is_forgotten(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.person.before = leave("two channel 1")
        await place.run()
        place.cabinet.world.close_door("a03")
        station_toml(tmp_path, BOARDS, {name: at for name, at in DOORS.items() if name != "A01"})
        place.person.before = lambda channel: None
        assert await place.run() == 0, place.person.told


async def test_progress_of_other_boards_is_not_believed(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.person.before = leave("two channel 1")
        await place.run()
    file = station_toml(tmp_path, {"one": ("modbus-relay", "locked"), "two": BOARDS["two"]}, DOORS)
    async with site(file) as place:
        with pytest.raises(ConfigError, match="other boards; --restart"):
            place.commission()
        assert await place.run(restart=True) == 0


async def test_occupied_doors_stay_shut_unless_named(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        assert await place.run(frozenset({"a02"})) == 0
        assert place.pulses() == {"A01": 1, "A03": 1, "A04": 1}
        assert place.person.heard("left out", "A02")
        assert await place.run(frozenset({"a02"}), doors=["A02"]) == 0
        assert place.pulses() == {"A01": 1, "A02": 1, "A03": 1, "A04": 1}
        assert place.person.heard("holds a parcel")


async def test_a_door_found_where_an_occupied_one_is_written_is_a_problem_and_not_written(
    tmp_path: Path,
) -> None:
    wired = station_toml(tmp_path, BOARDS, {**DOORS, "A01": ("one", 2), "A02": ("one", 1)}, "wired.toml")
    file = station_toml(tmp_path, BOARDS, DOORS)
    before = file.read_bytes()
    async with site(file, wired) as place:
        assert await place.run(frozenset({"a01"})) == 1
        assert place.person.heard("A01", "opened at one channel 2", "has door A02")
    assert file.read_bytes() == before


async def test_a_stuck_door_and_a_dead_contact_are_told_and_tried_again_next_time(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.cabinet.faults.inject("jammed_latch", "a01")
        place.cabinet.faults.inject("feedback_stuck", "a03", closed=True)
        assert await place.run() == 1
        assert place.person.heard("one channel 1", "no door opened")
        assert place.person.heard("A03", "no contact changed")

        place.cabinet.faults.clear_all()
        assert await place.run() == 0, place.person.told
        assert place.pulses() == {"A01": 2, "A02": 1, "A03": 2, "A04": 1}


async def test_a_contact_on_another_channel_is_told_as_crossed(tmp_path: Path) -> None:
    """Two doors' contacts are crossed: played by a person who opens the neighbour's door by hand."""
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.cabinet.faults.inject("feedback_stuck", "a01", closed=True)
        world = place.cabinet.world

        def also(channel: str) -> None:
            if channel == "one channel 1":
                world.force_open("a02")

        place.person.before = also
        shuts = place.person.shuts

        async def both(door: str) -> None:
            await shuts("A02")
            await shuts(door)

        place.person.shuts = both  # type: ignore[method-assign]  # two hands
        assert await place.run() == 1
        assert place.person.heard("A01", "contact is at channel 2", "swap")


async def test_a_dead_board_is_told_and_the_others_are_walked(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.cabinet.faults.inject("board_dead", "one")
        assert await place.run() == 1
        assert place.pulses() == {"A03": 1, "A04": 1}
        assert place.person.heard("one channel 1", "does not answer")


async def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    wired = station_toml(tmp_path, {**BOARDS, "one": ("8a80", "unlocked")}, DOORS, "wired.toml")
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file, wired) as place:

        async def agrees(question: str) -> bool:
            if "write this" in question:
                file.write_text(file.read_text() + "\n# mine\n")
            return True

        place.person.agrees = agrees  # type: ignore[method-assign]  # a colleague with an editor
        assert await place.run() == 1
    assert file.read_text().endswith("# mine\n")
    assert 'contact_closed_means = "unlocked"' not in file.read_text()


async def test_a_port_in_use_ends_it_before_the_first_question(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        place.cabinet.faults.inject("line_unplugged", "line-one")
        assert await place.run() == 1
        assert place.person.heard("dev/one", "stop the service")
        assert place.person.asked == []
        assert place.pulses() == {}


async def test_channels_without_a_compartment_are_pulsed_only_when_told_to(tmp_path: Path) -> None:
    file = station_toml(tmp_path, BOARDS, DOORS)
    async with site(file) as place:
        assert len(place.commission().channels(frozenset())) == 4
        assert len(place.commission(all_channels=True).channels(frozenset())) == 16
        assert len(place.commission(boards=["two"]).channels(frozenset())) == 2
        with pytest.raises(ConfigError, match="there is no z99"):
            place.commission(doors=["Z99"])
