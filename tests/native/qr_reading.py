"""What the tests of QR modules share: levels, texts, and a read that must succeed."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.native.module_reader import OK, Content, ModuleReader
from tests.native.qr_symbols import Modules

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
KANJI = "点茗日本語漢字駅配達荷物受取"
GS = b"\x1d"

MICRO_LEVELS = [
    ("M1", None),
    ("M2", "L"),
    ("M2", "M"),
    ("M3", "L"),
    ("M3", "M"),
    ("M4", "L"),
    ("M4", "M"),
    ("M4", "Q"),
]

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def status_of(reader: ModuleReader, modules: Modules, *, micro: bool = False) -> tuple[int, Content | None]:
    return reader.read(modules.tobytes(), len(modules), micro=micro)


def read(reader: ModuleReader, modules: Modules, *, micro: bool = False) -> Content:
    status, content = status_of(reader, modules, micro=micro)
    assert status == OK
    assert content is not None
    return content
