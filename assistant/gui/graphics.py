"""How the window is drawn: by a graphics card, or by Qt Quick's own software renderer.

Process: app with a window. Thread: GUI.

Without a card OpenGL is drawn by the processor too (Mesa's llvmpipe), frame by frame and with all cores: on 2 cores
that took more than half of the model's speed. Qt Quick's renderer draws only what changed. Asking OpenGL who draws
takes some 50 ms, so the answer is kept for the next start, and asked for again once the window is there.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext
from PySide6.QtQuick import QQuickWindow

log = logging.getLogger(__name__)

SOFTWARE = "software"
_BACKEND_VARIABLE = "QT_QUICK_BACKEND"
_GL_RENDERER = 0x1F01
_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "software rasterizer")


def choose_graphics(memory: Path) -> None:
    """Choose before the first window; a person's own choice by ``QT_QUICK_BACKEND`` stands.

    Args:
        memory: File with the answer of the start before; a cache.
    """
    if sys.platform != "linux" or os.environ.get(_BACKEND_VARIABLE):
        return
    try:
        is_software = memory.read_text(encoding="ascii") == SOFTWARE
    except (OSError, ValueError):
        is_software = draws_by_processor()
        _remember(memory, is_software)
    if is_software:
        QQuickWindow.setSceneGraphBackend(SOFTWARE)


def check_graphics(memory: Path) -> None:
    """Ask anew for the next start: a driver may have come or gone."""
    if sys.platform == "linux" and not os.environ.get(_BACKEND_VARIABLE):
        _remember(memory, draws_by_processor())


def draws_by_processor() -> bool:
    """Whether OpenGL is not there, or is drawn by the processor."""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return True
    renderer = str(context.functions().glGetString(_GL_RENDERER)).lower()
    context.doneCurrent()
    log.info("OpenGL is drawn by %s", renderer)
    return any(name in renderer for name in _SOFTWARE_RENDERERS)


def _remember(memory: Path, is_software: bool) -> None:
    try:
        memory.write_text(SOFTWARE if is_software else "card", encoding="ascii")
    except OSError as error:
        log.info("how to draw is not remembered: %r", error)
