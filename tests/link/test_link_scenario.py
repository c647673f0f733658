"""One conversation on every kind of broker: facts, commands, state, a lost line, a broker or node killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.connection import Connect, ConnectFailed, Connection, Hello
from edge.shell.link_parts import LinkSettings
from edge.shell.mqtt_connection import connector
from edge.shell.mqtt_settings import MqttSettings, TlsFiles
from simulators.backend import Backend, StationConfig
from simulators.broker import start_broker
from simulators.broker_cluster import start_nats_cluster
from simulators.broker_mutual import start_mutual_broker
from tests.link.brokers import until
from tests.support.linked import IDENTITY, Linked, linked
from tests.support.patience import PATIENCE_S

SCHEMAS = Path(__file__).parents[2] / "docs/contract/schemas"
ROOT = IDENTITY.root
CLIENT_ID = "acme/demo-01"
SETTINGS = LinkSettings(bytes(range(32)), backoff_min_s=0.05, backoff_max_s=0.5)
FACTS = 240
COMMANDS = 12


@dataclass(frozen=True)
class Site:
    """A broker as both ends see it.  `disturb` kills it, or of several nodes the one at this port."""

    station: MqttSettings
    backend: tuple[str, int]
    disturb: Callable[[int], Awaitable[None]]
    backend_tls: ssl.SSLContext | None = None
    backend_alternates: tuple[tuple[str, int], ...] = ()
    share: str = "ingest"


@contextlib.asynccontextmanager
async def mosquitto(folder: Path, protocol: str) -> AsyncIterator[Site]:
    """With mutual TLS from the shipped files; killed and started again in the middle."""
    broker = await start_mutual_broker(folder)
    try:
        files = await broker.certificates.station("demo-01")
        tls = TlsFiles(str(files.ca), str(files.certificate), str(files.key))

        async def disturb(port: int) -> None:
            await broker.kill()
            await broker.start()

        yield Site(
            MqttSettings(broker.host, broker.port, CLIENT_ID, tls=tls, protocol=protocol),
            (broker.host, broker.backend_port),
            disturb,
            broker.backend.context(),
            share=secrets.token_hex(16),
        )
    finally:
        await broker.stop()


@contextlib.asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Site]:
    """nats-server alone, killed and started again in the middle."""
    broker = await start_broker(folder, prefer="nats")
    try:

        async def disturb(port: int) -> None:
            await broker.kill()
            await broker.start()

        place = (broker.host, broker.port)
        yield Site(MqttSettings(*place, CLIENT_ID, protocol="3.1.1"), place, disturb)
    finally:
        await broker.kill()


@contextlib.asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Site]:
    """Three nodes; the one that serves the station is killed and stays away."""
    nodes = await start_nats_cluster(folder)
    try:
        first, second, third = nodes.places

        async def disturb(port: int) -> None:
            [serving] = [node for node in nodes.nodes if node.port == port]
            await serving.kill()

        yield Site(
            MqttSettings(*first, CLIENT_ID, protocol="3.1.1", alternates=(second, third)),
            second,
            disturb,
            backend_alternates=(third, first),
        )
    finally:
        await nodes.stop()


SITES: dict[str, Callable[[Path], contextlib.AbstractAsyncContextManager[Site]]] = {
    "mosquitto, MQTT 5, mutual TLS": lambda folder: mosquitto(folder, "5"),
    "mosquitto, 3.1.1, mutual TLS": lambda folder: mosquitto(folder, "3.1.1"),
    "nats-server, 3.1.1": embedded,
    "three nats-servers, 3.1.1": cluster,
}


class Line:
    """The station's way to its broker, which a test can cut once or for good."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._cut = False
        self._connection: Connection | None = None
        self.connections = 0

    async def __call__(self, hello: Hello) -> Connection:
        if self._cut:
            raise ConnectFailed("cut")
        self._connection = await self._connect(hello)
        self.connections += 1
        return self._connection

    @property
    def port(self) -> int:
        """Of the broker that serves us, from `Connection.description`."""
        assert self._connection is not None
        return int(self._connection.description.split(":")[1].split()[0])

    def cut(self, *, for_good: bool = False) -> None:
        self._cut = for_good
        assert self._connection is not None
        self._connection.abort()


@dataclass(frozen=True)
class Town:
    """Both ends."""

    site: Site
    line: Line
    station: Linked
    backend: Backend


@contextlib.asynccontextmanager
async def town(site: Site, folder: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        backend = make_backend(site, folder / "backend.sqlite")
        await backend.start()
        stack.push_async_callback(backend.stop)
        await until(lambda: backend.connected)
        blocking = ThreadBlocking("journal")
        stack.callback(blocking.close)
        line = Line(connector(site.station))
        station = await stack.enter_async_context(
            linked(folder / "journal", SystemClock(), line, blocking=blocking, settings=SETTINGS)
        )
        yield Town(site, line, station, backend)


def make_backend(site: Site, store: Path) -> Backend:
    station = StationConfig("demo-01", "Station", "Street 1", "10010")
    return Backend(
        *site.backend,
        tenant="acme",
        stations=[station],
        store_path=store,
        schemas=SCHEMAS,
        tls=site.backend_tls,
        alternates=site.backend_alternates,
        share=site.share,
    )


@pytest.mark.parametrize("kind", SITES)
async def test_nothing_is_lost_or_doubled(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.shell.link.WILL_DELAY_S", 1)
    monkeypatch.setattr("edge.shell.outbox.REWIND_AFTER_S", 2.0)
    async with SITES[kind](tmp_path) as site, town(site, tmp_path) as place:
        facts = asyncio.create_task(_record(place.station))
        commands = asyncio.create_task(_command(place.backend))
        await until(lambda: place.station.link.acknowledged > FACTS // 8)
        place.line.cut()
        await until(lambda: place.station.link.acknowledged > FACTS // 4)
        connections = place.line.connections
        await site.disturb(place.line.port)
        await asyncio.wait_for(facts, PATIENCE_S)
        replies = await asyncio.wait_for(commands, PATIENCE_S)
        journal = place.station.journal
        await until(lambda: place.station.link.acknowledged == journal.head)

        assert place.line.connections > connections >= 2
        records = list(journal.read(0, FACTS + 1))
        assert (
            [e.sequence for e in place.backend.stored]
            == [r.seq for r in records]
            == list(range(1, FACTS + 1))
        )
        assert {reply.result for reply in replies} == {"succeeded"}
        assert {reply.command for reply in replies} == {command.id for command in place.station.commands}
        assert len({reply.command for reply in replies}) == COMMANDS
        assert place.backend.violations == []
        await _state_is_kept_and_the_will_is_sent(place)


async def _record(station: Linked) -> None:
    for _ in range(FACTS):
        await station.happen()
        await asyncio.sleep(0.01)


async def _command(backend: Backend) -> list[Any]:
    """One after the other, so that some are under way whenever something breaks."""
    replies = []
    for _ in range(COMMANDS):
        replies.append(await backend.set_service("demo-01", "a01", True, "test", "op-1"))
        await asyncio.sleep(0.15)
    return replies


async def _state_is_kept_and_the_will_is_sent(place: Town) -> None:
    retained = await _retained(place)
    assert {f"{ROOT}/state/{name}" for name in ("presence", "birth", "compartments")} <= set(retained)
    assert json.loads(retained[f"{ROOT}/state/presence"])["data"]["state"] == "ready"
    place.line.cut(for_good=True)
    await until(lambda: place.backend.station("demo-01").state == "lost")


async def _retained(place: Town) -> dict[str, bytes]:
    """What somebody who comes now is told of the station's state; QoS 0, for which nats keeps no session."""
    heard: dict[str, bytes] = {}
    subscribed: list[object] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, "late", protocol=MQTTProtocolVersion.MQTTv311)
    if place.site.backend_tls is not None:
        client.tls_set_context(place.site.backend_tls)
    client.on_connect = lambda c, *_: subscribed.append(c.subscribe(f"{ROOT}/state/#", 0))
    client.on_message = lambda c, u, message: heard.update({message.topic: bytes(message.payload)})
    host, port = place.site.backend
    client.connect(host, place.line.port if place.site.backend_alternates else port)
    client.loop_start()
    try:
        await until(lambda: len(heard) >= 3)
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
    return heard
