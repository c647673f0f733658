"""`python -m edge.labels FOLDER`: draws samples of every label as PNG, to look at without a printer."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from edge.labels.receipt import ReceiptContent, draw_receipt
from edge.labels.samples import RECEIPTS, WAYBILLS
from edge.labels.waybill import WaybillContent, draw_waybill
from hal.interfaces import Raster


def _draw(content: WaybillContent | ReceiptContent) -> Raster:
    return draw_waybill(content) if isinstance(content, WaybillContent) else draw_receipt(content)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m edge.labels", description="Draw sample labels as pictures."
    )
    parser.add_argument("folder", type=Path, help="where to put the pictures; made if it is not there")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (WAYBILLS | RECEIPTS).items():
        page = _draw(content)
        picture = Image.frombytes("1", (page.width_dots, page.height_dots), page.rows, "raw", "1;I")
        file = folder / f"{name}.png"
        picture.save(file, dpi=(page.dots_per_mm * 25.4,) * 2)
        print(file)


if __name__ == "__main__":
    main()
