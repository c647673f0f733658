"""The `pigeonhole-sim` command: simulated hardware and a backend for rehearsal.

Exit codes: 0 all well, 1 a promise was broken or something is missing (the
output says what), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simulators import grant_command
from simulators.faults import FAULTS

__all__ = ["main"]

REPOSITORY: Final = Path(__file__).resolve().parent.parent

CAMERA_FAULTS: Final = [each.name for each in FAULTS.values() if each.target == "camera"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(argv)
    logging.basicConfig(
        level=args.log_level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        result: int = args.command(args)
    except KeyboardInterrupt:
        return 130
    except (OSError, RuntimeError, ValueError) as error:
        print(f"pigeonhole-sim: {error}", file=sys.stderr)
        return 1
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pigeonhole-sim", description="Simulated hardware and backend for rehearsal.", allow_abbrev=False
    )
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(
        commands.add_parser(
            "demo", help="broker, backend, cabinet and the real service, for people or headless"
        )
    )
    devices = commands.add_parser(
        "devices", help="only the simulated hardware of a station.toml, at its own ports"
    )
    devices.add_argument("--config", type=Path, required=True, metavar="FILE", help="station.toml")
    devices.add_argument(
        "--labels", type=Path, default=Path("run/labels"), metavar="DIR", help="printed labels"
    )
    devices.add_argument(
        "--unplug", action="append", default=[], metavar="DEVICE", help="leave this one unplugged"
    )
    devices.add_argument(
        "--hold", action="append", default=[], metavar="SCANNER=TEXT", help="hold this symbol before it"
    )
    devices.add_argument(
        "--control",
        type=Path,
        metavar="SOCKET",
        help="run what programs ask for here, a JSON object a line (docs/conformance.md)",
    )
    devices.set_defaults(command=_devices)
    grant_command.add_arguments(
        commands.add_parser("grant", help="sign an offline grant and show its digits and QR code")
    )
    _add_camera(commands.add_parser("camera", help="a camera over a belt of labelled parcels, on a socket"))
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument(
        "--headless", action="store_true", help="run journeys and judge them instead of waiting for you"
    )
    demo.add_argument("--journeys", type=int, default=40, metavar="N", help="parcels of a headless run (40)")
    demo.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same seed gives the same plan (1)"
    )
    demo.add_argument("--crashes", type=int, default=0, metavar="N", help="SIGKILL the service this often")
    demo.add_argument(
        "--broker-down", type=float, default=0.0, metavar="S", help="stop the broker for S seconds"
    )
    demo.add_argument(
        "--broker", default="auto", choices=["auto", "mosquitto", "nats"], help="which broker to start"
    )
    demo.add_argument("--json", action="store_true", help="the last line of stdout is one JSON object")
    demo.add_argument("--station", type=Path, default=REPOSITORY / "examples/station.toml", metavar="FILE")
    demo.add_argument("--manifest", type=Path, default=REPOSITORY / "examples/parcels.csv", metavar="CSV")
    demo.add_argument("--schemas", type=Path, default=REPOSITORY / "docs/contract/schemas", metavar="DIR")
    demo.add_argument("--run-dir", type=Path, metavar="DIR", help="keep journal, logs and labels here")
    demo.add_argument("--kiosk-port", type=int, default=0, metavar="PORT", help="0 takes a free one")
    demo.add_argument("--console-port", type=int, default=0, metavar="PORT", help="0 takes a free one")
    demo.set_defaults(command=_demo)


def _add_camera(camera: argparse.ArgumentParser) -> None:
    camera.epilog = "Faults: " + "; ".join(f"{each}: {FAULTS[each].summary}" for each in CAMERA_FAULTS)
    camera.add_argument(
        "--listen", required=True, metavar="URL", help="unix:PATH or tcp:HOST:PORT; port 0 takes a free one"
    )
    camera.add_argument("--width", type=int, default=1280, metavar="PX", help="of a frame (1280)")
    camera.add_argument("--height", type=int, default=800, metavar="PX", help="of a frame (800)")
    camera.add_argument("--fps", type=float, default=30.0, metavar="N", help="frames a second (30)")
    camera.add_argument("--speed", type=float, default=1.0, metavar="M/S", help="of the belt (1.0)")
    camera.add_argument("--px-per-mm", type=float, default=4.0, metavar="N", help="how near it looks (4)")
    camera.add_argument(
        "--exposure-ms", type=float, default=0.3, metavar="MS", help="the longer, the more motion blur (0.3)"
    )
    camera.add_argument("--noise", type=float, default=2.5, metavar="N", help="deviation, grey levels (2.5)")
    camera.add_argument("--parcels", type=int, default=100, metavar="N", help="then the belt is empty (100)")
    camera.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same belt (1)")
    camera.add_argument(
        "--twins",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of places where two carry the same codes (0)",
    )
    camera.add_argument(
        "--formats", metavar="LIST", help="what is printed, such as Code128,QRCode; one linear, one matrix"
    )
    camera.add_argument("--truth", type=Path, metavar="FILE", help="what was on the belt, as JSON lines")
    camera.add_argument(
        "--faults", default="", metavar="LIST", help="camera faults that come and go by the seed; all"
    )
    camera.set_defaults(command=_camera)


def _demo(args: argparse.Namespace) -> int:
    # Imported here: `devices` needs neither broker nor web pages.
    from simulators.demo.demo import DemoOptions, run_demo

    options = DemoOptions(
        station=args.station,
        manifest=args.manifest,
        schemas=args.schemas,
        headless=args.headless,
        journeys=args.journeys,
        seed=args.seed,
        crashes=args.crashes,
        broker_down_s=args.broker_down,
        broker=args.broker,
        as_json=args.json,
        run_dir=args.run_dir,
        kiosk_port=args.kiosk_port,
        console_port=args.console_port,
    )
    return asyncio.run(run_demo(options))


def _devices(args: argparse.Namespace) -> int:
    from simulators.cabinet import run_devices

    if args.control is not None:
        from simulators.controlled import run_controlled

        return asyncio.run(run_controlled(args.config, args.labels, args.control))
    return asyncio.run(run_devices(args.config, args.labels, args.unplug, held=args.hold))


def _camera(args: argparse.Namespace) -> int:
    try:
        from simulators.camera.belt import BeltSettings
        from simulators.camera.server import run_camera
    except ModuleNotFoundError as error:
        raise RuntimeError(f"{error.name} is missing: install pigeonhole[sim]") from error

    faults = CAMERA_FAULTS if args.faults == "all" else [each for each in args.faults.split(",") if each]
    unknown = [each for each in faults if each not in CAMERA_FAULTS]
    if unknown:
        raise ValueError(f"no camera fault {unknown[0]!r}; there are all, {', '.join(CAMERA_FAULTS)}")
    settings = BeltSettings(
        width=args.width,
        height=args.height,
        fps=args.fps,
        speed_m_s=args.speed,
        px_per_mm=args.px_per_mm,
        exposure_ms=args.exposure_ms,
        noise=args.noise,
        twins=args.twins,
        formats=tuple(args.formats.split(",")) if args.formats else BeltSettings().formats,
    )
    return asyncio.run(run_camera(args.listen, args.seed, args.parcels, settings, args.truth, faults))


if __name__ == "__main__":
    sys.exit(main())
