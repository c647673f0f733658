"""Three nats-server nodes that keep MQTT sessions and messages together; one may be killed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

from simulators.broker import HOST, Broker, end_leftover, find_broker, free_port

__all__ = ["NatsCluster", "start_nats_cluster"]

NODES: Final = 3
"""The least that can lose one and still have a majority."""


class _Node(Broker):
    """One node; ready when the cluster has a leader, because it answers no client before."""

    def __init__(self, binary: str, folder: Path, name: str, routes: dict[str, int]) -> None:
        super().__init__("nats", binary, folder / name, free_port())
        self._name = name
        self._routes = routes

    def _render(self) -> str:
        return json.dumps(
            {
                "server_name": self._name,
                "listen": f"{HOST}:-1",
                "jetstream": {"store_dir": str(self._folder / "jetstream")},
                "cluster": {
                    "name": "pigeonhole",
                    "listen": f"{HOST}:{self._routes[self._name]}",
                    "routes": [f"nats-route://{HOST}:{port}" for port in self._routes.values()],
                },
                "mqtt": {
                    "listen": f"{HOST}:{self.port}",
                    "stream_replicas": NODES,
                    "consumer_replicas": NODES,
                    "max_ack_pending": 64,
                    "ack_wait": "10s",
                },
            },
            indent=1,
        )


class NatsCluster:
    """The nodes, in the order in which clients should try them."""

    def __init__(self, nodes: list[Broker]) -> None:
        self.nodes = nodes

    @property
    def places(self) -> list[tuple[str, int]]:
        """Host and port of each node."""
        return [(node.host, node.port) for node in self.nodes]

    async def stop(self) -> None:
        """End all nodes."""
        await asyncio.gather(*(node.kill() for node in self.nodes))


async def start_nats_cluster(run_dir: Path) -> NatsCluster:
    """Start three nodes and return when each serves clients.  Raises BrokerError."""
    _, binary = find_broker("nats")
    folder = (Path(run_dir) / "cluster").resolve()
    names = [chr(ord("a") + number) for number in range(NODES)]
    for name in names:
        await end_leftover(folder / name / "nats.conf")
    routes = {name: free_port() for name in names}
    cluster = NatsCluster([_Node(binary, folder, name, routes) for name in names])
    try:
        await asyncio.gather(*(node.start() for node in cluster.nodes))
    except BaseException:
        await cluster.stop()
        raise
    return cluster
