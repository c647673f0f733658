"""Picture files as upright grey frames: colour, depth, transparency and turning end here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

__all__ = ["MAX_FRAMES", "Frame", "PictureError", "frames"]

MAX_FRAMES: Final = 100
"""Frames read of one file: a scanned batch of labels has fewer, a film is not what this is for."""

MAX_FILE_BYTES: Final = 512 << 20
"""A file is held in memory whole; the largest picture Pillow opens takes about as much uncompressed."""

_DEEP: Final = ("I", "F")
"""Modes of more than eight bits, and `I;16` in all its spellings."""


class PictureError(Exception):
    """The picture cannot be read; the message says why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, upright: `picture` in colour (RGB) if it has any, otherwise L; `grey` is the same as L."""

    number: int
    """From 1."""
    count: int
    """Frames of the file, those beyond `MAX_FRAMES` among them."""
    picture: Image.Image
    grey: Image.Image


def frames(source: Path | BinaryIO) -> Iterator[Frame]:
    """Every frame of a file; raises PictureError, also after frames, one past `MAX_FRAMES` among its reasons.

    Pages of a TIFF and frames of an animation are frames; the second picture
    of a camera's MPO file is another view of the first and is not.  Frames are
    turned upright by their EXIF orientation, and what is transparent lies on
    white.  Grey levels of more than eight bits are spread from the darkest to
    the brightest: cameras put 10 and 12 bits into 16.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd files; what matters it raises
            yield from _frames(source)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError("is no picture of a kind known here") from None
    except OSError as error:
        raise PictureError(error.strerror or str(error)) from None
    except MemoryError:
        raise PictureError("takes more memory than there is") from None
    except Exception as error:  # the unit is a file: Pillow's readers raise anything over damaged bytes
        raise PictureError(f"is damaged: {error}") from error


def _frames(source: Path | BinaryIO) -> Iterator[Frame]:
    data = _bytes(source)
    if not data:
        raise PictureError("is empty")
    with Image.open(BytesIO(data)) as image:
        count = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
        for number, page in enumerate(ImageSequence.Iterator(image), 1):
            if number > min(count, MAX_FRAMES):
                break
            upright = ImageOps.exif_transpose(page)
            if upright.mode in _DEEP or upright.mode.startswith("I;16"):
                grey = picture = _spread(upright)
            else:
                picture = _plain(upright)
                grey = picture.convert("L")
            yield Frame(number, count, picture, grey)
        if count > MAX_FRAMES:
            raise PictureError(f"has {count} frames; only the first {MAX_FRAMES} were read")


def _bytes(source: Path | BinaryIO) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    else:
        data = source.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise PictureError(f"is longer than {MAX_FILE_BYTES >> 20} MiB")
    return data


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel, grey or RGB, what is transparent on white."""
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _spread(image: Image.Image) -> Image.Image:
    """Grey levels of any range as 0 to 255."""
    values = image.convert("F")
    darkest, brightest = values.getextrema()
    assert isinstance(darkest, float)
    assert isinstance(brightest, float)
    if not darkest < brightest:  # one grey, or no numbers
        return Image.new("L", image.size, "white")
    scale = 255.0 / (brightest - darkest)
    return values.point(lambda value: value * scale - darkest * scale).convert("L")
