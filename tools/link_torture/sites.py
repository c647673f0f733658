"""The brokers that can be tortured, each as a site: what the ends need to know of it, and how it restarts."""

from __future__ import annotations

import asyncio
import random
import secrets
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

from simulators.broker import Broker, start_broker
from simulators.broker_cluster import NatsCluster, start_nats_cluster
from simulators.broker_mutual import ClientFiles, MutualBroker, start_mutual_broker
from tools.link_torture.proxy import BothEnds

__all__ = ["SITES", "Site"]

DOWN_S: Final = (0.0, 0.8)

WHOLE_WITHIN_S: Final = 60.0
"""Until a node that came back has caught up; one ended later all the same is not wiped."""

LEVEL_WITHIN_S: Final = 30.0
"""Elections take up to ten seconds.  Two nodes that are not level in so long: the third is not wiped."""


class Site(ABC):
    """A broker of one node or several.

    `ports` are its nodes' for the station, `about_s` is about what a restart takes.  `backend` are a
    Backend's arguments, `mqtt` what the station's [mqtt] says beside host and port, `tls` what the proxy
    between needs.
    """

    ports: tuple[int, ...]
    about_s = 1.5
    mqtt: Mapping[str, Any] = {}
    tls: BothEnds | None = None

    @property
    @abstractmethod
    def backend(self) -> dict[str, Any]:
        """Where a backend connects, and how."""

    @abstractmethod
    async def restart(self, rng: random.Random, *, wipe: bool) -> bool:
        """End a node, by SIGTERM or SIGKILL, and start it again; with `wipe` without what it had stored.

        True when that was lost.
        """

    @abstractmethod
    async def stop(self) -> None:
        """End all nodes."""


async def _end(node: Broker, rng: random.Random, wipe: bool) -> None:
    """A node whose data are lost did not have the time to say good-bye either."""
    if wipe or rng.random() < 0.5:
        await node.kill()
    else:
        await node.stop()


class _Alone(Site):
    """One process; what it had stored may be lost whenever it restarts."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.ports = (broker.port,)

    @property
    def backend(self) -> dict[str, Any]:
        return {"host": self._broker.host, "port": self._broker.port}

    async def restart(self, rng: random.Random, *, wipe: bool) -> bool:
        await _end(self._broker, rng, wipe)
        if wipe:
            await asyncio.to_thread(self._broker.wipe)
        await asyncio.sleep(rng.uniform(*DOWN_S))
        await self._broker.start()
        return wipe

    async def stop(self) -> None:
        await self._broker.stop()


class _Mutual(_Alone):
    """mosquitto with the shipped files: TLS with certificates on both sides, access lists."""

    def __init__(self, broker: MutualBroker, station: ClientFiles) -> None:
        super().__init__(broker)
        self._share = secrets.token_hex(16)
        self._of_backend = broker.backend
        self._backend_port = broker.backend_port
        folder = broker.certificates.folder
        as_broker = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "stations-ca.pem")
        as_broker.verify_mode = ssl.CERT_REQUIRED
        as_broker.load_cert_chain(folder / "broker.pem", folder / "broker.key")
        self.tls = BothEnds(as_broker, station.context())
        self.mqtt = {
            "protocol": "5",
            "tls": True,
            "ca": str(station.ca),
            "certificate": str(station.certificate),
            "key": str(station.key),
        }

    @property
    def backend(self) -> dict[str, Any]:
        return {
            "host": self._broker.host,
            "port": self._backend_port,
            "tls": self._of_backend.context(),
            "share": self._share,
        }


class _Cluster(Site):
    """Three nats-servers, of which one at a time is away.

    JetStream keeps what it has acknowledged on two nodes of three, so it bears the loss of one.  A node is
    ended when the one before it has caught up, and its store is taken away when, with that node down, the two
    others have been seen to hold the same.
    """

    about_s = 4.0

    def __init__(self, cluster: NatsCluster) -> None:
        self._cluster = cluster
        self.ports = tuple(node.port for node in cluster.nodes)

    @property
    def backend(self) -> dict[str, Any]:
        first, second, third = self._cluster.places
        return {"host": second[0], "port": second[1], "alternates": (third, first)}

    async def restart(self, rng: random.Random, *, wipe: bool) -> bool:
        whole = await self._cluster.level(WHOLE_WITHIN_S)
        node = rng.choice(self._cluster.nodes)
        await _end(node, rng, wipe)
        lost = wipe and whole and await self._cluster.level(LEVEL_WITHIN_S, without=node)
        if lost:
            await asyncio.to_thread(node.wipe)
        await asyncio.sleep(rng.uniform(*DOWN_S))
        await node.start()
        return lost

    async def stop(self) -> None:
        await self._cluster.stop()


async def _plain(folder: Path, tenant: str, station: str) -> Site:
    return _Alone(await start_broker(folder, prefer="mosquitto"))


async def _embedded(folder: Path, tenant: str, station: str) -> Site:
    return _Alone(await start_broker(folder, prefer="nats"))


async def _mutual(folder: Path, tenant: str, station: str) -> Site:
    broker = await start_mutual_broker(folder, tenant)
    try:
        return _Mutual(broker, await broker.certificates.station(station))
    except BaseException:
        await broker.stop()
        raise


async def _cluster(folder: Path, tenant: str, station: str) -> Site:
    return _Cluster(await start_nats_cluster(folder))


SITES: Final[dict[str, Callable[[Path, str, str], Coroutine[Any, Any, Site]]]] = {
    "mosquitto": _plain,
    "mosquitto-tls": _mutual,
    "embedded": _embedded,
    "nats": _cluster,
}
"""By name; each starts its broker for one station: folder for the files, tenant, id.  Raises BrokerError."""
