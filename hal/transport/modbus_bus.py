"""One Modbus RTU bus over a serial port: pymodbus' client, with what it leaves to its user.

pymodbus frames, checks CRCs and owns the port while it is open.  This file adds: no retries; one transaction
at a time with silence between; old input thrown away before each request; every reply compared with its
request by the caller, since pymodbus compares the unit only; nothing sent that a late reply could answer;
unsent bytes withdrawn; reconnecting for ever.

Requests are sent with pymodbus' "no response expected" and replies taken from its PDU trace hook: its own
wait takes the first PDU of the unit, whatever it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import termios
from collections.abc import Callable

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.transport.serialtransport import SerialTransport

from hal.errors import DeviceOffline, NoAnswer
from hal.framing.modbus_flash import FlashOnPdu
from hal.transport.backoff import Backoff
from hal.transport.late_replies import ReplyKey
from hal.transport.line_turn import LineTurn, frame_time_s, silence_s
from hal.transport.trace import RingTrace

__all__ = ["Accept", "ModbusBus"]

log = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 3.0
UNUSABLE_ANSWER_BYTES = 4
"""The shortest Modbus frame; so many bytes without a usable PDU were the reply, garbled."""
ERROR_BIT = 0x80

Accept = Callable[[ModbusPDU], bool]
"""True for the PDU that answers the request."""


class ModbusBus:
    """Serialises the transactions of one bus; `start` never fails, `close` ends it."""

    def __init__(self, port: str, baud: int, *, discard_echo: bool = False) -> None:
        self.port = port
        self.trace = RingTrace()
        self._baud = baud
        self._discard_echo = discard_echo
        self._turn = LineTurn()
        self._client: AsyncModbusSerialClient | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._told_lost = False
        self._traced = b""
        self._heard = 0
        self._awaited: tuple[Accept, asyncio.Future[ModbusPDU]] | None = None

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self._client is not None and self._client.connected

    async def start(self) -> None:
        """Open the port now if it is there, and keep it open from here on."""
        if self._keeper is None:
            # It logs every time-out and every failed attempt as an error; we log the change of state.
            logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
            await self._try_open()
            self._keeper = asyncio.create_task(self._keep_open(), name=f"modbus {self.port}")

    async def close(self) -> None:
        """Close the port and stop trying."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._shut()

    async def ask(
        self, device: str, request: ModbusPDU, accept: Accept, *, reply_timeout_s: float, deadline: float
    ) -> ModbusPDU:
        """Send `request` once; return the reply that `accept` takes, or the board's exception reply to it.

        Raises DeviceOffline when no byte left (port away, bus busy past the deadline), else NoAnswer.
        """
        key = (request.dev_id, request.function_code)
        async with self._turn.take(device, key, deadline):
            client = self._client
            if client is None or not client.connected:
                raise DeviceOffline(device, f"{self.port} is not open")
            self._discard_input()
            loop = asyncio.get_running_loop()
            reply: asyncio.Future[ModbusPDU] = loop.create_future()
            self._awaited = (lambda pdu: _answers(pdu, key, accept), reply)
            try:
                await client.execute(True, request)
                limit = loop.time() + frame_time_s(8, self._baud) + reply_timeout_s
                async with asyncio.timeout_at(min(limit, deadline)):
                    return await reply
            except (TimeoutError, ConnectionError, ModbusException) as exc:
                raise NoAnswer(device, f"no usable answer, {self._heard} bytes heard") from exc
            finally:
                self._awaited = None
                if not reply.done() or reply.cancelled() or reply.exception() is not None:
                    self._after_silence(key, loop.time())
                self._turn.keep_silent(silence_s(self._baud))

    def _after_silence(self, key: ReplyKey, now: float) -> None:
        if self._heard < UNUSABLE_ANSWER_BYTES:
            self._turn.late.expect(key, now)
        transport = self._transport()
        if transport is not None and transport.sync_serial is not None:
            # A pulse that could not leave now must not leave later, with nobody there.
            transport.flush()
            with contextlib.suppress(termios.error, OSError):
                transport.sync_serial.reset_output_buffer()

    def _transport(self) -> SerialTransport | None:
        transport = None if self._client is None else self._client.ctx.transport
        return transport if isinstance(transport, SerialTransport) else None

    def _discard_input(self) -> None:
        transport = self._transport()
        if transport is not None and transport.sync_serial is not None:
            with contextlib.suppress(termios.error, OSError):
                transport.sync_serial.reset_input_buffer()
        self._traced = b""
        self._heard = 0

    def _on_packet(self, sending: bool, data: bytes) -> bytes:
        """pymodbus' hook for bytes; received bytes come with the undecided ones before them."""
        if sending:
            self.trace.add(">", data)
            self._traced = b""
            return data
        fresh = data.removeprefix(self._traced)
        self._traced = data
        self._heard += len(fresh)
        self.trace.add("<", fresh)
        return data

    def _on_pdu(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        """pymodbus' hook for PDUs: every whole frame of the unit asked last."""
        if sending:
            return pdu
        self._traced = b""
        if self._awaited is not None:
            accept, reply = self._awaited
            if not reply.done() and accept(pdu):
                reply.set_result(pdu)
                return pdu
        self._turn.late.arrived((pdu.dev_id, pdu.function_code & ~ERROR_BIT))
        return pdu

    def _on_connection(self, up: bool) -> None:
        if up:
            return
        self._lost.set()
        if self._awaited is not None and not self._awaited[1].done():
            self._awaited[1].set_exception(ConnectionError(f"{self.port} was lost"))
        self._tell_lost("was lost")

    async def _keep_open(self) -> None:
        backoff = Backoff()
        while True:
            if self.online:
                backoff.reset()
                await self._lost.wait()
            await asyncio.sleep(backoff.next_wait_s())
            if not self.online:
                await self._try_open()

    async def _try_open(self) -> None:
        self._shut()
        client = AsyncModbusSerialClient(
            self.port,
            framer=FramerType.RTU,
            baudrate=self._baud,
            handle_local_echo=self._discard_echo,
            timeout=OPEN_TIMEOUT_S,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._on_packet,
            trace_pdu=self._on_pdu,
            trace_connect=self._on_connection,
        )
        client.register(FlashOnPdu)
        self._lost.clear()
        try:
            opened = await client.connect()
        except (termios.error, ValueError) as exc:
            log.debug("%s: %s", self.port, exc)
            opened = False
        except BaseException:  # cancelled by `close`: the port may be open already
            client.close()
            raise
        if not opened:
            self._tell_lost("cannot be opened")
            return
        self._client = client
        if self._told_lost:
            self._told_lost = False
            log.info("%s is back", self.port)

    def _shut(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _tell_lost(self, what: str) -> None:
        if not self._told_lost:
            self._told_lost = True
            log.warning("%s %s, trying again for ever", self.port, what)


def _answers(pdu: ModbusPDU, key: ReplyKey, accept: Accept) -> bool:
    """True for the board's exception reply to the request of `key` and for what `accept` takes."""
    if (pdu.dev_id, pdu.function_code & ~ERROR_BIT) != key:
        return False
    return pdu.isError() or accept(pdu)
