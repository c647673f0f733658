"""The answer to `diagnose`: right for a small station, bounded for the largest and most broken one."""

from __future__ import annotations

import msgspec

from edge.cabinet_config import MAX_COMPARTMENTS
from edge.core.inputs import DoorReading
from edge.core.model import DoorState, Size, State
from edge.core.orders import Hold, Open, Order, Recall, Reserve, SetService
from edge.shell.health_report import MAX_DEVICES, MAX_REASONS, health_of
from edge.shell.messages import Heartbeat
from tests.core.bench import Bench, expected, make_setup

NUMBERS = Heartbeat(
    session=1,
    connection=7,
    boot_id="b",
    uptime_s=60,
    head=900,
    acknowledged=890,
    backlog=10,
    rewinds=0,
    replies_waiting=2,
    replies_dropped=1,
    refused={"bad-data": 3},
    clock_state="holdover",
)


def test_what_is_so_is_counted() -> None:
    bench = Bench(make_setup("SSSSML"))
    bench.start()
    bench.stored("p1")
    bench.stored("p2")
    bench.send(expected("p3", size=Size.M))
    orders: list[Order] = [
        Recall("p1", "op", "why"),
        Reserve("p3", bench.now_ms + 60_000),
        Hold("a04", None, "op", "why"),
        SetService("a06", False, "op", "why"),
        Open("a03", "op", "why"),
    ]
    for n, order in enumerate(orders):
        bench.send(bench.order(order, f"c{n}"))
    bench.send(DoorReading("a02", DoorState.UNKNOWN))
    bench.send_device("printer", online=False)

    health = health_of(bench.setup, bench.state, NUMBERS, "0.1.0")

    assert (health.compartments, health.out_of_service, health.held, health.reserved) == (6, 1, 1, 1)
    assert (health.doors_open, health.doors_unknown, health.unlocking) == (0, 1, "a03")
    assert (health.parcels_inside, health.parcels_to_collect, health.parcels_to_check) == (2, 1, 0)
    assert [(lost.device, lost.detail) for lost in health.devices_lost] == [("printer", "port gone")]
    assert (health.connection, health.head, health.acknowledged) == (7, 900, 890)
    assert (health.clock_state, health.refused, health.boots, health.session) == (
        "holdover",
        {"bad-data": 3},
        1,
        False,
    )


def test_a_station_that_knows_nothing_yet_is_all_unknown() -> None:
    health = health_of(make_setup("SS"), State(), NUMBERS, "0.1.0")

    assert (health.compartments, health.doors_unknown, health.boots) == (2, 2, 0)


def test_the_report_is_bounded_whatever_broke() -> None:
    setup = make_setup("S" * MAX_COMPARTMENTS)
    state = State(lost_devices={f"device-{n:04d}" + "x" * 40: "é" * 9_999 for n in range(1_000)})
    numbers = msgspec.structs.replace(NUMBERS, refused={f"reason-{n:05d}": 10**12 for n in range(5_000)})

    health = health_of(setup, state, numbers, "0.1.0")

    assert (len(health.devices_lost), len(health.refused)) == (MAX_DEVICES, MAX_REASONS)
    assert len(msgspec.json.encode(health)) < 16 * 1024
