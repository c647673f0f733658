"""What an interrupted run has learned, beside station.toml until it is written there."""

from __future__ import annotations

import msgspec

from edge.commission.findings import Channel, Outcome, Seen
from edge.commission.station_edit import write_atomically
from edge.config import Config, ConfigError

__all__ = ["Progress"]


class _File(msgspec.Struct, frozen=True):
    """`boards` as they were: what was seen of others says nothing."""

    station: str
    boards: list[str]
    seen: list[Seen]


class Progress:
    """The doors done so far; every one is on disk before the next is opened.

    A run for a station of other boards, or a file that cannot be read, is ConfigError and says so.
    """

    def __init__(self, config: Config, restart: bool) -> None:
        self.path = config.source.with_name(f"{config.source.name}.commission.json")
        self.seen: list[Seen] = []
        self._station = config.station.id
        self._doors = frozenset(config.layout.compartments)
        self._boards = [
            f"{board.id}: {board.kind}, {board.line} {board.address}, {board.channels} channels"
            for board in config.boards
        ]
        if restart:
            self.path.unlink(missing_ok=True)
        elif self.path.exists():
            self.seen = self._load()

    def _load(self) -> list[Seen]:
        try:
            file = msgspec.json.decode(self.path.read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError) as error:
            raise ConfigError(f"{self.path}: {error}; --restart begins anew") from error
        if (file.station, file.boards) != (self._station, self._boards):
            raise ConfigError(f"{self.path}: is of a station with other boards; --restart begins anew")
        # Doors that were taken out of the file since then say nothing of it.
        return [each for each in file.seen if each.door is None or each.door in self._doors]

    def done(self, channel: Channel) -> bool:
        """True when its door opened and its contact was found, in this run or the one it continues."""
        return any(
            each.channel == channel
            and each.outcome is Outcome.OPENED
            and (each.contact == channel.number or not each.has_contacts)
            for each in self.seen
        )

    def add(self, seen: Seen) -> None:
        """Keep what was seen, on disk before returning; replaces what was seen of the channel before."""
        self.seen = [each for each in self.seen if each.channel != seen.channel] + [seen]
        file = _File(self._station, self._boards, self.seen)
        write_atomically(self.path, msgspec.json.format(msgspec.json.encode(file)).decode() + "\n")

    def forget(self) -> None:
        """It is written, or not wanted."""
        self.path.unlink(missing_ok=True)
