"""What a long-lived window holds: samples of it, and whether they grow."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickItem, QQuickWindow

MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """One look at the process, after a round and a garbage collection.

    Attributes:
        seconds: Since the start.
        rss, uss: Memory in MiB: resident, and what no other process shares now (it jumps when one ends).
        anonymous: Memory in MiB that no file stands behind, RssAnon of proc(5): what the process has allocated.
        threads: Of the process, Qt's and Python's.
        descriptors: Open files, pipes, sockets.
        gui_objects: Python objects whose class is of `assistant.gui`.
        qt_objects: Python wrappers of Qt objects.
        items: Items of the main window's scene.
        panel_items: Items of the quick chat panel's scene.
        popups: Menus, dialogs and tooltips that are open in either.
        windows: Windows of the process, hidden ones too.
        kinds: `gui_objects` by class, to name what grows.
    """

    seconds: float
    rss: float
    uss: float
    anonymous: float
    threads: int
    descriptors: int
    gui_objects: int
    qt_objects: int
    items: int
    panel_items: int
    popups: int
    windows: int
    kinds: Counter[str] = field(repr=False)


COUNTED = ("threads", "descriptors", "gui_objects", "qt_objects", "items", "panel_items", "popups", "windows")


def take_sample(seconds: float, window: QQuickWindow, panel: QQuickWindow) -> Sample:
    """Collect garbage and count."""
    gc.collect()
    process = psutil.Process()
    memory = process.memory_full_info()
    types = [type(each) for each in gc.get_objects()]
    kinds = Counter(each.__qualname__ for each in types if str(each.__module__).startswith("assistant.gui"))
    return Sample(
        seconds=seconds,
        rss=memory.rss / MIB,
        uss=memory.uss / MIB,
        anonymous=_anonymous_mib(),
        threads=process.num_threads(),
        descriptors=process.num_fds(),
        gui_objects=kinds.total(),
        qt_objects=sum(str(each.__module__).startswith("PySide6.") for each in types),
        items=_n_items(window.contentItem()),
        panel_items=_n_items(panel.contentItem()),
        popups=_n_open_popups(window) + _n_open_popups(panel),
        windows=len(QGuiApplication.allWindows()),
        kinds=kinds,
    )


def _anonymous_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) / 1024


def _n_items(item: QQuickItem) -> int:
    return 1 + sum(map(_n_items, item.childItems()))


def _n_open_popups(window: QQuickWindow) -> int:
    """A popup's item stands in the overlay of its window for as long as it is open."""
    overlays = [item for item in window.contentItem().childItems() if item.inherits("QQuickOverlay")]
    return sum(item.isVisible() for overlay in overlays for item in overlay.childItems())


def slope(samples: list[Sample], name: str) -> float:
    """Growth per hour of a figure: the least-squares line through its samples, two at least."""
    times = [sample.seconds / 3600 for sample in samples]
    values = [float(asdict(sample)[name]) for sample in samples]
    middle_time, middle = sum(times) / len(times), sum(values) / len(values)
    spread = sum((time - middle_time) ** 2 for time in times)
    covered = sum((time - middle_time) * (value - middle) for time, value in zip(times, values, strict=True))
    return covered / spread


def growing_kinds(before: Sample, after: Sample) -> Counter[str]:
    """Classes of which there are more than before."""
    return after.kinds - before.kinds


def python_threads() -> list[str]:
    """Their names, to name one that stayed."""
    return sorted(thread.name for thread in threading.enumerate())
