from __future__ import annotations

import os
from pathlib import Path

import pytest
from backend import CMAKE_ARGS, Machine, choose, drives_real_card, inspect, objection

BARE = Machine("Linux")
SOFTWARE_RENDERER = """
GPU0:
	apiVersion         = 1.3.246
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = llvmpipe (LLVM 15.0.6, 256 bits)
"""
REAL_CARD = (
    SOFTWARE_RENDERER
    + """
GPU1:
	deviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
	deviceName         = AMD Radeon RX 7800 XT
"""
)


@pytest.mark.parametrize(
    ("machine", "backend"),
    [
        (BARE, "cpu"),
        (Machine("Darwin"), "metal"),
        (Machine("Linux", nvidia_cards=("GeForce RTX 4060",), nvcc="/usr/bin/nvcc"), "cuda"),
        (Machine("Linux", nvcc="/usr/bin/nvcc"), "cpu"),
        (Machine("Linux", vulkan_device=True, vulkan_build_tools=True), "vulkan"),
        (Machine("Linux", vulkan_build_tools=True), "cpu"),
        (Machine("Linux", nvidia_cards=("GeForce RTX 4060",), vulkan_device=True, vulkan_build_tools=True), "vulkan"),
    ],
)
def test_the_fastest_backend_that_can_be_built_is_chosen(machine: Machine, backend: str) -> None:
    choice = choose(machine)
    assert choice.backend == backend
    assert choice.hint == ""
    assert objection(backend, machine) == ""


@pytest.mark.parametrize(
    ("machine", "card", "remedy"),
    [
        (Machine("Linux", nvidia_cards=("NVIDIA GeForce RTX 3060",)), "RTX 3060", "nvidia-cuda-toolkit"),
        (Machine("Linux", other_cards=("AMD",)), "AMD", "glslc"),
        (Machine("Linux", vulkan_device=True), "graphics card", "glslc"),
    ],
)
def test_a_card_without_its_build_tools_gets_the_cpu_and_a_remedy(machine: Machine, card: str, remedy: str) -> None:
    choice = choose(machine)
    assert choice.backend == "cpu"
    assert card in choice.hint
    assert remedy in choice.hint


@pytest.mark.parametrize(
    ("backend", "machine", "words"),
    [
        ("rocm", BARE, "cpu, cuda, metal, vulkan"),
        ("cuda", BARE, "nvcc"),
        ("vulkan", BARE, "glslc"),
        ("metal", BARE, "Macs only"),
        ("cpu", Machine("Darwin"), "n_gpu_layers"),
    ],
)
def test_a_backend_that_cannot_be_built_is_refused_with_the_reason(backend: str, machine: Machine, words: str) -> None:
    assert words in objection(backend, machine)


def test_a_software_renderer_is_no_graphics_card() -> None:
    assert not drives_real_card("")
    assert not drives_real_card(SOFTWARE_RENDERER)
    assert drives_real_card(REAL_CARD)


def test_inspection_reads_what_the_driver_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "nvidia-smi", "echo NVIDIA GeForce RTX 4060")
    _script(tmp_path / "nvcc", "exit 0")
    _script(tmp_path / "vulkaninfo", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    machine = inspect("Linux")
    assert machine.nvidia_cards == ("NVIDIA GeForce RTX 4060",)
    assert machine.nvcc == str(tmp_path / "nvcc")
    assert not machine.vulkan_device


def test_a_driver_that_fails_is_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path / "nvidia-smi", "echo NVIDIA-SMI has failed; exit 9")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert inspect("Linux").nvidia_cards == ()


def test_every_backend_but_cpu_switches_something_on() -> None:
    assert {name for name, arguments in CMAKE_ARGS.items() if not arguments} == {"cpu"}


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
