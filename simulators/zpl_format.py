"""One ZPL label format between ^XA and ^XZ, collected and drawn.

Drawn: ^GF at ^FO, on ^PW x ^LL, shifted by ^LH, turned by ^POI.  Fonts and
native bar codes are not: a label that asks for them says so in `not_drawn`
instead of coming out wrong in silence.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image

from simulators.zpl_graphics import Graphic, GraphicError, decode_graphic
from simulators.zpl_stream import Command

__all__ = ["FormatReader", "LabelJob", "draw_png"]

MAX_WIDTH_DOTS: Final = 4_096
"""A 168 mm head at 600 dpi has 3,968 dots."""

MAX_LENGTH_DOTS: Final = 32_000
"""The guide's limit for ^LL."""

MAX_LABEL_DOTS: Final = 40_000_000
"""5 MB of bit map; a 4096 x 9000 label fits."""

MAX_COPIES: Final = 1_000
"""^PQ allows 99,999,999; nobody prints a roll of one parcel's label."""

MAX_GRAPHICS: Final = 200
"""A label of one raster in bands has some tens."""

_NOT_DRAWN: Final = frozenset(
    {"^FD", "^FV", "^GB", "^GC", "^GD", "^GE", "^GS", "^XG", "^IM", "^IL", "^TB", "^SN", "^FT"}
)


@dataclass(slots=True)
class LabelJob:
    """A finished format: what to draw and how often."""

    width_dots: int
    length_dots: int
    upside_down: bool = False
    graphics: list[tuple[int, int, Graphic]] = field(default_factory=list)
    not_drawn: set[str] = field(default_factory=set)
    copies_left: int = 1

    def picture(self) -> bytes:
        """As `draw_png`."""
        return draw_png(self)


class FormatReader:
    """Takes commands one by one and gives a job at ^XZ.  Width, length, home and turn outlive a format."""

    def __init__(self, width_dots: int, length_dots: int) -> None:
        self.width_dots = width_dots
        self.length_dots = length_dots
        self.problems: list[str] = []
        self._home = (0, 0)
        self._upside_down = False
        self._at = (0, 0)
        self._job: LabelJob | None = None

    @property
    def in_format(self) -> bool:
        """True between ^XA and ^XZ."""
        return self._job is not None

    def cancel_partial(self) -> None:
        """Forget the format that is being received."""
        self._job = None

    def take(self, command: Command) -> LabelJob | None:
        """Obey one `^` command; a job when it was the ^XZ of a format with something on it."""
        if command.code == "^XA":
            self._job, self._at = LabelJob(self.width_dots, self.length_dots), (0, 0)
            return None
        job = self._job
        if job is None:
            self.problems.append(f"{command.code} outside a format")
            return None
        if command.code == "^XZ":
            self._job = None
            return self._finished(job)
        self._obey(job, command)
        return None

    def _finished(self, job: LabelJob) -> LabelJob | None:
        if not job.graphics and not job.not_drawn:
            return None
        if self.width_dots * self.length_dots > MAX_LABEL_DOTS:
            self.problems.append(
                f"a label of {self.width_dots} x {self.length_dots} dots is beyond the memory"
            )
            return None
        return replace(
            job, width_dots=self.width_dots, length_dots=self.length_dots, upside_down=self._upside_down
        )

    def _obey(self, job: LabelJob, command: Command) -> None:
        code, params = command.code, command.params.decode("latin-1").strip()
        try:
            if code == "^GF":
                self._graphic(job, command.params)
            elif code == "^FO":
                self._at = _pair(params)
            elif code == "^FS":
                self._at = (0, 0)
            elif code == "^LH":
                self._home = _pair(params)
            elif code == "^PW":
                self.width_dots = _between(params, 1, MAX_WIDTH_DOTS)
            elif code == "^LL":
                self.length_dots = _between(params.split(",")[0], 1, MAX_LENGTH_DOTS)
            elif code == "^PQ":
                job.copies_left = _between(params.split(",")[0] or "1", 1, MAX_COPIES)
            elif code == "^PO":
                self._upside_down = params.upper().startswith("I")
            elif code in _NOT_DRAWN or (code[1] in "AB" and code != "^BY"):
                job.not_drawn.add(code)
        except ValueError as error:
            self.problems.append(f"{code}: {error}")

    def _graphic(self, job: LabelJob, params: bytes) -> None:
        if len(job.graphics) >= MAX_GRAPHICS:
            raise GraphicError(f"more than {MAX_GRAPHICS} graphics on one label")
        graphic = decode_graphic(params)
        job.graphics.append((self._home[0] + self._at[0], self._home[1] + self._at[1], graphic))


def draw_png(job: LabelJob) -> bytes:
    """The label as a one-bit PNG of `width_dots` x `length_dots`, black on white."""
    canvas = Image.new("1", (job.width_dots, job.length_dots), 1)
    for left, top, graphic in job.graphics:
        dots = Image.frombytes("1", (graphic.width, graphic.rows), graphic.data)
        # The dots are their own stencil: white dots leave what lies below.
        canvas.paste(0, (left, top), dots)
    if job.upside_down:
        canvas = canvas.transpose(Image.Transpose.ROTATE_180)
    png = io.BytesIO()
    canvas.save(png, "PNG")
    return png.getvalue()


def _pair(params: str) -> tuple[int, int]:
    """`x,y`; a missing one is 0."""
    across, _, down = params.partition(",")
    return _between(across or "0", 0, MAX_LENGTH_DOTS), _between(
        down.split(",")[0] or "0", 0, MAX_LENGTH_DOTS
    )


def _between(text: str, low: int, high: int) -> int:
    value = int(text)
    if not low <= value <= high:
        raise ValueError(f"{value} is not in {low}..{high}")
    return value
