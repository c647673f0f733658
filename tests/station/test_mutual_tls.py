"""The whole service with the certificates and the broker's files of the field."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from simulators.backend import Backend, StationConfig
from simulators.broker_mutual import start_mutual_broker
from simulators.cabinet import SimulatedCabinet
from simulators.demo.station_file import make_rehearsal
from simulators.plan import load_plan
from tests.station.town import EXAMPLE, ROOT, Process, until
from tests.support.patience import PATIENCE_S


async def test_station_toml_to_facts_at_the_backend_and_a_renewed_certificate(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        rehearsal = make_rehearsal(EXAMPLE, tmp_path, 1)
        tenant, station = rehearsal.station["tenant"], rehearsal.station["id"]
        broker = await start_mutual_broker(tmp_path, tenant)
        stack.push_async_callback(broker.stop)
        files = await broker.certificates.station(station)
        text = rehearsal.station_toml.read_text(encoding="utf-8")
        tls = f'port = {broker.port}\ntls = true\nca = "{files.ca}"\ncertificate = "own.pem"\n'
        rehearsal.station_toml.write_text(text.replace("port = 1\n", tls, 1), encoding="utf-8")
        own = tmp_path / "own.pem"
        own.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
        cabinet = SimulatedCabinet(load_plan(rehearsal.station_toml), rehearsal.labels)
        await cabinet.start()
        stack.push_async_callback(cabinet.stop)
        place = StationConfig(station, "Station", "Street 1", "10010", pepper_path=rehearsal.pepper)
        backend = Backend(
            broker.host,
            broker.backend_port,
            tenant=tenant,
            stations=[place],
            store_path=tmp_path / "backend.sqlite",
            schemas=ROOT / "docs/contract/schemas",
            tls=broker.backend.context(),
            share="0f6b",
        )
        await backend.start()
        stack.push_async_callback(backend.stop)
        command = [sys.executable, "-m", "edge.cli", "run", "--config", str(rehearsal.station_toml)]
        service = Process(command, tmp_path / "service.log")
        stack.push_async_callback(service.kill)
        await service.start()
        await until(lambda: backend.last_sequence(station) > 0, 20.0, "facts of the start")
        [compartment, *_] = [c["id"] for c in (backend.station(station).birth or {})["layout"]]
        reply = await backend.set_service(station, compartment, True, "test", "op-1")
        assert reply.ok, reply

        # An expired or half-written certificate is a reason not to connect, never one to end.
        whole = own.read_bytes()
        own.write_text("half a renewal")
        await broker.restart()
        await until(lambda: "own.pem: " in service.log(), what="the warning that names the file")
        files = await broker.certificates.station(station)
        own.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
        assert own.read_bytes() != whole
        connections = backend.station(station).presence
        await until(lambda: backend.station(station).presence != connections, 20.0, "the new connection")
        await until(lambda: backend.station(station).state in ("ready", "degraded"), what="presence")
        assert service.running
        assert await asyncio.wait_for(service.stop(), PATIENCE_S) == 0
        assert backend.violations == []
