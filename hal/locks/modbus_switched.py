"""Relay boards that time nothing: the driver switches a relay on and, after the pulse, off again.

On is a pulse and is sent once.  Off is no pulse: it is repeated until the board says so, whatever the
caller does meanwhile, since a coil that stays on burns.  At start every relay is switched off too: a host
that died in the middle of a pulse left one on.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pymodbus.pdu import ModbusPDU

from hal.errors import DeviceOffline, DeviceRefused, NoAnswer
from hal.framing.modbus_rtu import WriteCoilPdu
from hal.interfaces import PulseResult
from hal.locks.line_board import Ask
from hal.locks.modbus_board import Inputs, ModbusBoard
from hal.locks.setup import BoardSetup
from hal.transport.backoff import Backoff
from hal.transport.late_replies import ReplyKey

__all__ = ["SwitchedRelayBoard"]

OFF = 0x0000
OFF_SHAPE = 0x100
"""Told apart from the echo of "on" by its value, so an unanswered "on" does not delay "off"."""
HOLD_TURN_S = 2.0
"""So long other locks wait for a relay that does not say it is off; then its board is taken to have no
power."""


class SwitchedRelayBoard(ModbusBoard):
    """A `LockBoard` to be started and closed.  `on` is the value that switches a relay on."""

    def __init__(self, setup: BoardSetup, inputs: Inputs | None, *, on: int) -> None:
        super().__init__(setup, inputs)
        self._on = on
        numbers = range(setup.first_channel, setup.first_channel + setup.info.channels)
        self._maybe_on = set(numbers)
        """Relays that nobody is pulsing and that have not said they are off."""
        self._wake = asyncio.Event()
        self._switching = asyncio.Lock()
        self._pulses: set[asyncio.Task[None]] = set()
        self._releaser: asyncio.Task[None] | None = None

    @property
    def released(self) -> bool:
        """Every relay that is not being pulsed has said that it is off."""
        return not self._maybe_on

    async def start(self) -> None:
        """Begin to let go of every relay."""
        if self._releaser is None:
            name = f"release {self.setup.device}"
            self._releaser = asyncio.create_task(self._release_for_ever(), name=name)

    async def close(self) -> None:
        """End, after the pulse under way."""
        if self._pulses:
            await asyncio.wait(self._pulses, timeout=self.setup.pulse_ms / 1000 + HOLD_TURN_S)
        releaser, self._releaser = self._releaser, None
        for task in [*self._pulses, *([] if releaser is None else [releaser])]:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def shape_of(self, frame: ModbusPDU) -> ReplyKey:
        """Unit and function; the echo of "off" has a shape of its own."""
        unit, function = super().shape_of(frame)
        off = isinstance(frame, WriteCoilPdu) and frame.value == OFF
        return (unit, function | OFF_SHAPE if off else function)

    def unlock_ask(self, number: int) -> Ask[ModbusPDU, PulseResult]:
        """Relay on, until told otherwise."""
        return self.write_coil(number, self._on)

    async def pulse(self, channel: int, deadline: float) -> PulseResult:
        """Switch the relay on once and see to it that it goes off `pulse_ms` later; returns when "on" was
        answered or not."""
        number = self.setup.wire_number(channel)
        outcome: asyncio.Future[PulseResult] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._pulse(number, deadline, outcome), name=f"pulse {self.setup.device}")
        self._pulses.add(task)
        task.add_done_callback(self._pulses.discard)
        return await outcome

    async def _pulse(self, number: int, deadline: float, outcome: asyncio.Future[PulseResult]) -> None:
        result = PulseResult.NOT_SENT
        try:
            async with self.setup.turn.take(0.0, deadline), self._switching:
                if outcome.done():  # the caller was cancelled while this waited for its turn
                    return
                loop = asyncio.get_running_loop()
                begun = loop.time()
                try:
                    result = await self.transact(
                        self.unlock_ask(number), self.setup.unlock_timeout_s, deadline
                    )
                    begun = loop.time()  # on just before it said so
                except NoAnswer:
                    result = PulseResult.UNKNOWN
                _tell(outcome, result)
                if result is PulseResult.REFUSED:
                    return
                await asyncio.sleep(begun + self.setup.pulse_ms / 1000 - loop.time())
                # One that did not answer "on" is likely dead and is asked once; the releaser asks on.
                holds = result is PulseResult.ACKNOWLEDGED
                await self._let_go(number, loop.time() + HOLD_TURN_S if holds else loop.time())
        except (DeviceOffline, TimeoutError):
            pass
        finally:
            _tell(outcome, result)

    async def _let_go(self, number: int, until: float) -> None:
        """Switch off and repeat; past `until` leave it to the releaser."""
        loop = asyncio.get_running_loop()
        backoff = Backoff()
        self._maybe_on.add(number)
        self._wake.set()
        while not await self._switched_off(number) and loop.time() < until:
            await asyncio.sleep(backoff.next_wait_s())

    async def _release_for_ever(self) -> None:
        backoff = Backoff()
        while True:
            for number in sorted(self._maybe_on):
                async with self._switching:
                    if number in self._maybe_on and await self._switched_off(number):
                        backoff.reset()
            if self._maybe_on:
                await asyncio.sleep(backoff.next_wait_s())
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _switched_off(self, number: int) -> bool:
        """Ask once; True when the board said that the relay is off, or that it has none of this number."""
        off = replace(self.write_coil(number, OFF), repeatable=True)
        wait_s = self.setup.unlock_timeout_s
        try:
            await self.transact(off, wait_s, asyncio.get_running_loop().time() + 2 * wait_s)
        except (NoAnswer, DeviceOffline, DeviceRefused):
            return False
        self._maybe_on.discard(number)
        return True


def _tell(outcome: asyncio.Future[PulseResult], result: PulseResult) -> None:
    if not outcome.done():
        outcome.set_result(result)
