from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from bundle_contents import (
    is_system_library,
    is_wanted,
    llama_libraries,
    qml_modules,
    without_unused_libraries,
)

SITE = "/home/someone/site-packages/"
QT = "PySide6/Qt/"
MODULES = frozenset({"QtQuick", "QtQuick/Controls", "QtQuick/Controls/Basic"})


def test_of_the_styles_only_basic_is_taken() -> None:
    found = [
        "QtQuick",
        "QtQuick/Controls",
        "QtQuick/Controls/Basic",
        "QtQuick/Controls/Basic/impl",
        "QtQuick/Controls/impl",
        "QtQuick/Controls/Material",
        "QtQuick/Controls/Fusion/impl",
    ]
    scan = [{"type": "module", "relativePath": folder} for folder in found]
    scan += [{"type": "directory", "name": "components"}, {"type": "module", "name": "QML"}]
    assert qml_modules(scan) == frozenset(found[:5])


@pytest.mark.parametrize(
    ("destination", "wanted"),
    [
        (QT + "qml/QtQuick/Controls/Basic/libstyle.so", True),
        (QT + "qml/QtQuick/Controls/qmldir", True),
        (QT + "qml/QtQuick/Controls/plugins.qmltypes", False),
        (QT + "qml/QtQuick/Particles/libparticles.so", False),
        (QT + "plugins/platforms/libqxcb.so", True),
        (QT + "plugins/platforms/libqvnc.so", False),
        (QT + "plugins/platforminputcontexts/libibusplatforminputcontextplugin.so", True),
        (QT + "plugins/sqldrivers/libqsqlite.so", False),
        (QT + "translations/qtbase_zh_CN.qm", True),
        (QT + "translations/qtbase_de.qm", False),
        ("msgspec/_core.so", True),
    ],
)
def test_what_the_window_does_not_use_stays_out(destination: str, wanted: bool) -> None:
    assert is_wanted((destination, SITE + destination, "BINARY"), MODULES) == wanted


def test_the_distributions_libraries_are_its_own_to_bring() -> None:
    assert is_system_library("/usr/lib/x86_64-linux-gnu/libxcb.so.1")
    assert is_system_library("/lib/x86_64-linux-gnu/libz.so.1")
    assert not is_system_library("/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0")
    assert not is_system_library(sysconfig.get_path("stdlib") + "/lib-dynload/_json.so")
    assert not is_system_library(SITE + "msgspec/_core.so")


def test_libraries_of_qt_that_nothing_needs_are_dropped_with_their_links() -> None:
    core = (QT + "lib/libQt6Core.so.6", SITE + "libQt6Core.so.6", "BINARY")
    designer = (QT + "lib/libQt6Designer.so.6", SITE + "libQt6Designer.so.6", "BINARY")
    plugin = (QT + "plugins/platforms/libqxcb.so", SITE + "libqxcb.so", "BINARY")
    links = [(f"lib{name}.so.6", f"{QT}lib/lib{name}.so.6", "SYMLINK") for name in ("Qt6Core", "Qt6Designer")]
    needs = {plugin[1]: [core[1]]}
    kept = without_unused_libraries([core, designer, plugin, *links], lambda path: needs.get(path, []))
    assert kept == [core, plugin, links[0]]


def test_each_library_of_llama_cpp_is_there_once(tmp_path: Path) -> None:
    for name in ("libggml.so", "libggml.so.0", "libggml.so.0.25.3", "libggml-cpu-haswell.so"):
        (tmp_path / name).write_text("")
    assert llama_libraries(tmp_path) == [
        ("llama_cpp/lib/libggml-cpu-haswell.so", str(tmp_path / "libggml-cpu-haswell.so"), "BINARY"),
        ("llama_cpp/lib/libggml.so.0", str(tmp_path / "libggml.so.0"), "BINARY"),
        ("llama_cpp/lib/libggml.so", "libggml.so.0", "SYMLINK"),
    ]
