"""station.toml and what is set from afar, side by side: what a start takes from which.

What is set from afar goes before station.toml, key by key; its file of its own lies beside the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from edge.config import Config
from edge.core.model import Scalar
from edge.shell.twin_file import FILE_NAME, TwinFile
from edge.shell.twin_keys import defaults_of

__all__ = ["HEARTBEAT_S", "base_values", "describe_remote", "with_remote"]

HEARTBEAT_S: Final = 30.0
"""Between two heartbeats unless set from afar; a station is known silent after a minute."""


def base_values(config: Config) -> dict[str, Scalar]:
    """What station.toml says of every key that may be set from afar."""
    station, mqtt = config.station, config.mqtt
    return defaults_of(
        config.rules,
        {
            "link.heartbeat_s": HEARTBEAT_S,
            "mqtt.backoff_min_s": mqtt.backoff_min_s,
            "mqtt.backoff_max_s": mqtt.backoff_max_s,
            "station.name": station.name,
            "station.address": station.address,
            "station.phone": station.phone,
        },
    )


def with_remote(config: Config, held: Mapping[str, Scalar]) -> Config:
    """`config` with the keys that hold from a start on, as `held` has them; rules come by facts instead."""
    names = ("name", "address", "phone")
    station = msgspec.structs.replace(config.station, **{name: held[f"station.{name}"] for name in names})
    return msgspec.structs.replace(config, station=station)


def describe_remote(config: Config) -> list[str]:
    """What `check-config` says of the remote configuration beside `config`; empty when there is none."""
    file = TwinFile(config.paths.data / FILE_NAME)
    record = file.load()
    if record is None:
        return [f"{file.path}: damaged; station.toml alone holds until the backend's document comes again"]
    now = record.in_force
    if not now.version:
        return []
    base = base_values(config)
    word = "on probation" if record.probation else "in force"
    lines = [f"{file.path}: remote configuration {now.version} is {word}; it goes before station.toml:"]
    lines += [f"  {key} = {value!r} (station.toml: {base.get(key)!r})" for key, value in now.values.items()]
    lines += [f"  {each.key} refused: {each.reason} {each.detail}".rstrip() for each in now.refused]
    return lines
