"""The app process never loads a heavy library: that keeps its start fast and a native crash away from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "assistant"
HEAVY = {
    *(
        "PIL",
        "PySide6",
        "chromadb",
        "gguf",
        "huggingface_hub",
        "jinja2",
        "llama_cpp",
        "numpy",
        "sentence_transformers",
        "torch",
    )
}
WORKERS = {"converter", "engine", "images", "knowledge", "trainer"}
# __main__ is a module beside the rooms; its imports inside functions are what the other names stand for.
APP_ROOMS = sorted(
    path.stem
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in {"__init__", "gui", *WORKERS}
)


def modules_of(room: str) -> list[str]:
    """Every module of a room, by its full name."""
    paths = [PACKAGE / f"{room}.py", *(PACKAGE / room).rglob("*.py")]
    relative = [path.relative_to(PACKAGE.parent).with_suffix("") for path in paths if path.exists()]
    return [".".join(path.parts).removesuffix(".__init__") for path in relative]


def loaded_after(modules: list[str]) -> set[str]:
    """The heavy libraries that a fresh interpreter has loaded after it imported `modules`."""
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    command = [sys.executable, "-P", "-c", script, *modules]
    return HEAVY & set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_rooms_of_the_app_are_found() -> None:
    assert {"__main__", "bootstrap", "cli", "core", "services"} <= set(APP_ROOMS)


@pytest.mark.parametrize("room", APP_ROOMS)
def test_the_app_loads_no_heavy_library(room: str) -> None:
    assert loaded_after(modules_of(room)) == set()


def test_the_check_sees_a_heavy_library() -> None:
    assert "numpy" in loaded_after(["numpy"])
