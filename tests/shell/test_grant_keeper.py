"""Register before pulse: in order, in time, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge.core.effects import RecordGrants, UnlockDoor
from edge.core.grant_book import GrantBook
from edge.core.grants import REGISTER
from edge.core.inputs import DeviceStateChanged, GrantsRecalled, Input, UnlockOutcome
from edge.core.model import ErrorCode
from edge.shell.blocking import InlineBlocking
from edge.shell.envelope import StationIdentity
from edge.shell.grant_keeper import RETRY_S, WITHIN_S, GrantKeeper
from edge.shell.grant_register import GrantRegister, RegisterError
from tests.support.virtual_time import VirtualClock, run_virtual

HERE = StationIdentity("acme", "demo-01")
KEY = "7-0000000001"
LATE = 2**50
PULSE = UnlockDoor("u1", "a01", 5.0, KEY)


class SlowBlocking(InlineBlocking):
    """Each piece of work takes `seconds` of virtual time."""

    seconds = 0.0

    async def run(self, work):  # type: ignore[no-untyped-def]
        await asyncio.sleep(self.seconds)
        return work()


class Desk:
    """A keeper with what it posted, what it unlocked and what the register then held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.posted: list[Input] = []
        self.found: Input | None = None
        self.unlocked: list[tuple[str, bool]] = []
        self.head = 10
        self.book = GrantBook()
        self.blocking = SlowBlocking()
        self.keeper = GrantKeeper(
            path,
            HERE,
            VirtualClock(),
            self.blocking,
            post=self.posted.append,
            unlock=self.unlock,
            head=lambda: self.head,
            book=lambda: self.book,
        )

    def unlock(self, effect: UnlockDoor) -> None:
        self.unlocked.append((effect.unlock, KEY in self.on_disk()))

    def on_disk(self) -> dict[str, int]:
        register = GrantRegister(self.path, HERE)
        register.close()
        return dict(register.spent)

    def spend(self) -> None:
        """As the station releases it: the book has it, then the record, then the pulse."""
        self.book = GrantBook(spent={KEY: LATE}, ever_used=True)
        self.keeper.record(RecordGrants(spent={KEY: LATE}))
        self.keeper.unlock(PULSE)


def with_desk(path: Path, scene: Callable[[Desk], Awaitable[None]], *, opened: bool = True) -> Desk:
    desk: Desk | None = None

    async def main() -> None:
        nonlocal desk
        desk = Desk(path)
        if opened:
            desk.found = await desk.keeper.open()
        task = asyncio.create_task(desk.keeper.run())
        await scene(desk)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await desk.keeper.close()

    run_virtual(main)
    assert desk is not None
    return desk


def test_the_pulse_leaves_after_the_grant_is_on_disk(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        desk.spend()
        assert desk.unlocked == []
        await asyncio.sleep(1)
        assert desk.unlocked == [("u1", True)] and desk.posted == []

    with_desk(tmp_path / "r", scene)


def test_a_pulse_without_a_grant_waits_for_nothing(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        desk.blocking.seconds = 99.0
        desk.spend()
        desk.keeper.unlock(UnlockDoor("u2", "a02", 5.0))
        assert [unlock for unlock, _ in desk.unlocked] == ["u2"]

    with_desk(tmp_path / "r", scene)


@pytest.mark.parametrize("seconds", [WITHIN_S + 0.1, 60.0])
def test_a_register_that_takes_too_long_opens_nothing_ever(tmp_path: Path, seconds: float) -> None:
    """The screen has said by then that the door failed; it must not spring open behind the person's back."""

    async def scene(desk: Desk) -> None:
        desk.blocking.seconds = seconds
        desk.spend()
        await asyncio.sleep(600)

    desk = with_desk(tmp_path / "r", scene)

    assert desk.unlocked == []
    assert UnlockOutcome("u1", "not_sent", ErrorCode.BUS_TIMEOUT) in desk.posted
    lost = [i for i in desk.posted if isinstance(i, DeviceStateChanged)]
    assert (lost[0].device, lost[0].online) == (REGISTER, False)


def test_a_register_that_cannot_be_written_opens_nothing_and_recovers_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    add = GrantRegister.add

    def refuse(self: GrantRegister, *args: object) -> None:
        if full:
            self.close()
            raise RegisterError("no space left")
        add(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(GrantRegister, "add", refuse)

    async def scene(desk: Desk) -> None:
        nonlocal full
        desk.spend()
        await asyncio.sleep(1)
        assert desk.unlocked == []
        assert [type(i) for i in desk.posted] == [DeviceStateChanged, UnlockOutcome]
        await asyncio.sleep(3 * RETRY_S)
        full = False
        await asyncio.sleep(2 * RETRY_S)
        assert desk.posted[-1] == DeviceStateChanged(REGISTER, online=True)
        assert desk.on_disk() == {KEY: LATE}, "what the book had meanwhile is written too"
        desk.keeper.unlock(msgspec.structs.replace(PULSE, unlock="u2"))
        await asyncio.sleep(1)
        assert desk.unlocked == [("u2", True)]

    with_desk(tmp_path / "r", scene)


def test_a_register_that_cannot_be_opened_is_a_lost_device(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def scene(desk: Desk) -> None:
        assert isinstance(desk.found, DeviceStateChanged) and not desk.found.online
        (tmp_path / "file").unlink()
        await asyncio.sleep(2 * RETRY_S)
        assert desk.posted[-1] == DeviceStateChanged(REGISTER, online=True)
        assert isinstance(desk.posted[-2], GrantsRecalled)

    with_desk(tmp_path / "file" / "r", scene)


def test_the_register_tells_that_the_journal_is_older(tmp_path: Path) -> None:
    def doubt(head: int) -> str:
        told: list[Input] = []

        async def scene(desk: Desk) -> None:
            desk.head = head
            told.append(await desk.keeper.open())
            desk.keeper.record(RecordGrants(spent={f"7-{head:010x}": LATE}))
            await asyncio.sleep(1)

        with_desk(tmp_path / "r", scene, opened=False)
        (item,) = told
        assert isinstance(item, GrantsRecalled)
        return item.doubt

    assert [doubt(head) for head in (7, 9, 9, 8, 10)] == [
        "register-missing",
        "",
        "",
        "journal-older",
        "",
    ]


def test_what_still_waits_is_written_before_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        desk = Desk(tmp_path / "r")
        await desk.keeper.open()
        desk.spend()
        await desk.keeper.close()
        assert desk.on_disk() == {KEY: LATE} and desk.unlocked == []

    run_virtual(main)
