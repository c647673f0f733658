"""Pictures of random symbols under what a camera meets: warp, blur, noise, glare, scratches, cards, folds.

Each is made from its number alone, so that a misread can be drawn again.
"""

from __future__ import annotations

import io
import math
import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.native.misread_symbols import KINDS, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tests.native.misread_symbols import Drawing

    Grey = NDArray[np.floating]

__all__ = ["Scene", "scene"]

UP = 6
"""Pixels of a module while it is drawn and damaged."""

LONGEST = 1000
"""Pixels of a picture's side at most; a symbol that needs more is drawn smaller, or cut off."""

_PRINT = string.ascii_letters + string.digits + "IIll||--//"


@dataclass(frozen=True)
class Scene:
    """`contents` are what may be read: of a damaged symbol the whole, and of what is none nothing."""

    kind: str
    contents: frozenset[str]
    image: NDArray[np.uint8]


# --- damage, on paper ------------------------------------------------------------------------


def _scratches(paper: Image.Image, r: random.Random) -> None:
    pen, (width, height) = ImageDraw.Draw(paper), paper.size
    for _ in range(r.randint(1, 4)):
        ends = [(r.randint(0, width), r.randint(0, height)) for _ in range(2)]
        pen.line(ends, fill=r.choice([0, 255]), width=r.randint(2, 5 * UP))


def _along_bars(paper: Image.Image, r: random.Random) -> None:
    """A line as wide as an element or two, along the bars: a space becomes a bar, a bar a space."""
    pen, (width, height) = ImageDraw.Draw(paper), paper.size
    for _ in range(r.randint(1, 3)):
        x, lean = r.randint(0, width), r.choice([0, 0, r.randint(-3 * UP, 3 * UP)])
        top, bottom = (0, height) if r.random() < 0.6 else sorted(r.randint(0, height) for _ in range(2))
        pen.line([(x, top), (x + lean, bottom)], fill=r.choice([0, 255]), width=r.randint(UP // 2, 3 * UP))


def _across_bars(paper: Image.Image, r: random.Random) -> None:
    """A pen's stroke through all bars."""
    pen, (width, height) = ImageDraw.Draw(paper), paper.size
    ends = [(0, r.randint(0, height)), (width, r.randint(0, height))]
    pen.line(ends, fill=r.choice([0, 60, 255]), width=r.randint(UP, max(UP + 1, height // 2)))


def _card(paper: Image.Image, r: random.Random) -> None:
    pen, (width, height) = ImageDraw.Draw(paper), paper.size
    x = r.randint(0, width)
    top = 0 if r.random() < 0.7 else r.randint(0, height)
    pen.rectangle(
        (x, top, x + r.randint(UP, max(UP + 1, width // 2)), height), fill=r.choice([0, 90, 128, 180, 255])
    )


def _glare(paper: Image.Image, r: random.Random) -> None:
    """A band with soft edges where all is white, or nearly."""
    width, height = paper.size
    band = Image.new("L", paper.size, 0)
    x = r.randint(0, width)
    lean, half = r.randint(-height // 2, height // 2), r.randint(UP, max(UP + 1, width // 6))
    ImageDraw.Draw(band).line([(x, 0), (x + lean, height)], fill=r.randint(150, 255), width=2 * half)
    paper.paste(255, mask=band.filter(ImageFilter.BoxBlur(r.choice([UP, 4 * UP, 10 * UP]))))


def _blots(paper: Image.Image, r: random.Random) -> None:
    pen, (width, height) = ImageDraw.Draw(paper), paper.size
    for _ in range(r.randint(1, 12)):
        x, y, size = r.randint(0, width), r.randint(0, height), r.randint(UP // 2, 4 * UP)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=r.choice([0, 255, 200]))


def _fold(paper: Image.Image, r: random.Random) -> None:
    """The part below or right of a fold moved along it by some modules."""
    width, height = paper.size
    if r.random() < 0.6:
        y = r.randint(0, height - 1)
        lower = paper.crop((0, y, width, height))
        paper.paste(255, (0, y, width, height))
        paper.paste(lower, (r.randint(-4 * UP, 4 * UP), y))
    else:  # some modules are hidden in the fold
        x, gone = r.randint(0, width - 1), r.randint(1, 8 * UP)
        right = paper.crop((min(x + gone, width - 1), 0, width, height))
        paper.paste(255, (x, 0, width, height))
        paper.paste(right, (x, 0))


_DAMAGES: tuple[Callable[[Image.Image, random.Random], None], ...] = (
    _scratches,
    _along_bars,
    _along_bars,
    _across_bars,
    _card,
    _glare,
    _blots,
    _fold,
)

# --- surroundings ----------------------------------------------------------------------------


def _background(size: tuple[int, int], r: random.Random, letters: bool) -> Image.Image:
    image = Image.new("L", size, r.randint(150, 250))
    pen, (width, height) = ImageDraw.Draw(image), size
    if letters:
        of = r.choice([_PRINT, string.digits, "Il|1"])
        for _ in range(r.randint(4, 16)):
            text = "".join(r.choice(of) for _ in range(r.randint(4, 40)))
            font = ImageFont.load_default(r.choice([8, 10, 14, 20, 32, 60]))
            pen.text((r.randint(-40, width), r.randint(-10, height)), text, fill=r.randint(0, 90), font=font)
    if r.random() < 0.15:
        pitch = r.randint(3, 12)
        for x in range(r.randint(0, 50), width, pitch):
            if r.random() < 0.7:
                top, bottom = r.randint(0, height // 2), r.randint(height // 2, height)
                pen.rectangle((x, top, x + r.randint(0, pitch - 2), bottom), fill=r.randint(0, 80))
    return image


# --- the camera ------------------------------------------------------------------------------


def _perspective(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> list[float]:
    """The eight numbers that take each target corner to its source, as Pillow wants them."""
    rows, values = [], []
    for (u, v), (x, y) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved: list[float] = np.linalg.solve(np.array(rows), np.array(values)).tolist()
    return solved


def _laid(
    paper: Image.Image, module: float, r: random.Random, background: Callable[[tuple[int, int]], Image.Image]
) -> Image.Image:
    """The paper turned, in perspective and in its surroundings."""
    width, height = paper.size
    angle = math.radians(
        r.choice([0, 0, 0, 90, 180, 270, r.uniform(0, 360), r.uniform(0, 360), r.uniform(-8, 8)])
    )
    scale, c, s = module / UP, math.cos(angle), math.sin(angle)
    out_w = min(LONGEST, int((abs(width * c) + abs(height * s)) * scale) + 70)
    out_h = min(LONGEST, int((abs(width * s) + abs(height * c)) * scale) + 70)
    wobble = r.choice([0.0, 0.0, 0.008, 0.02]) * min(out_w, out_h)
    away = (0.0, 0.0)
    if r.random() < 0.1:  # cut off by the frame
        away = (r.uniform(-0.4, 0.4) * out_w, r.uniform(-0.4, 0.4) * out_h)
    corners = [(0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))]
    target = []
    for x, y in corners:
        u, v = (x - width / 2) * scale, (y - height / 2) * scale
        target.append(
            (
                out_w / 2 + u * c - v * s + r.gauss(0, wobble) + away[0],
                out_h / 2 + u * s + v * c + r.gauss(0, wobble) + away[1],
            )
        )
    numbers = _perspective(corners, target)
    soft = paper.filter(ImageFilter.GaussianBlur(0.35 / scale)) if scale < 0.8 else paper

    def seen(flat: Image.Image) -> Image.Image:
        size, resample = (out_w, out_h), Image.Resampling.BILINEAR
        return flat.transform(size, Image.Transform.PERSPECTIVE, numbers, resample)

    laid, mask = seen(soft), seen(Image.new("L", paper.size, 255))
    image = background((out_w, out_h))
    image.paste(laid, mask=mask)
    return image


def _moved(grey: Grey, length: float, r: random.Random) -> Grey:
    """Motion blur: the mean of pictures along the way."""
    steps = max(2, math.ceil(length) + 1)
    angle = r.uniform(0, math.pi)
    total = np.zeros_like(grey)
    for i in range(steps):
        away = length * (i / (steps - 1) - 0.5)
        total += np.roll(grey, (round(away * math.sin(angle)), round(away * math.cos(angle))), (0, 1))
    return total / np.float32(steps)


def _seen(
    image: Image.Image, module: float, r: random.Random, noise: np.random.Generator
) -> NDArray[np.uint8]:
    """Through a lens onto a sensor."""
    blur = r.choice([0, 0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3]) * module
    if blur > 0.3:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    grey: Grey = np.asarray(image, np.float32)
    if r.random() < 0.2:
        grey = _moved(grey, r.uniform(0.5, 3) * module, r)
    contrast = r.choice([1.0, r.uniform(0.1, 1)])
    grey = grey * contrast + r.uniform(0, 255 * (1 - contrast))
    y, x = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]].astype(np.float32)
    if r.random() < 0.3:  # light from one side
        angle, depth = r.uniform(0, 2 * math.pi), r.uniform(0.1, 0.45)
        along = (x * math.cos(angle) + y * math.sin(angle)) / max(grey.shape)
        grey = grey * (1 - depth + depth * 2 * np.clip(along, -0.5, 1))
    if r.random() < 0.08:  # moire of a screen
        angle, pitch = r.uniform(0, math.pi), r.uniform(2.1, 12)
        wave = np.sin((x * math.cos(angle) + y * math.sin(angle)) * (2 * math.pi / pitch))
        grey = grey + r.uniform(10, 60) * contrast * wave
    grey = grey + noise.normal(0, r.choice([0, 1, 3, 6, 12, 20]), grey.shape)
    if r.random() < 0.1:  # too much light
        grey = grey * r.uniform(1.2, 2) + r.uniform(0, 40)
    grey8 = np.clip(grey, 0, 255).astype(np.uint8)
    if r.random() < 0.12:
        grey8 = 255 - grey8
    if r.random() < 0.15:
        out = io.BytesIO()
        Image.fromarray(grey8).save(out, "JPEG", quality=r.choice([5, 10, 20, 40, 70]))
        grey8 = np.asarray(Image.open(out))
    return np.ascontiguousarray(grey8)


# --- all of it -------------------------------------------------------------------------------


def _printed(drawing: Drawing, r: random.Random) -> Image.Image:
    """The modules on paper, with a quiet zone that may be short."""
    modules = drawing.modules
    if drawing.linear and r.random() < 0.15:
        modules = modules[: r.randint(2, max(2, len(modules)))]
    quiet = r.randint(0, 12) if r.random() < 0.3 else 12
    modules = np.pad(modules, ((min(quiet, 4), min(quiet, 4)), (quiet, quiet)) if drawing.linear else quiet)
    ink = r.choice([0, 30, 60, 110])
    dark = np.repeat(np.repeat(modules, UP, axis=0), UP, axis=1)
    paper = Image.fromarray(np.where(dark == 1, np.uint8(ink), np.uint8(255)))
    if r.random() < 0.15:  # ink that spreads, or too little of it
        spread = ImageFilter.MinFilter(3) if r.random() < 0.6 else ImageFilter.MaxFilter(3)
        paper = paper.filter(spread)
    return paper


def scene(number: int, kinds: Sequence[str] = KINDS) -> Scene:
    """The picture of this number."""
    r, noise = random.Random(number), np.random.default_rng(number)
    kind = kinds[r.randrange(len(kinds))]
    drawing = draw(kind, r)
    paper = _printed(drawing, r)
    if kind != "wrong-check" and r.random() < 0.5:  # damage may make a check right
        for _ in range(r.choice([1, 1, 2])):
            r.choice(_DAMAGES)(paper, r)
    letters = kind == "no-symbol" or r.random() < 0.3
    if kind == "no-symbol":
        paper = _background(paper.size, r, True)
    module = min(r.uniform(1.2, 5), r.uniform(0.9, 1.6) * LONGEST * UP / max(paper.size))
    image = _laid(paper, module, r, lambda size: _background(size, r, letters))
    return Scene(kind, drawing.contents, _seen(image, module, r, noise))
