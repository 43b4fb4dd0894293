"""Makes `.venv` and installs Famulus into it, with llama.cpp for this machine: the work of `make install`.

Process: the installer's, before Famulus exists here. Standard library only. A second install of the same
working copy waits for the first.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import backend as backends
import llama_wheel

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = VENV / "bin" / "pip"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
INSTALLED_WHEEL = VENV / ".llama-wheel"
EXTRAS = "desktop,starter,test"


def main(arguments: list[str]) -> int:
    """Install; returns the exit status."""
    parser = argparse.ArgumentParser(description="Set up .venv")
    parser.add_argument("--backend", default="", help="auto, cpu, cuda, metal or vulkan; empty keeps the last one")
    wanted = parser.parse_args(arguments).backend
    with llama_wheel.exclusive(ROOT / "pyproject.toml", "Another install of this folder is at work; waiting for it"):
        try:
            _install(wanted or installed_backend(INSTALLED_WHEEL) or "auto")
        except llama_wheel.BuildFailed as error:
            print(error, file=sys.stderr)
            return 1
        except subprocess.CalledProcessError as error:
            print(f"This step of the install failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
            return 1
    return 0


def installed_backend(record: Path) -> str:
    """The backend of the llama.cpp that is installed, as `record` tells; empty if none is."""
    return record.read_text().split()[0] if record.exists() else ""


def pinned_version(constraints: str, package: str) -> str:
    """The version that the text of `constraints` pins `package` to.

    Raises:
        ValueError: It pins none.
    """
    name = re.escape(package).replace(r"\-", "[-_.]")
    match = re.search(rf"^{name}==(\S+)$", constraints, re.IGNORECASE | re.MULTILINE)
    if match is None:
        raise ValueError(f"{package} is not pinned")
    return match[1]


def _install(wanted: str) -> None:
    machine = backends.inspect(platform.system())
    backend = _settle_backend(wanted, machine)
    # pip is the last that venv writes: without it an earlier attempt was cut short.
    if not (PYTHON.exists() and PIP.exists()):
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    environment = dict(os.environ)
    if backend == "cuda":
        environment.setdefault("CUDACXX", machine.nvcc)
    spec = llama_wheel.WheelSpec(
        version=pinned_version(CONSTRAINTS.read_text(), "llama-cpp-python"),
        backend=backend,
        cmake_args=" ".join(filter(None, [backends.CMAKE_ARGS[backend], environment.pop("CMAKE_ARGS", "")])),
        target=llama_wheel.target_of_this_machine(machine.nvidia_cards if backend == "cuda" else ()),
    )
    record = f"{backend} {spec.key}\n"
    if not INSTALLED_WHEEL.exists() or INSTALLED_WHEEL.read_text() != record:
        wheel = llama_wheel.wheel_for(spec, PYTHON, llama_wheel.cache_folder(), environment)
        INSTALLED_WHEEL.unlink(missing_ok=True)
        _pip("--force-reinstall", "--no-deps", str(wheel))
        INSTALLED_WHEEL.write_text(record)
    print("Installing the Python packages (about 200 MB the first time)", flush=True)
    _pip("--constraint", str(CONSTRAINTS), "--editable", f"{ROOT}[{EXTRAS}]")
    subprocess.run([PYTHON, "-c", "import llama_cpp"], check=True)
    print(f"Famulus is installed in {VENV}, llama.cpp for {backend}")


def _settle_backend(wanted: str, machine: backends.Machine) -> str:
    if wanted == "auto":
        choice = backends.choose(machine)
        if choice.hint:
            print(choice.hint)
        return choice.backend
    objection = backends.objection(wanted, machine)
    if objection:
        sys.exit(objection)
    return wanted


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
