from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from simulators.backend import Backend, StationConfig
from simulators.broker import Broker, start_broker
from tests.backend.scripted_station import until

MakeBackend = Callable[..., "AsyncIterator[Backend]"]

STATION = StationConfig("demo-01", "鸽巢演示站", "世纪大道 1 号", "400-000-0000", pepper=bytes(range(32)))


@pytest.fixture(params=["mosquitto", "nats"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    """Each real broker in turn: MQTT 5 with shared subscriptions, and 3.1.1 only."""
    running = await start_broker(tmp_path, prefer=request.param)
    yield running
    await running.stop()


class Backends:
    """Starts backends on one store and stops what is left."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self._broker = broker
        self._folder = folder
        self._stack = AsyncExitStack()

    async def start(self, schemas: Path | None = None) -> Backend:
        backend = Backend(
            self._broker.host,
            self._broker.port,
            tenant="demo",
            stations=[STATION],
            store_path=self._folder / "backend.sqlite",
            schemas=schemas,
        )
        await backend.start()
        self._stack.push_async_callback(self._stop, backend)
        await until(lambda: backend.connected)
        return backend

    async def _stop(self, backend: Backend) -> None:
        if backend.running:
            await backend.stop()

    async def close(self) -> None:
        await self._stack.aclose()


@pytest.fixture
async def backends(broker: Broker, tmp_path: Path) -> AsyncIterator[Backends]:
    made = Backends(broker, tmp_path)
    yield made
    await made.close()
