"""Zebra and Symbol scanners that speak SSI over a serial port (see hal/framing/ssi.py for the packets).

The decoder waits for an answer to each of its packets and sends it again after about two seconds; a packet
with a wrong check is asked for again at once.  Host commands are sent again up to twice, marked as a
retransmission, so that the decoder carries them out once.  Without the hardware handshake (RTS/CTS) and the
multi-packets of Bluetooth ring scanners (73, 74).
"""

from __future__ import annotations

import asyncio
import contextlib

from hal.errors import DeviceOffline, NoAnswer
from hal.framing import ssi
from hal.framing.scan_line import LineRead, LineRefused
from hal.framing.ssi import Damaged, Opcode, Packet
from hal.interfaces import CommandResult, ScanMode, ScannerVerb
from hal.scanners.commanding import CommandingScanner
from hal.scanners.options import checked, mode
from hal.settings import ScannerSettings
from hal.transport.byte_stream import SendFailed
from hal.transport.serial_link import SerialLink

__all__ = ["KIND", "SsiScanner", "make"]

KIND = "ssi"
GAP_S = 0.2
"""Silence within a packet: at 9600 baud a character takes 1 ms, USB adapters add up to 16."""
REST_SILENCES = 30
"""6 s for the next packet of a longer message: three times the decoder's own wait for an acknowledgement."""
TRIES = 3
TRY_S = 0.5
ACK_WRITE_S = 1.0
TRIGGER_MODE, BEEP_AFTER_DECODE, PACKETED_DECODE_DATA = 0x8A, 0x38, 0xEE
TRIGGER_HOST = 0x08
GREEN_LED = 0x01
SHORT_HIGH_BEEP = 0x00


class _Stream:
    """Packets and garbage of the line; a longer message whose rest stays away is given up."""

    def __init__(self, aim: bool) -> None:
        self.decodes = ssi.DecodeAssembler(aim)
        self._packets = ssi.SsiParser()
        self._silences = 0

    @property
    def pending(self) -> bool:
        return self._packets.pending or self.decodes.pending

    def feed(self, data: bytes) -> list[LineRefused | Packet | Damaged]:
        self._silences = 0
        return self._packets.feed(data)

    def end_of_gap(self) -> list[LineRefused | Packet | Damaged]:
        self._silences += 1
        items = self._packets.end_of_gap()
        if self._silences >= REST_SILENCES and (given_up := self.decodes.abandon()):
            items.append(given_up)
        return items


class SsiScanner(CommandingScanner[Packet | Damaged]):
    """A `HostDrivenScanner`."""

    verbs = frozenset(ScannerVerb)

    def __init__(
        self,
        scanner_id: str,
        link: SerialLink,
        *,
        aim: bool,
        no_read: str,
        mode: ScanMode | None,
        continuous_value: int,
    ) -> None:
        self._stream = _Stream(aim)
        super().__init__(scanner_id, link, self._stream, gap_s=GAP_S, no_read=no_read, mode=mode)
        self._continuous_value = continuous_value

    async def trigger(self, deadline: float) -> CommandResult:
        """START_SESSION."""
        return await self._command(Opcode.START_SESSION, b"", deadline)

    async def release(self, deadline: float) -> CommandResult:
        """STOP_SESSION."""
        return await self._command(Opcode.STOP_SESSION, b"", deadline)

    async def set_mode(self, mode: ScanMode, deadline: float) -> CommandResult:
        """Parameter 8Ah, not kept without power."""
        value = TRIGGER_HOST if mode is ScanMode.HOST else self._continuous_value
        return await self._set(TRIGGER_MODE, value, deadline)

    async def beep(self, deadline: float) -> CommandResult:
        """BEEP with code 0, one short high tone."""
        return await self._command(Opcode.BEEP, bytes((SHORT_HIGH_BEEP,)), deadline)

    async def light(self, on: bool, deadline: float) -> CommandResult:
        """LED_ON or LED_OFF of the green LED."""
        return await self._command(Opcode.LED_ON if on else Opcode.LED_OFF, bytes((GREEN_LED,)), deadline)

    async def set_signals(self, sound: bool, led: bool, deadline: float) -> CommandResult:
        """Parameter 38h for the beeper.  The LED of a good read cannot be switched off: UNSUPPORTED."""
        if not led:
            return CommandResult.UNSUPPORTED
        return await self._set(BEEP_AFTER_DECODE, int(sound), deadline)

    async def probe(self, deadline: float) -> str | None:
        """REQUEST_REVISION: the software revision as the decoder writes it."""

        def revision(packet: Packet | Damaged) -> str | None:
            if isinstance(packet, Packet) and packet.opcode == Opcode.REPLY_REVISION:
                return packet.data.decode("ascii", "replace").strip()
            return None

        try:
            return await self.ask(ssi.encode(Opcode.REQUEST_REVISION), revision, deadline)
        except (DeviceOffline, NoAnswer):
            return None

    async def set_up(self, deadline: float) -> CommandResult:
        """Packeted decode data, without which scans are no packets; then the mode."""
        result = await self._set(PACKETED_DECODE_DATA, 1, deadline)
        return await super().set_up(deadline) if result is CommandResult.DONE else result

    async def scanned(self, scan: LineRead | LineRefused) -> None:
        """Bare text instead of packets is what a decoder sends that lost power, and with it its settings."""
        if isinstance(scan, LineRefused) and not self._stream.decodes.pending:
            self.prepare_again()

    async def replied(self, reply: Packet | Damaged) -> None:
        """Answer what the decoder waits for an answer to; hand command replies on."""
        if isinstance(reply, Damaged):
            await self._answer(ssi.encode(Opcode.CMD_NAK, bytes((ssi.NakCause.RESEND,))))
            return
        if reply.source == ssi.HOST:
            return  # our own, from an adapter that hears itself
        if reply.opcode in (Opcode.CMD_ACK, Opcode.CMD_NAK, Opcode.REPLY_REVISION, Opcode.CAPABILITIES_REPLY):
            await super().replied(reply)
            return
        # Acknowledged before it is taken apart: the decoder's wait runs.
        await self._answer(ssi.encode(Opcode.CMD_ACK))
        if reply.opcode == Opcode.DECODE_DATA:
            scan = self._stream.decodes.add(reply)
            if scan is not None:
                await self._hand_on([scan])

    async def _answer(self, packet: bytes) -> None:
        # Not sent means not received: the decoder sends its packet again.
        with contextlib.suppress(SendFailed):
            await self.write(packet, asyncio.get_running_loop().time() + ACK_WRITE_S)

    async def _set(self, number: int, value: int, deadline: float) -> CommandResult:
        packet = ssi.encode_param_send(number, value)
        return await self._command(Opcode.PARAM_SEND, packet[4 : packet[0]], deadline)

    async def _command(self, opcode: Opcode, data: bytes, deadline: float) -> CommandResult:
        result = CommandResult.NOT_SENT
        for attempt in range(TRIES):
            request = ssi.encode(opcode, data, status=ssi.RETRANSMISSION if attempt else 0)
            try:
                reply = await self.ask(request, _acknowledgement, deadline, TRY_S)
            except DeviceOffline:
                return result
            except NoAnswer:
                result = CommandResult.UNKNOWN
                continue
            if reply.opcode == Opcode.CMD_ACK:
                return CommandResult.DONE
            result = CommandResult.REFUSED
            if reply.data[:1] != bytes((ssi.NakCause.RESEND,)):
                break
        return result


def _acknowledgement(packet: Packet | Damaged) -> Packet | None:
    if isinstance(packet, Packet) and packet.opcode in (Opcode.CMD_ACK, Opcode.CMD_NAK):
        return packet
    return None


def make(settings: ScannerSettings) -> SsiScanner:
    """The driver of these settings; no I/O."""
    checked(settings)
    return SsiScanner(
        settings.id,
        SerialLink(settings.port, settings.baud, xonxoff=settings.xonxoff),
        aim=settings.aim,
        no_read=settings.no_read,
        mode=mode(settings),
        continuous_value=settings.continuous_value,
    )
