"""When the torture of a cluster takes a node's store away: only when JetStream's rules bear it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from simulators.broker import Broker
from simulators.broker_cluster import NatsCluster
from tools.link_torture import sites


class Node(Broker):
    """Notes what is done to it, and starts nothing."""

    def __init__(self, done: list[str]) -> None:
        self.port = 1
        self.done = done

    async def start(self) -> None:
        self.done.append("start")

    async def stop(self) -> None:
        self.done.append("end")

    async def kill(self) -> None:
        self.done.append("end")

    def wipe(self) -> None:
        self.done.append("wipe")


@dataclass
class Cluster(NatsCluster):
    """Its nodes are level, with all up and with one away, as a test says."""

    whole: bool
    others: bool
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes = [Node(self.done)]  # type: ignore[list-item]

    async def level(self, within_s: float, *, without: Broker | None = None) -> bool:
        self.done.append("look" if without is None else "look without")
        return self.whole if without is None else self.others


@pytest.mark.parametrize(
    ("whole", "others", "wipe", "done"),
    [
        (True, True, True, ["look", "end", "look without", "wipe", "start"]),
        (True, False, True, ["look", "end", "look without", "start"]),
        (False, True, True, ["look", "end", "start"]),
        (True, True, False, ["look", "end", "start"]),
    ],
)
async def test_a_store_goes_only_when_the_two_others_hold_all(
    whole: bool, others: bool, wipe: bool, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "DOWN_S", (0.0, 0.0))
    cluster = Cluster(whole, others)
    lost = await sites._Cluster(cluster).restart(random.Random(1), wipe=wipe)
    assert cluster.done == done
    assert lost is ("wipe" in done)
