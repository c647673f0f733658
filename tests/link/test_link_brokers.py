"""The link against real brokers: mosquitto (MQTT 5 and 3.1.1) and nats-server (3.1.1, JetStream)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.connection import ConnectFailed, Hello, Outgoing, PublishRefused
from edge.shell.envelope import rfc3339
from edge.shell.link_parts import LinkSettings
from edge.shell.mqtt_connection import HANG_UPS, _MqttConnection, connector
from edge.shell.mqtt_settings import MqttSettings, TlsFiles
from simulators.broker import Broker
from tests.link.brokers import Desk, broker_of, connect_to, until
from tests.support.linked import IDENTITY, Linked, linked
from tests.support.patience import PATIENCE_S

ROOT = IDENTITY.root
SETTINGS = LinkSettings(bytes(range(32)), backoff_min_s=0.05, backoff_max_s=0.3)
HELLO = Hello(Outgoing(f"{ROOT}/state/presence", b"{}", retain=True), 1, lambda message: None)

BOTH = pytest.mark.parametrize("kind", ["mosquitto", "nats"])


@contextlib.asynccontextmanager
async def station_at(broker: Broker, tmp_path: Path, **changes: Any) -> AsyncIterator[Linked]:
    blocking = ThreadBlocking("journal")
    connect = connect_to(broker, **changes)
    async with linked(
        tmp_path / "j", SystemClock(), connect, blocking=blocking, settings=SETTINGS
    ) as station:
        yield station
    blocking.close()


def acknowledging(desk: Desk) -> dict[int, bytes]:
    """Make `desk` a backend: stores facts, acknowledges the highest contiguous one."""
    stored: dict[int, bytes] = {}
    contiguous = 0

    def take(topic: str, payload: bytes) -> None:
        nonlocal contiguous
        if "/evt/" not in topic:
            return
        assert stored.setdefault(int(json.loads(payload)["sequence"]), payload) == payload
        while contiguous + 1 in stored:
            contiguous += 1
        desk.send(f"{ROOT}/ack/events", json.dumps({"sequence": contiguous}).encode(), retain=True)

    desk.on = take
    return stored


def open_command(id_: str) -> bytes:
    now_ms = SystemClock().wall_ms()
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "urn:backend",
            "type": "ph.cmd.open.v1",
            "time": rfc3339(now_ms),
            "expirytime": rfc3339(now_ms + 20_000),
            "replyto": f"{ROOT}/rsp/desk",
            "data": {"compartment": "a01", "operator": "op-1", "reason": "test"},
        }
    ).encode()


@BOTH
async def test_the_whole_conversation(kind: str, tmp_path: Path) -> None:
    async with broker_of(kind, tmp_path) as broker, Desk(broker) as desk:
        stored = acknowledging(desk)
        await desk.listen(f"{ROOT}/#")
        async with station_at(broker, tmp_path) as station:
            await station.happen(300)
            await until(lambda: station.link.acknowledged == 300)
            assert [stored[n] for n in range(1, 301)] == [r.body for r in station.journal.read(0, 1000)]
            desk.send(f"{ROOT}/cmd/open", open_command("c-1"))
            await until(lambda: bool(desk.payloads("/rsp/desk")))
            assert json.loads(desk.payloads("/rsp/desk")[0])["data"]["result"] == "succeeded"
            await until(lambda: bool(desk.payloads("state/compartments")))
            assert desk.payloads("state/birth")
        await until(lambda: b'"disconnected"' in desk.payloads("state/presence")[-1])
        assert station.link.refused == {}


@BOTH
async def test_a_killed_station_is_told_to_be_lost_and_goes_on_where_it_was(
    kind: str, tmp_path: Path
) -> None:
    async with broker_of(kind, tmp_path) as broker, Desk(broker) as desk:
        stored = acknowledging(desk)
        await desk.listen(f"{ROOT}/#")
        for _ in range(3):
            already = len(stored)
            process = await _station_process(broker, tmp_path)
            await until(lambda already=already: len(stored) > already + 5)  # type: ignore[misc]
            process.kill()
            await process.wait()
            await until(lambda: b'"lost"' in desk.payloads("state/presence")[-1])
        async with station_at(broker, tmp_path) as station:
            await until(lambda: station.link.acknowledged == station.journal.head)
            assert [stored[n] for n in sorted(stored)] == [r.body for r in station.journal.read(0, 100_000)]


async def _station_process(broker: Broker, tmp_path: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.link.station_process",
        str(tmp_path / "j"),
        broker.host,
        str(broker.port),
        "auto",
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.DEVNULL,
    )


@BOTH
async def test_a_broker_restarted_or_killed_in_the_middle_loses_nothing(kind: str, tmp_path: Path) -> None:
    async with broker_of(kind, tmp_path) as broker, Desk(broker) as desk:
        stored = acknowledging(desk)
        await desk.listen(f"{ROOT}/#")
        async with station_at(broker, tmp_path) as station:
            traffic = asyncio.create_task(_traffic(station, 400))
            await until(lambda: station.link.acknowledged > 30)
            await broker.kill()
            await broker.start()
            await until(lambda: station.link.online)
            await until(lambda: station.link.acknowledged > 150)
            await broker.restart()
            await traffic
            await until(lambda: station.link.acknowledged == station.journal.head)
            assert [stored[n] for n in sorted(stored)] == [r.body for r in station.journal.read(0, 10_000)]


async def _traffic(station: Linked, count: int) -> None:
    for _ in range(count):
        await station.happen()
        await asyncio.sleep(0.01)


async def test_mqtt_5_is_used_where_it_is_spoken_and_3_1_1_where_not(tmp_path: Path) -> None:
    for kind, version in (("mosquitto", "(MQTT 5)"), ("nats", "(MQTT 3.1.1)")):
        async with broker_of(kind, tmp_path / kind) as broker:
            connection = await connect_to(broker)(HELLO)
            assert version in connection.description
            await connection.close()


async def test_a_broker_is_asked_for_mqtt_5_once_not_at_each_reconnect(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.shell.mqtt_connection")
    async with broker_of("nats", tmp_path) as broker:
        connect = connect_to(broker)
        for _ in range(3):
            connection = await connect(HELLO)
            await connection.close()
    assert len([r for r in caplog.records if "MQTT 5 was refused" in r.message]) == 1


@pytest.mark.parametrize("hang_ups", [HANG_UPS - 1, HANG_UPS])
async def test_only_a_broker_that_always_hangs_up_at_mqtt_5_is_not_asked_again(hang_ups: int) -> None:
    """A line that breaks between CONNECT and CONNACK must not keep a station off MQTT 5 for an hour."""
    asked: list[int] = []

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        level = (await reader.read(200))[8]  # after fixed header and name (OASIS MQTT 3.1.1 and 5.0, 3.1)
        asked.append(level)
        if level == 4 or asked.count(5) > hang_ups:
            writer.write(bytes.fromhex("20020000" if level == 4 else "2003000000"))
            await reader.read()
        writer.close()

    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    connect = connector(MqttSettings("127.0.0.1", server.sockets[0].getsockname()[1], "demo-01"))
    for _ in range(hang_ups + 1):
        connection = await connect(HELLO)
        await connection.close()
    server.close()
    assert asked == [5, 4] * hang_ups + ([5] if hang_ups < HANG_UPS else [4])


async def test_mqtt_5_alone_says_why_it_failed(tmp_path: Path) -> None:
    async with broker_of("nats", tmp_path) as broker:
        with pytest.raises(ConnectFailed):
            await connect_to(broker, protocol="5")(HELLO)


async def test_every_socket_has_no_delay(tmp_path: Path) -> None:
    async with broker_of("mosquitto", tmp_path) as broker:
        connection = await connect_to(broker)(HELLO)
        assert isinstance(connection, _MqttConnection)
        sock = connection._client.socket()
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        await connection.close()


async def test_nobody_listening_is_a_failure_not_a_refusal(tmp_path: Path) -> None:
    async with broker_of("mosquitto", tmp_path) as broker:
        pass
    with pytest.raises(ConnectFailed) as failure:
        await connect_to(broker)(HELLO)
    assert not failure.value.refused


async def test_a_login_refused_by_the_broker_says_so(tmp_path: Path) -> None:
    async with broker_of("mosquitto", tmp_path) as broker:
        await broker.stop()
        config = tmp_path / "broker" / "mosquitto.conf"
        process = await _mosquitto(config, config.read_text().replace("anonymous true", "anonymous false"))
        try:
            failure = await _first_refusal(broker)
            assert failure.refused
            assert "authori" in str(failure).lower()
        finally:
            process.kill()
            await process.wait()


async def _mosquitto(config: Path, text: str) -> asyncio.subprocess.Process:
    config.write_text(text)
    return await asyncio.create_subprocess_exec("mosquitto", "-c", str(config))


async def _first_refusal(broker: Broker) -> ConnectFailed:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await connect_to(broker)(HELLO)
            except ConnectFailed as failure:
                if failure.refused:
                    return failure
            await asyncio.sleep(0.05)


async def test_an_acl_refusal_is_seen_in_the_puback(tmp_path: Path) -> None:
    async with broker_of("mosquitto", tmp_path) as broker:
        await broker.stop()
        acl = tmp_path / "acl"
        acl.write_text(f"topic readwrite {ROOT}/state/#\n")
        config = tmp_path / "broker" / "mosquitto.conf"
        process = await _mosquitto(config, config.read_text() + f"acl_file {acl}\n")
        try:
            await until(lambda: _listens(broker))
            connection = await connect_to(broker)(HELLO)
            await connection.publish(Outgoing(f"{ROOT}/state/birth", b"{}"))
            with pytest.raises(PublishRefused, match="Not authorized"):
                await connection.publish(Outgoing(f"{ROOT}/evt/door", b"{}"))
            await connection.close()
        finally:
            process.kill()
            await process.wait()


def _listens(broker: Broker) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((broker.host, broker.port)) == 0


async def test_a_server_that_accepts_and_says_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("edge.shell.mqtt_connection.CONNECT_TIMEOUT_S", 0.3)
    async with broker_of("mosquitto", tmp_path) as broker:
        await broker.stop()
        server = await asyncio.start_server(lambda r, w: None, broker.host, broker.port)
        with pytest.raises(ConnectFailed, match="no CONNACK"):
            await connect_to(broker)(HELLO)
        server.close()


async def test_a_server_that_talks_nonsense_ends_the_connection(tmp_path: Path) -> None:
    """A malformed packet ends paho's thread without a callback; the link must notice all the same."""

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(bytes.fromhex("20020000"))  # CONNACK of 3.1.1, accepted
        writer.write(bytes.fromhex("3003ffff41"))  # PUBLISH whose topic is longer than the packet
        await writer.drain()

    async with broker_of("mosquitto", tmp_path) as broker:
        await broker.stop()
        server = await asyncio.start_server(nonsense, broker.host, broker.port)
        connection = await connect_to(broker, protocol="3.1.1")(HELLO)
        await asyncio.wait_for(asyncio.shield(connection.closed), PATIENCE_S)
        server.close()


@contextlib.asynccontextmanager
async def _tls_broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """mosquitto that asks for a client certificate; its own and the client's are signed by `ca.pem`."""
    _certificates(tmp_path)
    async with broker_of("mosquitto", tmp_path) as broker:
        await broker.stop()
        config = tmp_path / "broker" / "mosquitto.conf"
        files = {"cafile": "ca.pem", "certfile": "server.pem", "keyfile": "server.key"}
        tls = "".join(f"{name} {tmp_path / file}\n" for name, file in files.items())
        process = await _mosquitto(config, config.read_text() + tls + "require_certificate true\n")
        try:
            await until(lambda: _listens(broker))
            yield broker
        finally:
            process.kill()
            await process.wait()


def _certificates(folder: Path) -> None:
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test-ca")
    for name in ("server", "client"):
        _openssl(folder, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"]
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem")
    (folder / "server.key").chmod(0o644)


def _openssl(folder: Path, *args: str) -> None:
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


async def test_mutual_tls_connects_and_the_connection_works(tmp_path: Path) -> None:
    async with _tls_broker(tmp_path) as broker:
        tls = TlsFiles(*(str(tmp_path / name) for name in ("ca.pem", "client.pem", "client.key")))
        connection = await connect_to(broker, tls=tls)(HELLO)
        await connection.publish(Outgoing(f"{ROOT}/state/birth", b"{}"))
        connection.abort()
        await asyncio.wait_for(asyncio.shield(connection.closed), PATIENCE_S)


async def test_a_broker_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with _tls_broker(tmp_path) as broker:
        with pytest.raises(ConnectFailed, match="certificate verify failed"):
            await connect_to(broker, tls=TlsFiles())(HELLO)


async def test_a_broker_with_another_name_is_refused(tmp_path: Path) -> None:
    async with _tls_broker(tmp_path) as broker:
        tls = TlsFiles(*(str(tmp_path / name) for name in ("ca.pem", "client.pem", "client.key")))
        with pytest.raises(ConnectFailed, match=r"certificate verify failed|[Hh]ostname"):
            await connect_to(broker, tls=tls, host="localhost")(HELLO)


async def test_a_flood_beyond_the_inbox_is_dropped_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("edge.shell.mqtt_connection.INBOX_MAX", 5)
    heard: list[bytes] = []
    hello = Hello(HELLO.will, 1, lambda message: heard.append(message.payload))
    async with broker_of("mosquitto", tmp_path) as broker, Desk(broker) as desk:
        await desk.listen("nothing")
        connection = await connect_to(broker)(hello)
        await connection.subscribe(["flood"])
        for number in range(200):
            desk.client.publish("flood", str(number), 0)
        deadline_s = time.monotonic() + 10
        while not _dropped(caplog) and time.monotonic() < deadline_s:
            time.sleep(0.01)  # blocks the loop on purpose: only paho's thread is to run
        await until(lambda: len(heard) >= 5)
        assert len(heard) < 200

        def last_is_heard() -> bool:
            """Sent again until it is: the flood's tail may still fill the inbox and drop it too."""
            if heard[-1] != b"last":
                desk.send("flood", b"last")
            return heard[-1] == b"last"

        await until(last_is_heard)
        assert len(_dropped(caplog)) == 1
        await connection.close()


def _dropped(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.message for r in caplog.records if "is dropped" in r.message]
