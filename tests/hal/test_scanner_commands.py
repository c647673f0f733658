"""What drivers of host-driven scanners command, judged by the simulated scanner, whole and under faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hal.interfaces import CommandResult, RefusedScan, ScanMode, ScannerVerb, ScanRead
from simulators.cipherlab_scanner import CipherlabScanner
from simulators.gm65_scanner import Gm65Scanner
from simulators.honeywell_scanner import HoneywellScanner
from simulators.newland_scanner import NewlandScanner
from simulators.ssi_scanner import SsiScanner, checked
from tests.hal.scanner_rig import HOST_DRIVEN, WINDOW, Bench, scanner_bench, soon
from tests.hal.scripted_line import until

SILENT = {"cipherlab"}
"""Families that answer no command."""
TRIGGER_IS_SILENT = {"cipherlab", "honeywell"}
answering = pytest.mark.parametrize("family", [name for name in HOST_DRIVEN if name not in SILENT])
host_driven = pytest.mark.parametrize("family", HOST_DRIVEN)


def mode_of(bench: Bench) -> object:
    simulated = bench.simulated
    if isinstance(simulated, SsiScanner):
        return {8: ScanMode.HOST, 7: ScanMode.CONTINUOUS}.get(simulated.parameters[0x8A])
    if isinstance(simulated, HoneywellScanner):
        return {"0": ScanMode.HOST, "3": ScanMode.CONTINUOUS}.get(simulated.settings["TRGMOD"])
    if isinstance(simulated, NewlandScanner):
        return {"0": ScanMode.HOST, "3": ScanMode.CONTINUOUS}.get(simulated.settings["SCNMOD"])
    assert isinstance(simulated, Gm65Scanner)
    return {1: ScanMode.HOST, 2: ScanMode.CONTINUOUS}.get(simulated.zones[0] & 3)


def signals_of(bench: Bench) -> tuple[bool, bool]:
    simulated = bench.simulated
    if isinstance(simulated, SsiScanner):
        return bool(simulated.parameters[0x38]), True
    if isinstance(simulated, HoneywellScanner):
        return simulated.settings["BEPBEP"] == "1", simulated.settings["BEPLED"] == "1"
    if isinstance(simulated, NewlandScanner):
        return simulated.settings["GRBENA"] == "1", simulated.settings["GRLENA"] == "1"
    assert isinstance(simulated, Gm65Scanner)
    return bool(simulated.zones[0] & 0x40), bool(simulated.zones[0] & 0x80)


@answering
async def test_in_host_mode_a_symbol_is_read_only_after_the_trigger(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family, mode="host") as bench:
        await until(lambda: mode_of(bench) is ScanMode.HOST)
        bench.simulated.present("EE123456785CN", "C0")
        assert bench.simulated.scans == 0

        result = await bench.driven.trigger(soon())

        assert result is (CommandResult.SENT if family in TRIGGER_IS_SILENT else CommandResult.DONE)
        assert await bench.read() == ("EE123456785CN", "C0")
        bench.simulated.in_view = None
        await bench.simulated.scan("too late", "C0")
        assert bench.simulated.scans == 1, "a good read ends the trigger"


@host_driven
async def test_after_release_nothing_is_read(tmp_path: Path, family: str) -> None:
    settings = {} if family == "cipherlab" else {"mode": "host"}
    async with scanner_bench(tmp_path, family, **settings) as bench:
        if settings:
            await until(lambda: mode_of(bench) is ScanMode.HOST)
        await bench.driven.trigger(soon())
        await until(lambda: bench.simulated.reading)

        await bench.driven.release(soon())

        await until(lambda: not bench.simulated.reading)
        await bench.simulated.scan("not read", "C0")
        assert bench.simulated.scans == 0


@answering
async def test_mode_and_signals_are_set_and_acknowledged(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        for mode in (ScanMode.HOST, ScanMode.CONTINUOUS):
            assert await bench.driven.set_mode(mode, soon()) is CommandResult.DONE
            assert mode_of(bench) is mode
        assert await bench.driven.set_signals(False, True, soon()) is CommandResult.DONE
        assert signals_of(bench) == (False, True)
        assert mode_of(bench) is ScanMode.CONTINUOUS, "signals leave the mode alone"


@answering
async def test_mode_of_the_settings_is_set_again_after_power_was_lost(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family, mode="host") as bench:
        await until(lambda: mode_of(bench) is ScanMode.HOST)
        bench.faults.inject("scanner_unplugged", WINDOW)
        await until(lambda: not bench.scanner.online)
        bench.faults.clear("scanner_unplugged", WINDOW)
        assert mode_of(bench) is not ScanMode.HOST

        await until(lambda: mode_of(bench) is ScanMode.HOST, within_s=8)


@answering
async def test_probe_is_answered_by_a_living_scanner_only(tmp_path: Path, family: str) -> None:
    told = {"ssi": "SIM-SSI-1.0", "honeywell": "TRGMOD3", "newland": "SCNMOD2", "gm65": "alive"}
    async with scanner_bench(tmp_path, family) as bench:
        assert await bench.driven.probe(soon()) == told[family]
        bench.faults.inject("scanner_dead", WINDOW)
        assert await bench.driven.probe(soon(0.3)) is None
        assert bench.scanner.online, "the port is still there"


@answering
async def test_lost_reply_is_unknown_and_the_next_command_is_its_own(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        bench.faults.inject("scanner_no_answer", WINDOW, n=0)
        assert await bench.driven.set_mode(ScanMode.HOST, soon(0.4)) is CommandResult.UNKNOWN
        bench.faults.clear("scanner_no_answer", WINDOW)

        assert await bench.driven.set_mode(ScanMode.CONTINUOUS, soon()) is CommandResult.DONE
        assert mode_of(bench) is ScanMode.CONTINUOUS


@answering
@pytest.mark.parametrize("fault", ["scanner_half_reply", "scanner_garbled"])
async def test_damaged_reply_is_never_done_and_scans_go_on(tmp_path: Path, family: str, fault: str) -> None:
    async with scanner_bench(tmp_path, family, gap_ms=150) as bench:
        bench.faults.inject(fault, WINDOW, n=0 if fault == "scanner_half_reply" else 9)
        result = await bench.driven.set_mode(ScanMode.CONTINUOUS, soon(0.4))
        bench.faults.clear(fault, WINDOW)

        # A status that arrives as "refused" is a refusal in families without a check.
        assert result in (CommandResult.UNKNOWN, CommandResult.REFUSED)
        texts: list[str] = []
        while "AFTER" not in texts:
            await bench.simulated.scan("AFTER", "C0")
            scan = await bench.take()
            texts += [scan.text] if isinstance(scan, ScanRead) else []
        assert set(texts) == {"AFTER"}


@answering
async def test_bytes_of_a_reply_one_at_a_time_are_a_reply(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        bench.faults.inject("scanner_bytewise", WINDOW)

        assert await bench.driven.set_mode(ScanMode.CONTINUOUS, soon()) is CommandResult.DONE


@answering
async def test_refusal_is_told(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        bench.faults.inject("scanner_refuses", WINDOW)

        result = await bench.driven.set_mode(ScanMode.HOST, soon(1.0))

        # A GM65 refuses by silence.
        assert result is (CommandResult.UNKNOWN if family == "gm65" else CommandResult.REFUSED)
        assert mode_of(bench) is not ScanMode.HOST


@host_driven
async def test_echo_of_the_adapter_is_no_reply_and_no_scan(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family, gap_ms=150) as bench:
        bench.faults.inject("scanner_echo", WINDOW)
        bench.faults.inject("scanner_no_answer", WINDOW, n=0)
        await bench.driven.trigger(soon(0.3))
        if family not in SILENT:
            assert await bench.driven.probe(soon(0.3)) is None
        bench.faults.clear_all()
        texts: list[str] = []
        while "AFTER" not in texts:
            bench.simulated.powered_on()
            if isinstance(bench.simulated, SsiScanner):
                bench.simulated.parameters[0xEE] = 1
            await bench.simulated.scan("AFTER", "C0")
            scan = await bench.take()
            texts += [scan.text] if isinstance(scan, ScanRead) else []
        assert set(texts) == {"AFTER"}


@host_driven
async def test_verbs_say_what_is_supported(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        scanner = bench.driven
        before = len(scanner.trace.lines())
        results: dict[ScannerVerb, Callable[[], Awaitable[CommandResult]]] = {
            ScannerVerb.MODE: lambda: scanner.set_mode(ScanMode.CONTINUOUS, soon()),
            ScannerVerb.BEEP: lambda: scanner.beep(soon()),
            ScannerVerb.LIGHT: lambda: scanner.light(True, soon()),
            ScannerVerb.SIGNALS: lambda: scanner.set_signals(True, True, soon()),
        }
        for verb, ask in results.items():
            supported = verb in scanner.verbs
            assert ((await ask()) is not CommandResult.UNSUPPORTED) == supported, verb
            assert (len(scanner.trace.lines()) > before) == supported, verb
            before = len(scanner.trace.lines())
        assert {ScannerVerb.TRIGGER, ScannerVerb.RELEASE} <= scanner.verbs


async def test_ssi_scanner_that_lost_power_behind_its_port_is_set_up_again(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        simulated = bench.simulated
        assert isinstance(simulated, SsiScanner)
        simulated.powered_on()
        await simulated.scan("in bare text", "C0")

        assert isinstance(await bench.take(), RefusedScan)
        await until(lambda: bool(simulated.parameters[0xEE]))
        await simulated.scan("EE123456785CN", "C0")
        assert await bench.read() == ("EE123456785CN", "C0")


@answering
async def test_scanner_without_power_is_set_up_once_it_has_some(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family, mode="host") as bench:
        bench.faults.inject("scanner_dead", WINDOW)
        bench.simulated.unplug()
        await until(lambda: not bench.scanner.online)
        bench.simulated.replug()
        await until(lambda: bench.scanner.online, within_s=8)
        assert mode_of(bench) is not ScanMode.HOST
        bench.faults.clear("scanner_dead", WINDOW)

        await until(lambda: mode_of(bench) is ScanMode.HOST, within_s=15)


async def test_ssi_beeps_and_lights(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        assert isinstance(bench.simulated, SsiScanner)
        assert await bench.driven.beep(soon()) is CommandResult.DONE
        assert await bench.driven.light(True, soon()) is CommandResult.DONE
        assert (bench.simulated.beeps, bench.simulated.leds) == (1, 1)
        assert await bench.driven.light(False, soon()) is CommandResult.DONE
        assert bench.simulated.leds == 0
        assert await bench.driven.set_signals(True, False, soon()) is CommandResult.UNSUPPORTED


async def test_ssi_command_repeated_for_a_lost_answer_is_carried_out_once(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        assert isinstance(bench.simulated, SsiScanner)
        bench.faults.inject("scanner_no_answer", WINDOW, n=1)

        assert await bench.driven.beep(soon()) is CommandResult.DONE

        assert bench.simulated.beeps == 1


async def test_ssi_scan_whose_acknowledgement_is_lost_comes_once(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        bench.faults.inject("scanner_deaf_to_ack", WINDOW, n=2)
        await bench.simulated.scan("EE123456785CN", "C0")
        await bench.simulated.scan("LAST", "C0")

        assert [(await bench.read())[0] for _ in range(2)] == ["EE123456785CN", "LAST"]


async def test_ssi_packet_with_a_wrong_check_is_asked_for_again(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        assert isinstance(bench.simulated, SsiScanner)
        bench.faults.inject("scanner_garbled", WINDOW, n=2)
        await bench.simulated.scan("EE123456785CN", "C0")

        assert await bench.read() == ("EE123456785CN", "C0")
        assert bench.simulated.gave_up == 0


async def test_ssi_long_scan_whose_rest_never_comes_is_refused(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "ssi") as bench:
        await bench.simulated.send_raw(checked(b"\x08\xf3\x00\x02\x1cABC"))
        await until(lambda: any(b"ABC" in line.data for line in bench.scanner.trace.lines()))
        bench.simulated.unplug()

        scan = await bench.take()

        assert isinstance(scan, RefusedScan)
        assert (scan.reason, scan.length) == ("not-text", 3)


@pytest.mark.parametrize("family", ["honeywell", "cipherlab"])
async def test_line_scanners_beep(tmp_path: Path, family: str) -> None:
    async with scanner_bench(tmp_path, family) as bench:
        simulated = bench.simulated
        assert isinstance(simulated, HoneywellScanner | CipherlabScanner)
        await bench.driven.beep(soon())
        await until(lambda: simulated.beeps == 1)


async def test_newland_short_trigger_is_sent_unanswered(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "newland", short_trigger=True) as bench:
        assert await bench.driven.trigger(soon()) is CommandResult.SENT
        await until(lambda: bench.simulated.reading)


async def test_commands_wait_for_each_other_and_give_up_at_their_deadline(tmp_path: Path) -> None:
    async with scanner_bench(tmp_path, "gm65") as bench:
        bench.faults.inject("scanner_no_answer", WINDOW, n=0)
        bench.simulated.later(_trigger_for(bench, 2.0))
        await until(lambda: any(line.direction == ">" for line in bench.scanner.trace.lines()))

        assert await bench.driven.release(soon(0.05)) is CommandResult.NOT_SENT


async def _trigger_for(bench: Bench, seconds: float) -> None:
    await bench.driven.trigger(soon(seconds))
