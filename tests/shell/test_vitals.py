"""What the kernel tells, from files as it lays them out; what it does not tell is None."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.shell.messages import Power
from edge.shell.vitals import VitalsReader


def lay(root: Path, files: dict[str, str]) -> VitalsReader:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return VitalsReader(root, root)


def test_a_bare_machine_tells_nothing_but_its_disk(tmp_path: Path) -> None:
    vitals = VitalsReader(tmp_path, tmp_path / "nothing").read()

    assert vitals.disk_free_bytes is not None and vitals.disk_total_bytes is not None
    assert 0 <= vitals.disk_free_bytes <= vitals.disk_total_bytes
    assert vitals.memory_used_bytes is None and vitals.memory_available_bytes is None
    assert vitals.temperature_c is None and vitals.power is None
    assert VitalsReader(tmp_path / "gone").read().disk_free_bytes is None


def test_this_machine_tells_its_memory(tmp_path: Path) -> None:
    vitals = VitalsReader(tmp_path).read()

    assert vitals.memory_used_bytes is not None and vitals.memory_used_bytes > 1_000_000
    assert vitals.memory_available_bytes is not None


@pytest.mark.parametrize(
    ("zones", "degrees"),
    [
        ({"cpu-thermal": "48312"}, 48.312),
        ({"acpitz": "27800", "x86_pkg_temp": "61000", "soc_thermal": "59000"}, 61.0),
        ({"acpitz": "27800", "iwlwifi_1": "39000"}, 39.0),
        ({"cpu-thermal": "-273150", "acpitz": "27800"}, 27.8),
        ({"cpu-thermal": "junk"}, None),
    ],
)
def test_the_temperature_is_the_processors_where_there_is_one(
    tmp_path: Path, zones: dict[str, str], degrees: float | None
) -> None:
    files = {}
    for n, (kind, temp) in enumerate(zones.items()):
        files[f"sys/class/thermal/thermal_zone{n}/type"] = f"{kind}\n"
        files[f"sys/class/thermal/thermal_zone{n}/temp"] = f"{temp}\n"

    assert lay(tmp_path, files).read().temperature_c == degrees


@pytest.mark.parametrize(
    ("supplies", "power"),
    [
        ({"AC": {"type": "Mains", "online": "1"}}, Power("mains", None)),
        ({"AC": {"type": "Mains", "online": "0"}}, Power("battery", None)),
        (
            {
                "AC": {"type": "Mains", "online": "0"},
                "BAT0": {"type": "Battery", "capacity": "63", "status": "Discharging"},
            },
            Power("battery", 63),
        ),
        ({"BAT0": {"type": "Battery", "capacity": "99", "status": "Charging"}}, Power("mains", 99)),
        ({"BAT0": {"type": "Battery", "capacity": "junk", "status": "Discharging"}}, Power("battery", None)),
        ({"odd": {"type": "Whatever"}}, None),
    ],
)
def test_the_power_is_mains_while_any_supply_from_outside_is_on(
    tmp_path: Path, supplies: dict[str, dict[str, str]], power: Power | None
) -> None:
    files = {
        f"sys/class/power_supply/{name}/{key}": f"{value}\n"
        for name, keys in supplies.items()
        for key, value in keys.items()
    }

    assert lay(tmp_path, files).read().power == power
