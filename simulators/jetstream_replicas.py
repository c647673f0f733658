"""Do the nodes of a NATS cluster that are up hold the same?  Read from their monitoring pages (/jsz).

JetStream acknowledges a message when two nodes of three have it.  With one node away, once the two others
have been seen level, whatever is acknowledged later is on both: the third one's store can be taken away.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["behind", "read_report"]

_PAGE: Final = "jsz?streams=true&consumers=true&raft=true"
_META: Final = "_meta_"
ANSWER_WITHIN_S: Final = 2.0


def read_report(host: str, port: int) -> dict[str, Any]:
    """A node's page; blocks.  Raises OSError or ValueError."""
    with urllib.request.urlopen(f"http://{host}:{port}/{_PAGE}", timeout=ANSWER_WITHIN_S) as page:
        report = json.load(page)
    if not isinstance(report, dict):
        raise ValueError("no JSON object")
    return report


def behind(reports: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The Raft groups of which it is not known that every node of `reports` (by name) is level.

    Only a group's leader knows how far the others are.  Groups of one node have nobody to be level with.
    """
    groups: set[str] = set()
    level: set[str] = set()
    for name, report in reports.items():
        for group, cluster in _groups(report):
            groups.add(group)
            if cluster.get("leader") == name and _all_level(cluster, set(reports) - {name}):
                level.add(group)
    return (groups | {_META}) - level


def _all_level(cluster: Mapping[str, Any], others: set[str]) -> bool:
    replicas = {each["name"]: each for each in cluster.get("replicas") or ()}
    return all(
        other in replicas and replicas[other].get("current") is True and not replicas[other].get("lag")
        for other in others
    )


def _groups(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield _META, report.get("meta_cluster") or {}
    for account in report.get("account_details") or ():
        for stream in account.get("stream_detail") or ():
            for each in (stream, *(stream.get("consumer_detail") or ())):
                cluster = each.get("cluster") or {}
                if "raft_group" in cluster:
                    yield str(cluster["raft_group"]), cluster
