from __future__ import annotations

import os
import runpy
from pathlib import Path

import bundle
import llama_wheel
import pytest


def test_the_portable_build_is_bound_to_no_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    specs: list[llama_wheel.WheelSpec] = []

    def wheel_for(spec: llama_wheel.WheelSpec, *_: object) -> Path:
        specs.append(spec)
        return Path("wheel")

    monkeypatch.setattr(llama_wheel, "wheel_for", wheel_for)
    # Whoever asks for this machine's instructions asks the compiler.
    monkeypatch.setenv("CXX", "/nowhere/c++")
    bundle.portable_wheel()
    assert "-DGGML_NATIVE=OFF" in specs[0].cmake_args
    assert "-DGGML_CPU_ALL_VARIANTS=ON" in specs[0].cmake_args
    assert "any processor" in specs[0].target


def test_only_the_version_of_the_bindings_package_is_kept(tmp_path: Path) -> None:
    package = tmp_path / "__init__.py"
    package.write_text('from .llama import *\n\n__version__ = "0.3.36"\n')
    bundle.keep_low_level_bindings_only(package)
    assert package.read_text() == '__version__ = "0.3.36"\n'
    package.write_text("from .llama import *\n")
    with pytest.raises(ValueError, match="has no version"):
        bundle.keep_low_level_bindings_only(package)


@pytest.mark.parametrize("original", [None, "/opt/own/lib"])
def test_programs_that_the_app_starts_get_the_systems_libraries(
    original: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib/famulus/_internal")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if original:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", original)
    runpy.run_path(str(bundle.RECIPE.with_name("own_libraries_only.py")))
    assert os.environ.get("LD_LIBRARY_PATH") == original
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
