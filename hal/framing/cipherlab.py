"""Serial commands of CipherLab 166x scanners; none of them is answered on the line.

    D disable   E enable   `#@` six digits CR: a setting
    `#@----` CR halt   `#@....` CR resume   `#@////` CR beep

(CipherLab 1663/1664 user guide, appendix II.)
"""

from __future__ import annotations

__all__ = ["BEEP", "DISABLE", "ENABLE", "HALT", "RESUME", "SAVE", "encode_setting"]

DISABLE = b"D"
ENABLE = b"E"
HALT = b"#@----\r"
RESUME = b"#@....\r"
BEEP = b"#@////\r"


def encode_setting(code: str) -> bytes:
    """A setting by its six digits.  Raises ValueError for anything else."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        raise ValueError(f"{code!r} is not six digits")
    return b"#@" + code.encode("ascii") + b"\r"


SAVE = encode_setting("109999")
