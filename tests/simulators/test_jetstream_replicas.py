"""When two nodes of a cluster count as level, from pages as nats-server 2.15 writes them."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.jetstream_replicas import behind


def replica(name: str, *, current: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "current": current, "active": 20378520} | more


def page(
    leader: str, *others: dict[str, Any], meta: dict[str, Any] | None = None, group: str = "S-R3F-1"
) -> dict[str, Any]:
    cluster = {"name": "pigeonhole", "raft_group": group, "leader": leader, "replicas": list(others)}
    single = {"name": "$MQTT_rmsgs_x", "cluster": {"name": "pigeonhole", "leader": leader}}
    stream = {"name": "$MQTT_msgs", "cluster": cluster, "consumer_detail": [single]}
    account = {"name": "$G", "stream_detail": [stream]}
    return {"meta_cluster": meta or {"leader": "b", "replicas": []}, "account_details": [account]}


META = {"leader": "a", "replicas": [replica("b"), replica("c", current=False, active=0)]}
GOOD = page("a", replica("b"), replica("c", current=False, lag=12), meta=META)
FOLLOWER = page("a", replica("a"), replica("c", current=False))


def test_a_leader_that_says_so_makes_them_level_whatever_the_third_has() -> None:
    assert behind({"a": GOOD, "b": FOLLOWER}) == set()


@pytest.mark.parametrize(
    "leaders",
    [
        page("a", replica("b", lag=3), meta=META),
        page("a", replica("b", current=False), meta=META),
        page("a", replica("c"), meta=META),
        page("b", replica("b"), meta=META),  # a follower knows nothing of the others
        page("c", replica("b"), meta=META),  # its leader is the one that is away
    ],
)
def test_less_does_not(leaders: dict[str, Any]) -> None:
    assert behind({"a": leaders, "b": FOLLOWER}) == {"S-R3F-1"}


def test_every_group_counts_the_nodes_own_among_them() -> None:
    assert behind({"a": GOOD | {"meta_cluster": None}, "b": FOLLOWER}) == {"_meta_"}
    assert behind({"a": GOOD, "b": page("b", group="S-R3F-2")}) == {"S-R3F-2"}
    assert behind({"a": {}, "b": {}}) == {"_meta_"}
