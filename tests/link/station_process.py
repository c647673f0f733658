"""A station's link as a process of its own, for tests that kill it.

Arguments: journal, host, port, protocol.  Records a fact each 20 ms and
prints its sequence; ends only when it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from edge.shell import link
from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.link_parts import LinkSettings
from edge.shell.mqtt_connection import connector
from edge.shell.mqtt_settings import MqttSettings
from tests.support.linked import linked


async def main(path: str, host: str, port: str, protocol: str) -> None:
    link.WILL_DELAY_S = 1  # type: ignore[misc]  # fifteen seconds are too long for a test
    connect = connector(MqttSettings(host, int(port), "demo-01", protocol=protocol))
    settings = LinkSettings(bytes(32), backoff_min_s=0.05, backoff_max_s=0.2)
    async with linked(
        Path(path), SystemClock(), connect, blocking=ThreadBlocking("journal"), settings=settings
    ) as station:
        while True:
            await station.happen()
            print(station.journal.head, flush=True)
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
