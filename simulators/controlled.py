"""Simulated hardware that a program runs by a socket (see simulators/control.py)."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from simulators.cabinet import SimulatedCabinet
from simulators.control import CabinetControl, ControlServer
from simulators.plan import load_plan

__all__ = ["run_controlled"]


async def run_controlled(config: Path, labels: Path, socket: Path, seed: int = 1) -> int:
    """Listen at `socket` until SIGINT or SIGTERM; returns 0.

    Nothing is plugged in before the first `restart`.  PlanError or OSError when it cannot be.
    """
    plan = load_plan(config)
    server = ControlServer(CabinetControl(lambda: SimulatedCabinet(plan, labels, seed=seed)), socket)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    await server.start()
    print(f"control      {socket}", flush=True)
    try:
        await stop.wait()
    finally:
        await server.stop()
    return 0
