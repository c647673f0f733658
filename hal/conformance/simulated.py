"""Every driver of this package as it is tried before its own simulator.

Two lock boards share a line; time-outs of replies are shortened where faults cost many of them.  A simulator
reads the same station.toml as the service does: `station_toml` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hal.conformance.lock_bench import LockTraits
from hal.conformance.printer_bench import PrinterTraits
from hal.conformance.scanner_bench import ScannerTraits
from hal.conformance.scanner_faults import OF_DEVICE_FILES, PARAMS
from hal.conformance.subjects import LockSubject, PrinterSubject, ScannerSubject, Subject
from hal.interfaces import PrinterFlag
from hal.registry import LOCKS, PRINTERS, SCANNERS, USUAL_BAUD
from hal.settings import BoardSettings, LineSettings, PrinterSettings, ScannerSettings

__all__ = ["SHORT", "simulated_subjects", "station_toml"]

SHORT: Mapping[str, object] = {"reply_timeout_ms": 1000, "read_timeout_ms": 600}
"""Longer than a pulse and its reply."""
PULSE_MS = 200
WIDTH_DOTS = 384

LOCK_SIZES: Mapping[str, tuple[int, tuple[int, int]]] = {
    "modbus-relay": (32, (1, 7)),
    "modbus-lctech": (8, (1, 7)),
    "modbus-stm8": (4, (1, 7)),
    "8a80": (24, (1, 7)),
    "kerong-cu16": (16, (0, 15)),
    "kerong-cu48": (48, (0, 9)),
    "kerong-cu60": (48, (0, 9)),
    "kerong-cu12": (12, (0, 15)),
    "kerong-scu": (1, (1, 7)),
    "winnsen": (16, (1, 4)),
    "wkly": (24, (0, 31)),
    "5a5a": (24, (0, 31)),
    "yt-text": (24, (1, 7)),
}
"""Channels and addresses of the two boards: each kind at its largest."""
LOCK_TRAITS: Mapping[str, LockTraits] = {
    "kerong-cu16": LockTraits(acknowledges=False),
    "kerong-cu48": LockTraits(acknowledges=False),
    "kerong-scu": LockTraits(acknowledges=True, checked=False),
    "winnsen": LockTraits(acknowledges=True, checked=False),
    "5a5a": LockTraits(acknowledges=False, reads=False),
}
INPUTS_ADDRESS = 99
"""The board that reads the contacts of relays without inputs."""

SCANNER_TRAITS: Mapping[str, ScannerTraits] = {
    "serial-line": ScannerTraits(commands=False),
    "ssi": ScannerTraits(checked=True, acknowledged=True, commands=True, asks_again=True),
    "keyboard-wedge": ScannerTraits(commands=False),
    "hid-pos": ScannerTraits(commands=False),
}
DEVICE_FILES = ("keyboard-wedge", "hid-pos")

PRINTER_WAYS: Mapping[str, str] = {
    "zpl": "tcp://127.0.0.1:0",
    "tspl": "serial:{}?baud=115200",
    "escpos": "serial:{}?baud=115200",
    "cpcl": "usb:{}",
}
SAME_WORDS: Mapping[str, PrinterFlag | None] = {
    "paper_out": PrinterFlag.PAPER_OUT,
    "paper_low": PrinterFlag.PAPER_LOW,
    "head_open": PrinterFlag.HEAD_OPEN,
    "ribbon_out": PrinterFlag.RIBBON_OUT,
    "paper_jam": PrinterFlag.JAM,
    "head_too_hot": PrinterFlag.OVER_TEMPERATURE,
    "label_not_taken": PrinterFlag.LABEL_NOT_TAKEN,
    "printer_paused": PrinterFlag.PAUSED,
    "printer_mute": PrinterFlag.UNKNOWN,
    "printer_off": PrinterFlag.UNKNOWN,
    "printer_unplugged": PrinterFlag.UNREACHABLE,
}
OTHER_WORDS: Mapping[str, Mapping[str, PrinterFlag | None]] = {
    "zpl": {"paper_low": None},
    # Offline, and none of its words fits the cause.
    "escpos": {
        "ribbon_out": PrinterFlag.UNKNOWN,
        "label_not_taken": None,
        "printer_paused": PrinterFlag.UNKNOWN,
    },
    "cpcl": {"head_too_hot": None, "printer_paused": None},
}
MODELS: Mapping[str, str | None] = {
    "zpl": "ZD420-203dpi V84.20.18Z",
    "tspl": "TTP-244 Plus",
    "escpos": None,
    "cpcl": "QLn320 68.20.09",
}


def simulated_subjects() -> list[Subject]:
    """All drivers of the registry; a port that must be a path is called by its device's name."""
    locks: list[Subject] = [_lock(kind) for kind in LOCKS]
    return [*locks, *(_scanner(kind) for kind in SCANNERS), *(_printer(kind) for kind in PRINTERS)]


def _lock(kind: str) -> LockSubject:
    channels, addresses = LOCK_SIZES[kind]
    protocol = LOCKS[kind].protocol
    boards = []
    for number, (name, address) in enumerate(zip(("one", "two"), addresses, strict=True)):
        options = dict(SHORT)
        if kind == "modbus-stm8":
            options |= {"inputs_address": INPUTS_ADDRESS, "first_input": number * channels}
        boards.append(BoardSettings(name, "line", kind, address, channels, PULSE_MS, options=options))
    elsewhere = {"a late reading is never taken for a fresh one": "its contacts are read by another board"}
    return LockSubject(
        kind,
        LineSettings("line", "line", protocol, USUAL_BAUD[protocol]),
        tuple(boards),
        LOCK_TRAITS.get(kind, LockTraits(acknowledges=True)),
        left_out=elsewhere if kind == "modbus-stm8" else {},
    )


def _scanner(kind: str) -> ScannerSubject:
    others = set(PARAMS) - OF_DEVICE_FILES if kind in DEVICE_FILES else set()
    return ScannerSubject(
        kind,
        ScannerSettings("window", kind, "window"),
        SCANNER_TRAITS.get(kind, ScannerTraits(commands=True)),
        left_out=dict.fromkeys(others, "is a fault of serial lines"),
    )


def _printer(kind: str) -> PrinterSubject:
    way = PRINTER_WAYS[kind]
    left_out = {}
    if not way.startswith("tcp:"):
        left_out["dropped_connection"] = "a line has no connection to drop"
    return PrinterSubject(
        kind,
        PrinterSettings("label", kind, way.format("label"), width_dots=WIDTH_DOTS, answer_ms=400),
        PrinterTraits(
            {**SAME_WORDS, **OTHER_WORDS.get(kind, {})},
            MODELS[kind],
            kind == "zpl",
            prints_anew=kind == "zpl",
        ),
        left_out=left_out,
    )


def station_toml(subject: Subject) -> str:
    """What a simulator must know to be the device that `subject` drives."""
    parts = [_table("[station]", {"id": "conformance"})]
    if isinstance(subject, LockSubject):
        line = subject.line
        keys = ("id", "port", "protocol", "discard_echo")
        baud = line.baud or USUAL_BAUD[line.protocol]
        parts.append(_table("[[line]]", {"baud": baud, **{key: getattr(line, key) for key in keys}}))
        parts.append(_table("[[bank]]", {"id": "A"}))
        for board in subject.boards:
            parts.append(_board(board))
            parts += [_door(board, channel) for channel in range(1, board.channels + 1)]
    elif isinstance(subject, ScannerSubject):
        scanner = subject.settings
        keys = ("id", "kind", "port", "acknowledge")
        parts.append(_table("[[scanner]]", {key: getattr(scanner, key) for key in keys}))
    else:
        printer = subject.settings
        parts.append(
            _table(
                "[[printer]]",
                {key: getattr(printer, key) for key in ("id", "kind", "address", "width_dots")},
            )
        )
    return "\n".join(parts)


def _board(board: BoardSettings) -> str:
    keys = ("id", "line", "kind", "address", "channels", "pulse_ms", "contact_closed_means")
    table = _table("[[board]]", {key: getattr(board, key) for key in keys})
    return table + "\n" + _table("[board.options]", board.options)


def _door(board: BoardSettings, channel: int) -> str:
    keys = {
        "number": f"{board.id}-{channel}",
        "bank": "A",
        "size": "S",
        "board": board.id,
        "channel": channel,
    }
    return _table("[[compartment]]", keys)


def _table(head: str, keys: Mapping[str, Any]) -> str:
    # A JSON string, number or boolean is the same in TOML.
    return "\n".join([head, *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])
