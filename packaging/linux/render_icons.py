"""Renders the icon from its SVG into the sizes of the hicolor theme.

Process: the packager's, in `.venv` with the extra ``desktop``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICON = Path(__file__).resolve().parents[2] / "resources" / "icons" / "famulus.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)


def main(arguments: list[str]) -> int:
    """Write ``<folder>/<size>x<size>/apps/<name>.png`` for every size; arguments are folder and name."""
    folder, name = Path(arguments[0]), arguments[1]
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QGuiApplication([])
    for size in SIZES:
        target = folder / f"{size}x{size}" / "apps" / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not render(ICON, size).save(str(target)):
            print(f"{target} cannot be written", file=sys.stderr)
            return 1
    application.quit()
    return 0


def render(icon: Path, size: int) -> QImage:
    """The square picture of `icon`, `size` pixels wide, transparent where the drawing is."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(icon)).render(painter)
    painter.end()
    return image


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
