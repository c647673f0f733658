"""The broker process: same port, no leftovers, clear refusals."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import socket
import sys
from pathlib import Path

import pytest

from simulators.broker import Broker, BrokerError, free_port, start_broker
from tests.link.brokers import Desk, until
from tests.support.patience import PATIENCE_S


async def test_restart_keeps_the_port_and_makes_a_new_process(broker: Broker) -> None:
    port, pid = broker.port, broker.pid

    await broker.restart()

    assert broker.port == port
    assert broker.running
    assert broker.pid != pid


async def kept(broker: Broker) -> list[bytes]:
    """What a newcomer is told; nats reads what it kept when it is up already, and tells who comes later."""
    async with asyncio.timeout(PATIENCE_S):
        for number in itertools.count():
            async with Desk(broker, f"newcomer-{number}") as desk:
                await desk.listen("kept")
                with contextlib.suppress(TimeoutError):
                    await until(lambda desk=desk: bool(desk.heard), within_s=1.0)  # type: ignore[misc]
                    return desk.payloads("kept")
    raise AssertionError("counted to the end")


async def test_a_wiped_broker_remembers_nothing_and_one_that_was_not_does(broker: Broker) -> None:
    async with Desk(broker, "before") as desk:
        await desk.listen("kept")
        desk.send("kept", b"x", retain=True)
        await until(lambda: bool(desk.heard))
    with pytest.raises(BrokerError, match="runs"):
        broker.wipe()

    await broker.restart()
    assert await kept(broker) == [b"x"]

    await broker.stop()
    broker.wipe()
    await broker.start()
    async with Desk(broker, "after-wipe") as desk:
        await desk.listen("kept")
        desk.send("kept", b"new")
        await until(lambda: bool(desk.heard))
        assert desk.payloads("kept") == [b"new"]


async def test_a_broker_left_by_a_killed_run_is_ended(broker: Broker, tmp_path: Path) -> None:
    successor = await start_broker(tmp_path, port=broker.port, prefer=broker.kind)

    assert not broker.running
    assert successor.port == broker.port
    await successor.stop()


@pytest.mark.parametrize("kind", ["mosquitto", "nats"])
async def test_a_free_port_that_somebody_takes_first_is_left_for_another(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        ports = [somebody.getsockname()[1], free_port()]
        monkeypatch.setattr("simulators.broker.free_port", iter(ports).__next__)
        broker = await start_broker(tmp_path, prefer=kind)

    assert broker.port == ports[1]
    await broker.stop()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux is not installed")
async def test_a_broker_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    run = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio, pathlib, sys\n"
        "from simulators.broker import start_broker\n"
        "async def main():\n"
        "    broker = await start_broker(pathlib.Path(sys.argv[1]))\n"
        "    print(broker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n",
        str(tmp_path),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    assert run.stdout is not None
    process = Path("/proc") / (await run.stdout.readline()).decode().strip()
    assert process.exists()
    run.kill()
    await run.wait()
    async with asyncio.timeout(PATIENCE_S):
        while _lives(process):
            await asyncio.sleep(0.02)


def _lives(process: Path) -> bool:
    """A process nobody waits for stays as a zombie."""
    try:
        return "State:\tZ" not in (process / "status").read_text(encoding="ascii")
    except OSError:
        return False


async def test_a_port_in_use_is_refused(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=f"port {broker.port} .* in use"):
        await start_broker(tmp_path / "other", port=broker.port, prefer=broker.kind)


@pytest.mark.parametrize("prefer", ["auto", "mosquitto", "nats"])
async def test_a_missing_broker_names_what_to_install(
    prefer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kw: None)

    with pytest.raises(BrokerError, match="install"):
        await start_broker(tmp_path, prefer=prefer)
