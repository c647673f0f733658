"""A connection to an MQTT broker: one paho client object that lives once.

paho's own network thread does the socket work and only posts into the loop.
Nothing of paho's resending, reconnecting or queueing across connections is
used: each attempt makes a fresh client, and the link knows what is unsent.

Protocol facts: MQTT 5.0 (OASIS, 2019) and MQTT 3.1.1 (OASIS, 2014).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.shell.connection import (
    Connect,
    ConnectFailed,
    Connection,
    ConnectionLost,
    Hello,
    Incoming,
    Outgoing,
    PublishRefused,
)
from edge.shell.in_turn import InTurn
from edge.shell.mqtt_client import MqttClient, make_client, send_connect
from edge.shell.mqtt_outgoing import MqttOutgoing
from edge.shell.mqtt_settings import MqttSettings, TlsFiles, is_tls_refusal, said_no, tls_context

__all__ = ["MqttDialler", "MqttSettings", "TlsFiles", "connector"]

CONNECT_TIMEOUT_S: Final = 10.0
"""For the TCP and TLS handshake, and again for CONNACK: a GSM link may need several seconds for each."""

LEAVE_TIMEOUT_S: Final = 3.0
"""For the last messages and DISCONNECT when leaving; within what a service manager grants for stopping."""

SUBSCRIBE_TIMEOUT_S: Final = 20.0
"""For SUBACK; NATS needs 30 ms a subscription, a slow link seconds."""

INBOX_MAX: Final = 256
"""Messages posted into the loop and not yet handled; more can only be a flood of QoS 0, and are dropped."""

FALLBACK_KEPT_S: Final = 3_600.0
"""How long a broker that refused MQTT 5 is not asked again; an upgraded one is noticed within the hour."""

HANG_UPS: Final = 3
"""In a row, for a broker that hangs up at MQTT 5 and takes 3.1.1 to count as one that refuses MQTT 5: a line
that broke at the wrong moment looks the same."""

_UNSUPPORTED_VERSION: Final = 0x84

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def connector(settings: MqttSettings) -> Connect:
    """What makes connections to the broker of `settings`; one for the life of the link."""
    if not settings.alternates:
        return MqttDialler(settings)
    places = ((settings.host, settings.port), *settings.alternates)
    return InTurn([MqttDialler(replace(settings, host=h, port=p, alternates=())) for h, p in places])


class MqttDialler:
    """`edge.shell.connection.Connect` for one broker; remembers for an hour that it speaks 3.1.1 only."""

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._old_until_s = float("-inf")
        self._hang_ups = 0

    async def __call__(self, hello: Hello) -> Connection:
        """See `Connect`."""
        if self._settings.protocol == "5":
            return await self._dial(MQTTProtocolVersion.MQTTv5, hello)
        now_s = asyncio.get_running_loop().time()
        if self._settings.protocol == "3.1.1" or now_s < self._old_until_s:
            return await self._dial(MQTTProtocolVersion.MQTTv311, hello)
        try:
            connection = await self._dial(MQTTProtocolVersion.MQTTv5, hello)
            self._hang_ups = 0
        except _VersionRefused as error:
            connection = await self._dial(MQTTProtocolVersion.MQTTv311, hello)
            self._hang_ups += 1
            if not isinstance(error, _HungUp) or self._hang_ups >= HANG_UPS:
                _log.info("%s: MQTT 5 was refused (%s), using 3.1.1", self._settings.host, error)
                self._old_until_s = now_s + FALLBACK_KEPT_S
        return connection

    async def _dial(self, version: MQTTProtocolVersion, hello: Hello) -> Connection:
        connection = _MqttConnection(self._settings, version, hello)
        await connection.open()
        return connection


class _VersionRefused(ConnectFailed):
    """The broker said no to the protocol version."""


class _HungUp(_VersionRefused):
    """The connection ended at CONNECT without a word, as old brokers do and broken lines."""


class _MqttConnection:
    """See `edge.shell.connection.Connection`."""

    def __init__(self, settings: MqttSettings, version: MQTTProtocolVersion, hello: Hello) -> None:
        self._settings = settings
        self._version = version
        self._hello = hello
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._connack: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._subacks: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._abandoned = False
        self._session_kept = False
        self._line_error = ""
        self._inbox = 0
        self._overflowed = False
        self._inbox_lock = threading.Lock()
        self._client = self._make_client()
        self._outgoing = MqttOutgoing(self._client, is_5=self._is_5, abort=self.abort)

    @property
    def description(self) -> str:
        """See `Connection.description`."""
        name = "5" if self._is_5 else "3.1.1"
        return f"{self._settings.host}:{self._settings.port} (MQTT {name})"

    @property
    def closed(self) -> asyncio.Future[str]:
        """See `Connection.closed`."""
        return self._closed

    @property
    def session_kept(self) -> bool:
        """See `Connection.session_kept`."""
        return self._session_kept

    @property
    def _is_5(self) -> bool:
        return self._version == MQTTProtocolVersion.MQTTv5

    # --- opening -----------------------------------------------------------------

    def _make_client(self) -> MqttClient:
        client = make_client(self._settings, self._version, self._hello)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.ended = lambda: self._post(self._end, "the network thread ended")
        client.on_log = self._on_log
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    async def open(self) -> None:
        """Connect and wait for CONNACK.  Raises ConnectFailed; leaves nothing connected when cancelled."""
        try:
            await self._open()
        except BaseException:  # a cancelled opening too leaves no connection; it goes on
            self._abandoned = True
            self.abort()
            raise

    async def _open(self) -> None:
        try:
            await self._in_thread(self._connect)
        except (OSError, ValueError) as error:
            raise ConnectFailed(f"{self.description}: {error}", refused=is_tls_refusal(error)) from error
        self._client.loop_start()
        await asyncio.wait(
            (self._connack, self._closed), timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not self._connack.done():
            reason = (
                self._closed.result() if self._closed.done() else f"no CONNACK in {CONNECT_TIMEOUT_S:g} s"
            )
            if said_no(self._line_error):
                # With TLS 1.3 the broker looks at our certificate after our side of the handshake is over.
                raise ConnectFailed(f"{self.description}: {self._line_error}", refused=True)
            failure = _HungUp if self._is_5 and self._closed.done() else ConnectFailed
            raise failure(f"{self.description}: {reason}")
        code = self._connack.result()
        if code.is_failure:
            failure = _VersionRefused if code.value == _UNSUPPORTED_VERSION else ConnectFailed
            raise failure(f"{self.description}: {code}", refused=True)

    def _connect(self) -> None:
        if self._settings.tls is not None:
            # Read for each connection: a renewed certificate is used from the next one on.
            self._client.tls_set_context(tls_context(self._settings.tls))
        send_connect(self._client, self._settings, self._version)
        if self._abandoned:
            self.abort()

    def _in_thread(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Run `work` on a thread of its own: name resolution may hang, and exit must not wait for it."""
        future: asyncio.Future[_T] = self._loop.create_future()

        def settle(result: _T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # None only where _T is None

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # the top of a thread: whoever waits for it is told
                self._post(settle, None, error)
            else:
                self._post(settle, result, None)

        threading.Thread(target=run, name="mqtt-connect", daemon=True).start()
        return future

    # --- using ---------------------------------------------------------------------

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        """See `Connection.publish`."""
        return self._outgoing.publish(message)

    async def subscribe(self, filters: Sequence[str]) -> None:
        """See `Connection.subscribe`."""
        if self._is_5:
            rc, mid = self._client.subscribe([(f, SubscribeOptions(qos=1)) for f in filters])
        else:
            rc, mid = self._client.subscribe([(f, 1) for f in filters])
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise ConnectionLost(paho.error_string(rc))
        answer: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._subacks[mid] = answer
        await asyncio.wait(
            (answer, self._closed), timeout=SUBSCRIBE_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not answer.done():
            raise ConnectionLost(f"no SUBACK within {SUBSCRIBE_TIMEOUT_S:g} s")
        for filter_, code in zip(filters, answer.result(), strict=False):
            if code.is_failure:
                raise PublishRefused(f"subscription to {filter_}: {code}")

    async def close(self) -> None:
        """See `Connection.close`."""
        if pending := self._outgoing.pending:
            await asyncio.wait(pending, timeout=LEAVE_TIMEOUT_S)
        self._client.disconnect()
        await asyncio.wait((self._closed,), timeout=LEAVE_TIMEOUT_S)
        self.abort()

    def abort(self) -> None:
        """See `Connection.abort`."""
        connected = self._client.socket()
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    # --- on paho's thread: post and nothing else -------------------------------------

    def _post(self, work: Callable[..., None], *args: Any) -> None:
        # The loop may be gone when the process stops while a thread still hangs.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *args)

    def _on_connect(
        self,
        client: paho.Client,
        _: Any,
        flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        client.on_log = None
        maximum = getattr(properties, "ReceiveMaximum", None)
        packet_max_bytes = getattr(properties, "MaximumPacketSize", None)
        self._post(self._connected, code, flags.session_present, maximum, packet_max_bytes)

    def _on_log(self, client: paho.Client, _: Any, level: int, text: str) -> None:
        """Until CONNACK: why the line broke is told nowhere else."""
        if level == paho.MQTT_LOG_ERR:
            self._line_error = text

    def _on_disconnect(
        self,
        client: paho.Client,
        _: Any,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        __: Properties | None,
    ) -> None:
        self._post(self._end, str(code))

    def _on_publish(
        self, client: paho.Client, _: Any, mid: int, code: ReasonCode, __: Properties | None
    ) -> None:
        self._post(self._outgoing.published, mid, code)

    def _on_subscribe(
        self, client: paho.Client, _: Any, mid: int, codes: list[ReasonCode], __: Properties | None
    ) -> None:
        self._post(self._subscribed, mid, codes)

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        with self._inbox_lock:
            full = self._inbox >= INBOX_MAX
            if not full:
                self._inbox += 1
        if full:
            client.ack(message.mid, message.qos)
            if not self._overflowed:
                self._overflowed = True
                _log.warning("%d messages wait for the loop; what comes on top is dropped", INBOX_MAX)
            return
        try:
            incoming = Incoming(message.topic, bytes(message.payload), bool(message.retain))
        except UnicodeDecodeError:
            incoming = Incoming("", b"", False)
        self._post(self._arrived, incoming, message.mid, message.qos)

    # --- back on the loop --------------------------------------------------------------

    def _connected(
        self, code: ReasonCode, kept: bool, receive_maximum: int | None, packet_max_bytes: int | None
    ) -> None:
        self._session_kept = kept
        self._outgoing.limit(receive_maximum, packet_max_bytes)
        if not self._connack.done():
            self._connack.set_result(code)

    def _subscribed(self, mid: int, codes: list[ReasonCode]) -> None:
        answer = self._subacks.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def _arrived(self, message: Incoming, mid: int, qos: int) -> None:
        with self._inbox_lock:
            self._inbox -= 1
        if self._closed.done():
            return
        self._hello.on_message(message)
        self._client.ack(mid, qos)

    def _end(self, reason: str) -> None:
        if self._closed.done():
            return
        self._closed.set_result(reason)
        self._outgoing.lose(reason)
