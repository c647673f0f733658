"""The real service, a real broker and the miniature backend: configuration, jobs, an update."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulators.backend_stations import StationView
from tests.station.town import ROOT, Town, parcel, town, until


def view(one: Town) -> StationView:
    return one.backend.station(one.station)


def config(one: Town) -> dict[str, Any]:
    return view(one).config or {}


async def ended(one: Town, id_: str) -> dict[str, Any]:
    def over() -> bool:
        status = one.backend.twin.job(one.station, id_)
        return status is not None and status["state"] not in ("queued", "running")

    await until(over, what=f"the end of job {id_}")
    status = one.backend.twin.job(one.station, id_)
    assert status is not None
    return status


async def test_a_configuration_from_afar_holds_over_a_kill_and_is_taken_back_after_two_more(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as one:
        await until(lambda: config(one).get("state") == "none", what="the first report")
        number = one.backend.twin.configure(
            one.station, {"rules.holding_period_s": 7200, "mqtt.host": "x", "link.heartbeat_s": 5}
        )
        await until(lambda: config(one).get("version") == number, what="the report")
        assert config(one)["state"] == "probation"
        assert [each["key"] for each in config(one)["refused"]] == ["mqtt.host"]
        await one.service.kill()
        await one.start_service()
        await until(lambda: len(view(one).sessions) == 2 and view(one).state == "ready")
        await one.deposit(parcel())
        [deposited] = [e for e in one.journal() if e["type"] == "ph.parcel.deposited.v1"]
        [stored] = one.backend.messages
        assert "2 小时" in stored.zh
        assert config(one)["version"] == number and config(one)["values"]["rules.holding_period_s"] == 7200
        assert len(one.facts("audit.config-applied")) == 1

        id_ = one.backend.twin.give_job(one.station, "deadline-shift", {"shift_s": 86_400})
        status = await ended(one, id_)
        assert (status["state"], status["result"]) == ("succeeded", {"moved": 1, "skipped": 0})
        [moved] = one.facts("parcel.deadline-shifted")
        assert moved["expires_at_ms"] == deposited["data"]["expires_at_ms"] + 86_400_000

        for _ in range(2):
            await one.service.kill()
            await one.start_service()
        await until(lambda: config(one).get("state") == "none", what="the revert")
        assert config(one)["reverted"] == {
            "version": number,
            "hash": one.facts("audit.config-applied")[0]["hash"],
            "reason": "crashed",
            "detail": "3 starts on probation",
        }
        assert config(one)["values"]["rules.holding_period_s"] == 259_200
        await until(lambda: config(one).get("rejected") == "reverted", what="the retained document again")
        assert one.backend.violation_count == 0, one.backend.violations


async def test_check_config_shows_what_was_set_from_afar_beside_the_file(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        one.backend.twin.configure(one.station, {"station.phone": "95588", "line.port": "x"})
        await until(lambda: config(one).get("pending_restart") == ["station.phone"])
        await one.service.stop()
        command = [sys.executable, "-m", "edge.cli", "check-config", "--config"]
        done = subprocess.run(
            [*command, str(one.rehearsal.station_toml)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "on probation; it goes before station.toml" in done.stdout
        assert "station.phone = '95588' (station.toml: '400-000-0000')" in done.stdout
        assert "line.port refused: not-remote" in done.stdout
        await one.start_service()
        await until(lambda: config(one).get("pending_restart") == [], what="the restart")
        assert config(one)["values"]["station.phone"] == "95588"


async def test_a_diagnostics_bundle_is_made_and_a_lost_line_makes_the_station_degraded(
    tmp_path: Path,
) -> None:
    async with town(tmp_path) as one:
        id_ = one.backend.twin.give_job(one.station, "diagnostics", {"facts": 50})
        status = await ended(one, id_)
        assert status["state"] == "succeeded", status
        bundle = Path(status["result"]["path"])
        assert hashlib.sha256(bundle.read_bytes()).hexdigest() == status["result"]["sha256"]
        with tarfile.open(bundle) as archive:
            texts = {name.rpartition("/")[2]: archive.extractfile(name) for name in archive.getnames()}
            bodies = {name: file.read().decode() for name, file in texts.items() if file is not None}
        assert set(bodies) == {
            "devices.json",
            "facts.jsonl",
            "machine.json",
            "remote-config.json",
            "service.json",
            "station.json",
        }
        assert "scrypt$" not in "".join(bodies.values())
        assert one.rehearsal.pepper.read_text().strip() not in "".join(bodies.values())
        beat = view(one).heartbeat
        assert beat is not None and set(beat["lines"]) == {"line-a", "line-b"}
        assert beat["lines"]["line-a"]["transactions"] > 0 and beat["vitals"]["disk_free_bytes"] > 0
        one.faults.inject("line_unplugged", "line-a")
        await until(
            lambda: (
                (view(one).state, (view(one).presence or {}).get("reason"))
                == ("degraded", "board-a1, board-a2")
            )
        )
        assert one.backend.violation_count == 0, one.backend.violations


async def test_an_update_restarts_the_service_with_75_and_the_version_then_judges(tmp_path: Path) -> None:
    note = tmp_path / "installed"
    hook = tmp_path / "install"
    hook.write_text(f'#!/bin/sh\necho "$@" > {note}\n')
    hook.chmod(0o755)
    async with town(tmp_path, start=False) as one:
        text = one.rehearsal.station_toml.read_text(encoding="utf-8")
        one.rehearsal.station_toml.write_text(f'{text}\n[update]\ncommand = ["{hook}"]\n', encoding="utf-8")
        await one.start_service()
        await until(lambda: view(one).state == "ready")
        digest = "sha256:" + "a" * 64
        wanted = {"version": "99.0", "digest": digest}
        id_ = one.backend.twin.give_job(one.station, "update", wanted)
        assert await one.service.ended() == 75, one.service.log()
        assert note.read_text() == f"99.0 {digest}\n"
        await until(lambda: view(one).state == "disconnected", what="the farewell")
        await one.start_service()
        status = await ended(one, id_)
        assert status["state"] == "failed"
        assert status["detail"] == f"{version('pigeonhole')} runs after the restart, not 99.0"
        await until(lambda: view(one).state == "ready")
        assert note.read_text() == f"99.0 {digest}\n"
