"""Three nats-server nodes that keep MQTT sessions and messages together; one may die, and lose its store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from simulators.broker import HOST, Broker, end_leftover, find_broker, free_port
from simulators.jetstream_replicas import behind, read_report

__all__ = ["NatsCluster", "start_nats_cluster"]

NODES: Final = 3
"""The least that can lose one and still have a majority."""

LOOK_AGAIN_S: Final = 0.2


class _Node(Broker):
    """One node; ready when the cluster has a leader, because it answers no client before."""

    def __init__(self, binary: str, folder: Path, name: str, routes: dict[str, int]) -> None:
        super().__init__("nats", binary, folder / name, free_port())
        self.name = name
        self.monitor_port = free_port()
        self._routes = routes

    def report(self) -> dict[str, Any]:
        """What it says of its streams; blocks.  Raises OSError or ValueError."""
        return read_report(self.host, self.monitor_port)

    def _render(self) -> str:
        return json.dumps(
            {
                "server_name": self.name,
                "listen": f"{HOST}:-1",
                "http": f"{HOST}:{self.monitor_port}",
                "jetstream": {"store_dir": str(self._folder / "jetstream")},
                "cluster": {
                    "name": "pigeonhole",
                    "listen": f"{HOST}:{self._routes[self.name]}",
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

    def __init__(self, nodes: list[_Node]) -> None:
        self.nodes = nodes

    @property
    def places(self) -> list[tuple[str, int]]:
        """Host and port of each node."""
        return [(node.host, node.port) for node in self.nodes]

    async def level(self, within_s: float, *, without: Broker | None = None) -> bool:
        """Wait until all nodes, or all but one that is down, have what any of them has; False if not in time.

        From then on nothing that was acknowledged is lost with what `without` had stored.
        """
        nodes = [node for node in self.nodes if node is not without]
        waiting: set[str] | None = None
        try:
            async with asyncio.timeout(within_s):
                while waiting is None or waiting:
                    now = await _behind(nodes)
                    if now is not None:
                        # What was level once stays so: nothing is acknowledged that only one of them has.
                        waiting = now if waiting is None else waiting & now
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """End all nodes."""
        await asyncio.gather(*(node.kill() for node in self.nodes))


async def _behind(nodes: Sequence[_Node]) -> set[str] | None:
    """See `jetstream_replicas.behind`; None when a node does not say."""
    try:
        pages = await asyncio.gather(*(asyncio.to_thread(node.report) for node in nodes))
    except (OSError, ValueError):
        return None
    return behind(dict(zip((node.name for node in nodes), pages, strict=True)))


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
