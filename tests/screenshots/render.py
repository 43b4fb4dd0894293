"""Pictures every page and state of the window: `make screenshots`.

They come to ``build/screenshots/{1x,2x}/{light,dark}/{en,zh_CN}/NAME.png``, with an ``index.html`` to look at them.
A warning of Qt's makes the run fail. For a look at less: ``--only TEXT``, ``--scale``, ``--theme``, ``--language``;
``--readme`` takes the two pictures of the README instead, into ``resources/screenshots``.
"""

from __future__ import annotations

import argparse
import html
import itertools
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "screenshots"
README_OUT = ROOT / "resources" / "screenshots"
SCALES = (1, 2)
THEMES = ("light", "dark")
LANGUAGES = ("en", "zh_CN")
README_PICTURES = (
    ("light", "en", "readme-chat", "chat-light.png"),
    ("dark", "zh_CN", "readme-long", "chat-dark-zh.png"),
)
FONTS = ["Inter", "Noto Sans CJK SC"]
"""Like the default fonts of today's desktops; where they are not installed, the system's own."""
_EXPECTED = (
    "systemTrayWindowChanged",  # of Qt's offscreen platform, which has no tray
)


class QtWarnings(logging.Handler):
    """Keeps what Qt complained about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Qt:") and not any(words in message for words in _EXPECTED):
            self.found.append(message)


def main() -> int:
    """Take the pictures; returns the exit status."""
    arguments = _arguments()
    if os.environ.get("QT_SCALE_FACTOR"):
        return _render(arguments)
    started_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="famulus-screenshots-") as home:
        # One process a scale factor and theme: a process has only one factor, and mostly waits.
        renderers = [
            subprocess.Popen(
                [sys.executable, __file__, *sys.argv[1:], "--theme", theme], env=_environment(scale, home), cwd=ROOT
            )
            for scale, theme in itertools.product([2] if arguments.readme else SCALES, THEMES)
            if arguments.scale in (None, scale) and arguments.theme in (None, theme)
        ]
        statuses = [renderer.wait() for renderer in renderers]
    _write_index()
    print(f"{OUT / 'index.html'} ({time.monotonic() - started_at:.0f} s)")
    return max(map(abs, statuses))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="only pictures whose name holds this")
    parser.add_argument("--scale", type=int, choices=SCALES)
    parser.add_argument("--theme", choices=THEMES)
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--readme", action="store_true", help="the two pictures of the README instead")
    return parser.parse_args()


def _environment(scale: int, home: str) -> dict[str, str]:
    """No display, no session and no settings of the person who runs this."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH", "TMPDIR"}}
    return kept | {
        "HOME": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "QT_QUICK_CONTROLS_HOVER_ENABLED": "1",  # as on every desktop; the offscreen platform says no
        "QT_QUICK_BACKEND": "software",
        "QT_SCALE_FACTOR": str(scale),
    }


def _render(arguments: argparse.Namespace) -> int:
    """In a process of one scale factor and one theme."""
    from PySide6.QtGui import QFont

    from assistant.gui.application import prepare_qt
    from assistant.gui.math_image import load_typesetter

    warnings = QtWarnings()
    logging.getLogger("assistant").setLevel(logging.CRITICAL)  # the errors are what is pictured
    qt_log = logging.getLogger("assistant.gui.application")
    qt_log.setLevel(logging.WARNING)
    qt_log.addHandler(warnings)
    qt_log.propagate = False
    qt = prepare_qt(["famulus"])
    qt.setFont(QFont(FONTS))
    qt.styleHints().setCursorFlashTime(0)
    load_typesetter()
    if arguments.readme:
        _render_readme(arguments.theme)
    else:
        _render_all(arguments)
    for message in dict.fromkeys(warnings.found):
        print(message, file=sys.stderr)
    return 1 if warnings.found else 0


def _render_all(arguments: argparse.Namespace) -> None:
    from tests.screenshots.scenes import SCENES
    from tests.screenshots.studio import Studio

    for language in LANGUAGES:
        if arguments.language in (None, language):
            folder = OUT / f"{os.environ['QT_SCALE_FACTOR']}x" / arguments.theme / language
            studio = Studio(folder, arguments.theme, language, lambda name: arguments.only in name)
            for scene in SCENES:
                scene(studio)
                studio.close()


def _render_readme(wanted_theme: str) -> None:
    from PySide6.QtGui import QImage

    from assistant.core.conversation import Timings
    from tests.screenshots.scenes import readme
    from tests.screenshots.studio import SMALLEST, Studio, few_colours

    for theme, language, name, file in README_PICTURES:
        if theme != wanted_theme:
            continue
        studio = Studio(README_OUT, theme, language, name.__eq__, timings=Timings())
        readme(studio)
        studio.close()
        picture = README_OUT / f"{name}.png"
        few_colours(QImage(str(picture))).save(str(README_OUT / file), "PNG", SMALLEST)
        picture.unlink()


def _write_index() -> None:
    """A page with a row for each state and a column for each theme, language and scale."""
    names = sorted({path.stem for path in OUT.glob("*x/*/*/*.png")})
    columns = [f"{scale}x/{theme}/{language}" for scale in SCALES for theme in THEMES for language in LANGUAGES]
    rows = []
    for name in names:
        pictures = [f"{column}/{name}.png" for column in columns if (OUT / column / f"{name}.png").exists()]
        cells = "".join(
            f'<td><a href="{path}"><img src="{path}" width="440" loading="lazy"></a></td>' for path in pictures
        )
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    OUT.mkdir(parents=True, exist_ok=True)
    page = f'<!doctype html><meta charset="utf-8"><title>Famulus</title><table>{"".join(rows)}</table>'
    (OUT / "index.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
