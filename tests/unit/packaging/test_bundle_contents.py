from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import PIL
import pytest
from bundle_contents import (
    is_system_library,
    is_wanted,
    llama_libraries,
    qml_modules,
    unused_pillow_modules,
    without_unused_libraries,
)
from PIL import Image

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


def test_the_image_worker_needs_nothing_of_pillow_that_stays_out(tmp_path: Path) -> None:
    left_out = unused_pillow_modules(Path(PIL.__file__).parent)
    assert {"PIL.AvifImagePlugin", "PIL.PdfImagePlugin", "PIL._imagingcms"} <= set(left_out)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = []
    for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "MPO"):
        files.append(tmp_path / form)
        options = {} if form in ("GIF", "BMP") else {"exif": exif}
        Image.new("RGB", (20, 10), "red").save(files[-1], form, **options)
    script = (
        "import sys; n = int(sys.argv[1]); sys.modules.update(dict.fromkeys(sys.argv[2:2 + n]))\n"
        "from assistant.images.decoder import decode\n"
        "from assistant.core.context_check import ContextCheck, Series\n"
        "from assistant.images.plot import draw_check\n"
        "print(*draw_check(ContextCheck(model='m', n_ctx_train=512), Series(n_ctx=512)).size)\n"
        "for path in sys.argv[2 + n:]: print(*decode(path, 10, 100).image.size)"
    )
    command = [sys.executable, "-P", "-c", script, str(len(left_out)), *left_out, *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == ["1200 800", "5 10", "5 10", "5 10", "10 5", "10 5", "5 10"]


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
