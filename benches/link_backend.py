"""The miniature backend as a process of its own, so that its work is not taken for the station's.

Arguments: host, port, tenant, path of its store.  Says "ready" when it is connected; ends when it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from simulators.backend import Backend


async def main(host: str, port: str, tenant: str, store: str) -> None:
    """Store and acknowledge."""
    backend = Backend(host, int(port), tenant=tenant, stations=[], store_path=Path(store))
    backend.subscribe(lambda kind, what: print("ready", flush=True) if kind == "link" else None)
    await backend.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
