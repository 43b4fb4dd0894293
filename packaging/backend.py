"""Which llama.cpp backend fits this machine: the processor alone, or its graphics card.

Process: the installer's, before Famulus exists here. Standard library only.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CMAKE_ARGS: Mapping[str, str] = {
    "cpu": "",
    "cuda": "-DGGML_CUDA=ON",
    "metal": "-DGGML_METAL=ON",
    "vulkan": "-DGGML_VULKAN=ON",
}
CUDA_PACKAGES = "nvidia-cuda-toolkit"
VULKAN_PACKAGES = "libvulkan-dev glslc spirv-headers vulkan-tools"
_PCI_VENDORS = {"0x1002": "AMD", "0x8086": "Intel"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides the backend, as found on one machine.

    Attributes:
        system: ``platform.system()``: ``Linux`` or ``Darwin``.
        nvidia_cards: Names of the NVIDIA cards that the driver reports.
        nvcc: Path of the CUDA compiler; empty if there is none.
        vulkan_device: Whether Vulkan drives a real graphics card, not a software renderer.
        vulkan_build_tools: Whether the shader compiler and the headers of Vulkan are here.
        other_cards: Makers of further graphics cards, ``AMD`` or ``Intel``.
    """

    system: str
    nvidia_cards: tuple[str, ...] = ()
    nvcc: str = ""
    vulkan_device: bool = False
    vulkan_build_tools: bool = False
    other_cards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend, and one line for the person on how to get a better one; empty if there is none."""

    backend: str
    hint: str = ""


def choose(machine: Machine) -> Choice:
    """The fastest backend that can be built on `machine` as it is."""
    if machine.system == "Darwin":
        # llama-cpp-python's CMakeLists.txt forces Metal on for every Mac.
        return Choice("metal")
    if machine.nvidia_cards and machine.nvcc:
        return Choice("cuda")
    if machine.vulkan_device and machine.vulkan_build_tools:
        return Choice("vulkan")
    if machine.nvidia_cards:
        return Choice("cpu", _hint(machine.nvidia_cards[0], "cuda", CUDA_PACKAGES))
    if machine.other_cards or machine.vulkan_device:
        card = f"{machine.other_cards[0]} graphics" if machine.other_cards else "a graphics card"
        return Choice("cpu", _hint(card, "vulkan", VULKAN_PACKAGES))
    return Choice("cpu")


def objection(backend: str, machine: Machine) -> str:
    """Why `backend` cannot be built on `machine`, with the remedy; empty if it can."""
    if backend not in CMAKE_ARGS:
        return f"BACKEND={backend} is unknown. Choose auto, {', '.join(CMAKE_ARGS)}."
    if machine.system == "Darwin" and backend != "metal":
        return "On a Mac llama.cpp is always built with Metal; to use the processor alone, set model.n_gpu_layers to 0."
    if machine.system != "Darwin" and backend == "metal":
        return "Metal exists on Macs only."
    if backend == "cuda" and not machine.nvcc:
        return f"BACKEND=cuda needs the CUDA compiler nvcc: apt-get install {CUDA_PACKAGES}"
    if backend == "vulkan" and not machine.vulkan_build_tools:
        return f"BACKEND=vulkan needs glslc and the Vulkan headers: apt-get install {VULKAN_PACKAGES}"
    return ""


def inspect(system: str) -> Machine:
    """Look at this machine; runs ``nvidia-smi`` and ``vulkaninfo`` if they are installed."""
    if system == "Darwin":
        return Machine(system)
    names = _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return Machine(
        system,
        nvidia_cards=tuple(line.strip() for line in names.splitlines() if line.strip()),
        nvcc=_find_nvcc(),
        vulkan_device=drives_real_card(_output("vulkaninfo", "--summary")),
        vulkan_build_tools=_have_vulkan_build_tools(),
        other_cards=_other_cards(Path("/sys/class/drm")),
    )


def drives_real_card(vulkaninfo_summary: str) -> bool:
    """Whether the output of ``vulkaninfo --summary`` names a device other than a software renderer."""
    return any(
        line.partition("=")[2].strip() in ("PHYSICAL_DEVICE_TYPE_DISCRETE_GPU", "PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU")
        for line in vulkaninfo_summary.splitlines()
    )


def _hint(card: str, backend: str, packages: str) -> str:
    return (
        f"{card} is here, but not what building for it needs; building for the processor. "
        f"For the card: apt-get install {packages}, then make BACKEND={backend} install"
    )


def _output(*command: str) -> str:
    """What `command` prints; empty if it is not installed, fails or hangs."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _find_nvcc() -> str:
    # NVIDIA's own installer puts nvcc where no PATH leads.
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin") or ""


def _have_vulkan_build_tools() -> bool:
    needed = [
        *Path("/usr/include/vulkan").glob("vulkan.h"),
        *Path("/usr/share/cmake/SPIRV-Headers").glob("SPIRV-HeadersConfig.cmake"),
    ]
    return len(needed) == 2 and shutil.which("glslc") is not None


def _other_cards(drm: Path) -> tuple[str, ...]:
    vendors = {path.read_text().strip() for path in drm.glob("card*/device/vendor")}
    return tuple(_PCI_VENDORS[vendor] for vendor in sorted(vendors & _PCI_VENDORS.keys()))
