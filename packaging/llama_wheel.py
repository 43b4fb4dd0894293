"""Builds llama-cpp-python once for this machine and keeps the wheel for every later install.

Process: the installer's, before Famulus exists here. Standard library only. Processes that need the same
wheel at the same time wait for one build.

For an install from source llama.cpp is compiled for the very processor it is built on (GGML_NATIVE), so a wheel
is reused only where the compiler would compile for the same instructions. For a package that travels it is
compiled for every processor of the architecture: see `PORTABLE_CMAKE_ARGS`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROGRESS_INTERVAL_S = 20
PORTABLE_CMAKE_ARGS = " ".join(
    (
        "-DGGML_NATIVE=OFF",
        # One loadable backend for each generation of processors; the best one is chosen at run time.
        "-DGGML_BACKEND_DL=ON",
        "-DGGML_CPU_ALL_VARIANTS=ON",
        # llama.cpp installs loadable backends with programs; the bindings look beside their own libraries.
        "-DCMAKE_INSTALL_BINDIR=llama_cpp/lib",
        "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    )
)
_VOLATILE_MACRO = re.compile(r"VERSION|MINOR|PATCHLEVEL")
_BUILD_STEP = re.compile(r"\[(\d+/\d+)\]")


class BuildFailed(Exception):
    """The wheel could not be built; the message is for the person."""


@dataclass(frozen=True, slots=True)
class WheelSpec:
    """What makes one build differ from another.

    Attributes:
        version: Version of llama-cpp-python.
        backend: ``cpu``, ``cuda``, ``metal`` or ``vulkan``.
        cmake_args: Arguments for CMake, as in the environment variable ``CMAKE_ARGS``.
        target: What the compiled code depends on: see `target_of_this_machine`.
    """

    version: str
    backend: str
    cmake_args: str
    target: str

    @property
    def key(self) -> str:
        """Name of the wheel's folder in the cache."""
        digest = hashlib.sha256(f"{self.cmake_args}\n{self.target}".encode()).hexdigest()[:12]
        return f"{self.version}-{self.backend}-{sys.platform}-{platform.machine()}-{digest}"


def target_of_this_machine(cards: tuple[str, ...]) -> str:
    """The processor's instructions, the compiler's major version, the C library and `cards`, as text.

    The macros that the compiler defines under ``-march=native`` name every instruction set that it would use.

    Raises:
        BuildFailed: There is no C++ compiler.
    """
    return "\n".join([*stable_macros(_native_macros()), *platform.libc_ver(), *sorted(cards)])


def portable_target() -> str:
    """As `target_of_this_machine`, for a build with `PORTABLE_CMAKE_ARGS`: only the C library binds it."""
    return "\n".join(["any processor", *platform.libc_ver()])


def stable_macros(macros: str) -> list[str]:
    """The lines of `macros` in order, without those that change with each minor version of the compiler."""
    return sorted(line for line in macros.splitlines() if not _VOLATILE_MACRO.search(line.split(" ")[1]))


def cache_folder() -> Path:
    """The folder of the wheels: in the user's cache, or in the temporary folder if there is none to write to."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "famulus" / "wheels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"famulus-wheels-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def wheel_for(spec: WheelSpec, python: Path, folder: Path, environment: dict[str, str]) -> Path:
    """The wheel of `spec` below `folder`; built now, with progress on standard output, if it is not there yet.

    Args:
        spec: Which wheel.
        python: Interpreter whose pip builds it.
        folder: As `cache_folder` returns it.
        environment: Environment of the build, without ``CMAKE_ARGS``.

    Raises:
        BuildFailed: The build failed; its log is kept.
    """
    with exclusive(folder / ".lock", "Another install is building llama.cpp; waiting for it"):
        found = sorted((folder / spec.key).glob("*.whl"))
        if found:
            return found[0]
        for remnant in folder.glob("building-*"):
            shutil.rmtree(remnant)
        with tempfile.TemporaryDirectory(prefix="building-", dir=folder) as scratch:
            built = _build(spec, python, Path(scratch), folder / "build.log", environment)
            (folder / spec.key).mkdir(exist_ok=True)
            return built.rename(folder / spec.key / built.name)


@contextlib.contextmanager
def exclusive(path: Path, notice: str) -> Iterator[None]:
    """Hold the lock of the file `path`, created if missing; print `notice` if another process holds it now."""
    # Append mode leaves content and modification time alone: make compares the latter.
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(notice, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def progress(log: str) -> str:
    """The last step of the compilation that the text of `log` names, or that it has not begun."""
    steps = _BUILD_STEP.findall(log)
    return f"step {steps[-1]}" if steps else "preparing"


def _build(spec: WheelSpec, python: Path, scratch: Path, log: Path, environment: dict[str, str]) -> Path:
    print(
        f"Building llama.cpp (llama-cpp-python {spec.version}, {spec.backend}) from source:\n"
        f"  6-7 minutes on 2 cores for this very processor, longer for a graphics card or for all processors.\n"
        f"  Done once; the result is kept in\n"
        f"  {log.parent}. Log: {log}",
        flush=True,
    )
    # --no-cache-dir: pip's own cache does not tell wheels with different CMAKE_ARGS apart.
    command = [
        *(str(python), "-m", "pip", "wheel", "-v", "--no-cache-dir", "--no-deps"),
        *("--no-binary", "llama-cpp-python", "--wheel-dir", str(scratch), f"llama-cpp-python=={spec.version}"),
    ]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment | {"CMAKE_ARGS": spec.cmake_args},
        )
        with process:
            status = _wait(process, log)
    wheels = list(scratch.glob("*.whl"))
    if status != 0 or not wheels:
        last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise BuildFailed(f"{last_lines}\nllama.cpp could not be built. The whole log: {log}")
    return wheels[0]


def _wait(process: subprocess.Popen[bytes], log: Path) -> int:
    start = time.monotonic()
    while True:
        try:
            return process.wait(PROGRESS_INTERVAL_S)
        except subprocess.TimeoutExpired:
            print(f"  {time.monotonic() - start:4.0f} s  {progress(log.read_text(errors='replace'))}", flush=True)


def _native_macros() -> str:
    compiler = os.environ.get("CXX", "c++").split()
    # ARM compilers older than 2021 know their own processor by -mcpu only.
    for option in ("-march=native", "-mcpu=native"):
        try:
            command = [*compiler, option, "-dM", "-E", "-x", "c++", "/dev/null"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except OSError as error:
            raise BuildFailed(f"No C++ compiler: {error}") from error
        except subprocess.CalledProcessError:
            continue
    raise BuildFailed(f"The C++ compiler {compiler[0]} does not work, or cannot compile for this processor.")
