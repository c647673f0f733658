"""One port, asked for lock boards: speed by speed, family by family, address by address.

Answers are taken for whoever sent them, not for whoever was asked last: boards may answer late.  As the
boards of a line share one protocol, the first family that answers is the line's; its row is asked to the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

from pymodbus.pdu.bit_message import ReadCoilsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from hal.discovery.lock_probes import LockProbe, plan
from hal.errors import HalError, NoAnswer
from hal.framing.modbus_rtu import ModbusParser, encode
from hal.transport.line_owner import LineOwner

__all__ = ["FoundBoard", "FoundLine", "PortNotOpen", "scan_line"]

SEND_S = 5.0
ASKS_AGAIN = 3
"""Of an address that answered, or made a noise: to tell one board from two, and noise from a reply."""
PATIENT_S = 0.4
"""Asked again, an address gets this long: late answers are counted, not missed."""
NOISE_BYTES = 3
"""So many bytes and no frame are the beginning of a suspicion."""
WAVESHARE_VERSION, ADDRESS_REGISTER = 0x8000, 0x4000
RELAY_COUNTS = (32, 16, 8, 4, 2, 1)

Tell = Callable[[str], None]


class PortNotOpen(Exception):
    """The port is not there, or another process has it."""


@dataclass(frozen=True, slots=True)
class FoundBoard:
    """One address.  `conflict` says what speaks for two boards at it; then `channels` may be 0, unknown."""

    address: int
    kind: str
    channels: int
    conflict: str = ""


@dataclass(slots=True)
class FoundLine:
    """What a port told; `protocol` is empty when nobody was understood; `echoes` says that the adapter
    hears itself."""

    port: str
    baud: int = 0
    protocol: str = ""
    echoes: bool = False
    boards: list[FoundBoard] = field(default_factory=list)


class _Ear:
    """Everything heard on a port at one speed, and the questions put there."""

    def __init__(self, port: str, baud: int) -> None:
        self.port = port
        self.baud = baud
        self.echoes = False
        self._owner = LineOwner(port, baud)
        self._owner.listen(self._hear)
        self._heard = bytearray()

    async def open(self) -> None:
        await self._owner.start()
        if not self._owner.online:
            await self._owner.close()
            raise PortNotOpen(self.port)

    async def close(self) -> None:
        await self._owner.close()

    async def ask(self, request: bytes, seconds: float, done: Callable[[bytes], bool]) -> bytes:
        """What is heard after `request` until `done` or for `seconds`, without the request's own echo."""
        self._heard.clear()

        def collect(_: bytes) -> bool | None:
            return done(self._without_echo(request)) or None

        try:
            await self._owner.transact(
                "doctor",
                request,
                collect,
                key=None,
                reply_timeout_s=seconds,
                deadline=asyncio.get_running_loop().time() + SEND_S,
            )
        except NoAnswer:
            pass
        except HalError as error:
            raise PortNotOpen(self.port) from error
        return self._without_echo(request)

    def heard_echo(self, request: bytes) -> bool:
        """The last question came back as it was."""
        return self._heard.startswith(request)

    def _without_echo(self, request: bytes) -> bytes:
        heard = bytes(self._heard)
        return heard.removeprefix(request) if self.echoes else heard

    def _hear(self, data: bytes) -> None:
        self._heard += data


async def scan_line(
    port: str,
    bauds: Iterable[int],
    addresses: Collection[int] | None,
    reply_s: float,
    tell: Tell,
    *,
    patient_s: float = PATIENT_S,
) -> FoundLine:
    """Look for boards on `port`, a device or `tcp://host:port`, whose speed is the box's own.

    `addresses` None is each family's usual ones.  `reply_s` is how long each is awaited, `patient_s` the same
    where somebody was heard.  `tell` gets a line of progress now and then.  Raises
    PortNotOpen.
    """
    found = FoundLine(port)
    suspicions: list[FoundBoard] = []
    passes = plan(bauds)
    if "://" in port:
        passes = list({id(probe): (probe.bauds[0], probe) for _, probe in passes}.values())
    for baud, probe in passes:
        tell(f"{port}: {probe.protocol} at {baud} baud")
        ear = _Ear(port, baud)
        ear.echoes = found.echoes
        await ear.open()
        try:
            boards = await _row(ear, probe, addresses, reply_s, patient_s)
        finally:
            await ear.close()
        found.echoes = ear.echoes
        understood = [board for board in boards if board.channels]
        if understood:
            found.baud, found.protocol, found.boards = baud, probe.protocol, boards
            return found
        if boards and not suspicions:
            suspicions, found.baud = boards, baud
    found.boards = suspicions
    return found


async def _row(
    ear: _Ear, probe: LockProbe, addresses: Collection[int] | None, reply_s: float, patient_s: float
) -> list[FoundBoard]:
    """Every address of one family; what answered or made noise is asked again."""
    answered: dict[int, int] = {}
    noisy: list[int] = []
    wanted = probe.addresses if addresses is None else [each for each in addresses if each in probe.possible]
    for address in wanted:
        request = probe.ask(address)
        heard = await ear.ask(request, reply_s, partial(_has, probe, address))
        if not ear.echoes and probe.kind in ("wkly", "yt-text") and ear.heard_echo(request):
            # No board answers with the question: the adapter hears itself.
            ear.echoes, heard = True, heard.removeprefix(request)
        seen = probe.answers(heard)
        answered |= {each.address: each.channels for each in seen}
        if not seen and len(heard) >= NOISE_BYTES:
            noisy.append(address)
    boards = []
    for address in sorted({*answered, *noisy}):
        board = await _look_again(ear, probe, address, answered.get(address, 0), patient_s)
        if board is not None:
            boards.append(board)
    return boards


def _has(probe: LockProbe, address: int, heard: bytes) -> bool:
    return any(each.address == address for each in probe.answers(heard))


async def _look_again(
    ear: _Ear, probe: LockProbe, address: int, channels: int, patient_s: float
) -> FoundBoard | None:
    """One board, two at one address, or nothing after all."""
    frames, spoilt = 0, 0
    for _ in range(ASKS_AGAIN):
        heard = await ear.ask(probe.ask(address), patient_s, lambda heard: False)
        seen = [each for each in probe.answers(heard) if each.address == address]
        frames += len(seen)
        channels = max([channels, *(each.channels for each in seen)])
        spoilt += not seen and len(heard) >= NOISE_BYTES
    if frames > ASKS_AGAIN:
        conflict = f"answered {frames} times to {ASKS_AGAIN} questions: two boards with this address"
    elif spoilt >= 2:
        conflict = f"{spoilt} of {ASKS_AGAIN} answers are no frame: two boards with this address, or noise"
    else:
        conflict = ""
    if not frames and not conflict:
        return None
    kind = probe.kind
    if frames and probe.protocol == "modbus-rtu" and not conflict:
        kind, channels = await _modbus_kind(ear, address, channels)
    return FoundBoard(address, kind, channels, conflict)


async def _modbus_kind(ear: _Ear, address: int, channels: int) -> tuple[str, int]:
    """Which relays: only Waveshare's have a version register, STM8 boards an address register, LC-tech none.

    How many: the most that can be read at once.
    """
    version = ReadHoldingRegistersRequest(dev_id=address, address=WAVESHARE_VERSION, count=1)
    own_address = ReadHoldingRegistersRequest(dev_id=address, address=ADDRESS_REGISTER, count=1)
    if await _modbus_reads(ear, version):
        kind = "modbus-relay"
    elif await _modbus_reads(ear, own_address):
        return "modbus-stm8", 4
    else:
        kind = "modbus-lctech"
    for count in RELAY_COUNTS:
        if await _modbus_reads(ear, ReadCoilsRequest(dev_id=address, address=0, count=count)):
            return kind, count
    return kind, channels


async def _modbus_reads(ear: _Ear, request: ReadHoldingRegistersRequest | ReadCoilsRequest) -> bool:
    """True when the unit answers, and not by an exception."""

    def replies(heard: bytes) -> list[bool]:
        return [
            not pdu.isError()
            for pdu in ModbusParser().feed(heard)
            if (pdu.dev_id, pdu.function_code & ~0x80) == (request.dev_id, request.function_code)
        ]

    heard = await ear.ask(encode(request), PATIENT_S, lambda heard: bool(replies(heard)))
    return any(replies(heard))
