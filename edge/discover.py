"""`pigeonhole doctor` without a station: what hangs on this machine's ports, and a draft of station.toml.

Asks reads only: nothing is pulsed, printed or set.  How and why that is safe: docs/commissioning.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import msgspec

from hal.discovery.device_probes import DEVICE_PROBES, DeviceProbe, ask_device
from hal.discovery.line_scan import FoundLine, PortNotOpen, scan_line
from hal.ports import PortInfo, list_ports
from hal.transport.byte_stream import Link
from hal.transport.device_file import DeviceFileLink
from hal.transport.serial_link import SerialLink
from hal.transport.tcp_link import TcpLink

__all__ = ["Discovered", "Inventory", "Search", "discover", "draft", "write_inventory"]

DEVICE_BAUDS: Final = (9600, 115_200)
"""As scanners and serial printers are sold."""
USB_PRINTERS: Final = "/dev/usb"


class Discovered(msgspec.Struct, frozen=True):
    """One thing on one port.  `what` is board, scanner, printer, silent or unusable; `kind`, `baud` and
    `address` as in station.toml; `problem` is what is wrong, empty when nothing is."""

    port: str
    what: str
    kind: str = ""
    protocol: str = ""
    baud: int = 0
    address: int | None = None
    channels: int = 0
    echo: bool = False
    says: str = ""
    problem: str = ""


class Inventory(msgspec.Struct, frozen=True):
    """Everything found, in order of ports."""

    ok: bool
    found: list[Discovered]


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look and for how long.  `ports` besides those of the machine; `addresses` None: as usual."""

    ports: Sequence[str] = ()
    printers: Sequence[str] = ()
    own_ports: bool = True
    bauds: Sequence[int] = (9600, 19_200)
    addresses: Collection[int] | None = None
    reply_s: float = 0.1


async def discover(search: Search, progress: TextIO = sys.stderr) -> Inventory:
    """Ask every port; progress is a line a question's row."""

    def tell(text: str) -> None:
        print(f"asking {text} …", file=progress, flush=True)

    ports = [*(_stable_names() if search.own_ports else ()), *search.ports]
    found: list[Discovered] = []
    for port in dict.fromkeys(ports):
        found += await _port(port, search, tell)
    for address in dict.fromkeys([*(_usb_printers() if search.own_ports else ()), *search.printers]):
        tell(f"{address}: printers")
        found.append(await _printer(address))
    return Inventory(ok=not any(each.problem for each in found), found=found)


def _stable_names() -> list[str]:
    """Of each port the name that is the same after a reboot, or its device where udev made none."""
    return [_name(port) for port in list_ports()]


def _name(port: PortInfo) -> str:
    return port.stable_names[0] if port.stable_names else port.device


def _usb_printers() -> list[str]:
    folder = Path(USB_PRINTERS)
    return [f"usb:{each}" for each in sorted(folder.glob("lp*"))] if folder.is_dir() else []


async def _port(port: str, search: Search, tell: Callable[[str], None]) -> list[Discovered]:
    try:
        line = await scan_line(port, search.bauds, search.addresses, search.reply_s, tell)
    except PortNotOpen:
        problem = "not there, or held by another process; stop the service if it runs"
        return [Discovered(port, "unusable", problem=problem)]
    if line.protocol:
        return _boards(line)
    # Noise in answer to a board's question may be two boards at once, or a scanner that says it understood
    # nothing.
    if "://" not in port:
        for baud in DEVICE_BAUDS:
            tell(f"{port}: scanners and printers at {baud} baud")
            link = SerialLink(port, baud)
            device = await _device(link, port, baud, DEVICE_PROBES)
            if device is not None:
                return [device]
    if line.boards:
        return _boards(line)
    return [Discovered(port, "silent", echo=line.echoes, says=_nobody(line))]


def _nobody(line: FoundLine) -> str:
    if line.echoes:
        return "only the adapter's own echo"
    return "nobody answers: no power, A and B swapped, another baud, or a scanner that only sends"


def _boards(line: FoundLine) -> list[Discovered]:
    return [
        Discovered(
            line.port,
            "board",
            board.kind,
            line.protocol,
            line.baud,
            board.address,
            board.channels,
            line.echoes,
            problem=board.conflict,
        )
        for board in line.boards
    ]


async def _printer(address: str) -> Discovered:
    """A printer by its address: usb:/dev/usb/lp0 or tcp://host:port."""
    scheme, _, rest = address.partition(":")
    link: Link
    host, _, port = rest.removeprefix("//").rpartition(":")
    if scheme == "tcp" and host and port.isdecimal():
        link = TcpLink(host, int(port))
    elif scheme == "usb":
        link = DeviceFileLink(rest)
    else:
        return Discovered(address, "unusable", problem="is neither tcp://host:port nor usb:/dev/usb/lp0")
    probes = [probe for probe in DEVICE_PROBES if probe.section == "printer"]
    found = await _device(link, address, 0, probes)
    return found or Discovered(address, "silent", says="no answer to any printer language")


async def _device(link: Link, port: str, baud: int, probes: Sequence[DeviceProbe]) -> Discovered | None:
    await link.start()
    try:
        # The first is asked twice: a scanner may still wait for the rest of what it took for a packet.
        for probe in (*probes[:1], *probes):
            says = await ask_device(link, probe)
            if says is not None:
                return Discovered(port, probe.section, probe.kind, baud=baud, says=says)
    finally:
        await link.close()
    return None


def write_inventory(inventory: Inventory, out: TextIO) -> None:
    """A table for people."""
    rows = [("port", "what", "kind", "baud", "address", "locks", "")]
    for each in inventory.found:
        note = "; ".join(filter(None, (each.problem, each.says, "hears itself" if each.echo else "")))
        rows.append(
            (
                each.port,
                each.what,
                each.kind,
                str(each.baud or ""),
                "" if each.address is None else str(each.address),
                str(each.channels or ""),
                ("FAIL " if each.problem else "") + note,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:6], widths, strict=True)]
        print("  ".join([*cells, row[6]]).rstrip(), file=out)
    if not inventory.found:
        print("no serial port and no USB printer on this machine; name others with --port", file=out)
    print("all well" if inventory.ok else "something is wrong, see FAIL above", file=out)


DRAFT_HEAD: Final = """\
# A draft by `pigeonhole doctor`: the devices are as they were found; names, sizes and heights are not.
# Next: fill in [station], number the doors as they are labelled, then run `pigeonhole commission`.

[station]
id = "station-01"
tenant = "demo"
name = "Station"
address = "where it stands"
phone = "000" # the help line that people see

[paths]
data = "data"
pepper = "data/pepper.hex"
"""


def draft(inventory: Inventory) -> str:
    """A station.toml of what was found; addresses in conflict and things unknown are comments."""
    boards = [each for each in inventory.found if each.what == "board"]
    names = {(each.port, each.address): f"board-{number}" for number, each in enumerate(boards, 1)}
    text = DRAFT_HEAD
    for number, port in enumerate(dict.fromkeys(each.port for each in boards), 1):
        on_line = [each for each in boards if each.port == port]
        first = on_line[0]
        if first.protocol:
            text += _table("line", id=f"line-{number}", port=port, protocol=first.protocol, baud=first.baud)
            text += "discard_echo = true # the adapter hears itself\n" if first.echo else ""
        for each in on_line:
            text += _board(each, f"line-{number}", names[each.port, each.address])
    text += _table("bank", id="A", name="A")
    doors = [
        {"board": names[each.port, each.address], "channel": channel}
        for each in boards
        if not each.problem
        for channel in range(1, each.channels + 1)
    ]
    for number, door in enumerate(doors, 1):
        text += _table("compartment", number=f"A{number:02}", bank="A", size="M", **door)
    return text + "".join(_other(number, each) for number, each in enumerate(inventory.found, 1))


def _other(number: int, each: Discovered) -> str:
    """What is no lock board."""
    if each.what == "scanner":
        return _table("scanner", id=f"scanner-{number}", kind=each.kind, port=each.port, baud=each.baud)
    if each.what == "printer":
        address = f"serial:{each.port}?baud={each.baud}" if each.baud else each.port
        return _table("printer", id=f"printer-{number}", kind=each.kind, address=address)
    return "" if each.what == "board" else f"\n# {each.port}: {each.problem or each.says}\n"


def _board(each: Discovered, line: str, name: str) -> str:
    if each.problem:
        return f"\n# {each.port}, address {each.address}: {each.problem}\n"
    table = _table("board", id=name, line=line, kind=each.kind, address=each.address, channels=each.channels)
    return table + 'contact_closed_means = "locked" # `pigeonhole commission` finds out\n'


def _table(section: str, **values: object) -> str:
    """Values as TOML: numbers as they are, text in quotes (JSON's escapes are TOML's)."""
    rows = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()]
    return "\n".join(["", f"[[{section}]]", *rows, ""])
