"""nats-server with the node file of docs/operations/brokers, alone: who may read and write what."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

from simulators.broker import Broker, find_broker, free_port
from simulators.broker_mutual import SHIPPED, Certificates, ClientFiles
from tests.link.brokers import until
from tests.link.peer import Peer

OURS = "ph/1/acme/demo-01"
THEIRS = "ph/1/acme/demo-02"


class ShippedNode(Broker):
    """The file as it is, but for folders, ports, a second station, and no cluster around it."""

    def __init__(self, folder: Path, certificates: Certificates, backend: ClientFiles) -> None:
        super().__init__("nats", find_broker("nats")[1], folder, free_port())
        self.certificates = certificates
        self._backend = backend

    def _render(self) -> str:
        text = (SHIPPED / "nats-node.conf").read_text(encoding="utf-8")
        text, clusters = re.subn(r"\ncluster \{.*?\n\}\n", "\n", text, flags=re.DOTALL)
        text, replicas = re.subn(r"(stream|consumer)_replicas: 3", "", text)
        assert (clusters, replicas) == (1, 2)
        [first] = re.findall(r"    \{\n      user: \"CN=acme/demo-01\".*?\n    \}\n", text, flags=re.DOTALL)
        for shipped, here in (
            (first, first + first.replace("demo-01", "demo-02")),
            ("0.0.0.0:8883", f"{self.host}:{self.port}"),
            ("127.0.0.1:4222", f"{self.host}:-1"),
            ("/var/lib/nats", str(self._folder / "store")),
            ("/etc/nats", str(self.certificates.folder)),
        ):
            assert shipped in text
            text = text.replace(shipped, here)
        return text

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port, ssl=self._backend.context())


@contextlib.asynccontextmanager
async def shipped(folder: Path) -> AsyncIterator[ShippedNode]:
    certificates = Certificates(folder / "certificates")
    await certificates.make_broker("127.0.0.1", "localhost")
    backend = await certificates.backend()
    authorities = [certificates.folder / f"{name}-ca.pem" for name in ("stations", "services")]
    together = "".join(path.read_text() for path in authorities)
    (certificates.folder / "clients-ca.pem").write_text(together)
    node = ShippedNode(folder, certificates, backend)
    try:
        await node.start()
        yield node
    finally:
        await node.kill()


async def test_a_station_has_its_own_topics_and_no_others(tmp_path: Path) -> None:
    async with shipped(tmp_path) as node:
        ours, theirs = [await node.certificates.station(f"demo-0{n}") for n in (1, 2)]
        async with (
            Peer(ours, "acme/demo-01", "3.1.1", node.port) as station,
            Peer(theirs, "acme/demo-02", "3.1.1", node.port) as intruder,
            Peer(node._backend, "backend-1", "3.1.1", node.port) as backend,
        ):
            own = [
                f"{OURS}/{end}" for end in ("cmd/+", "config/desired", "grants/+", "jobs/next", "ack/events")
            ]
            assert all(await station.listen(*own, "ph/1/acme/_all/cmd/#"))
            areas = [f"ph/1/acme/+/{area}/#" for area in ("state", "evt", "tel", "rsp")]
            assert all(await backend.listen(*areas, "ph/1/acme/+/jobs/+/status"))
            assert await intruder.listen(f"{OURS}/cmd/+", "#", f"{OURS}/#", f"{THEIRS}/cmd/+") == [
                *(False, False, False),
                True,
            ]
            await intruder.send(f"{OURS}/evt/door", b"forged", retain=True)
            await backend.send(f"{OURS}/cmd/open", b"secret")
            await backend.send(f"{THEIRS}/cmd/open", b"sentinel")
            await station.send(f"{OURS}/evt/door", b"true")
            await until(lambda: bool(intruder.heard) and bool(backend.heard) and bool(station.heard))
            assert intruder.heard == [(f"{THEIRS}/cmd/open", b"sentinel")]
            assert station.heard == [(f"{OURS}/cmd/open", b"secret")]
            assert backend.heard == [(f"{OURS}/evt/door", b"true")]
