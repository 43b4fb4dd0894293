from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import llama_wheel
import pytest
from llama_wheel import BuildFailed, WheelSpec, cache_folder, progress, stable_macros, target_of_this_machine, wheel_for

SPEC = WheelSpec(version="0.3.36", backend="cpu", cmake_args="", target="#define __AVX2__ 1")
WHEEL_NAME = "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl"
# Stands for a Python whose `-m pip wheel ... --wheel-dir DIR ...` makes a wheel and counts how often it did.
FAKE_PIP = f"""#!/bin/sh
echo "$CMAKE_ARGS" >> "$FAKE_PIP_CALLS"
while [ "$1" != --wheel-dir ]; do shift; done
sleep 0.3
echo wheel > "$2/{WHEEL_NAME}"
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def environment(calls: Path) -> dict[str, str]:
    return dict(os.environ) | {"FAKE_PIP_CALLS": str(calls)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


def fake_python(tmp_path: Path, script: str = FAKE_PIP) -> Path:
    path = tmp_path / "python"
    path.write_text(script)
    path.chmod(0o755)
    return path


def test_a_wheel_is_built_once(tmp_path: Path, folder: Path, calls: Path, environment: dict[str, str]) -> None:
    python = fake_python(tmp_path)
    first = wheel_for(SPEC, python, folder, environment)
    second = wheel_for(SPEC, python, folder, environment)
    assert first == second == folder / SPEC.key / WHEEL_NAME
    assert first.read_text() == "wheel\n"
    assert calls.read_text() == "\n"
    assert not list(folder.glob("building-*"))


def test_other_cmake_arguments_are_another_wheel(
    tmp_path: Path, folder: Path, calls: Path, environment: dict[str, str]
) -> None:
    python = fake_python(tmp_path)
    vulkan = replace(SPEC, backend="vulkan", cmake_args="-DGGML_VULKAN=ON")
    assert wheel_for(SPEC, python, folder, environment) != wheel_for(vulkan, python, folder, environment)
    assert calls.read_text() == "\n-DGGML_VULKAN=ON\n"


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, version="0.3.37"),
        replace(SPEC, backend="cuda"),
        replace(SPEC, cmake_args="-DGGML_BLAS=ON"),
        replace(SPEC, target="#define __AVX512F__ 1"),
    ],
)
def test_every_difference_changes_the_key(other: WheelSpec) -> None:
    assert other.key != SPEC.key


def test_a_failed_build_names_its_log_and_leaves_no_wheel(
    tmp_path: Path, folder: Path, environment: dict[str, str]
) -> None:
    python = fake_python(tmp_path, "#!/bin/sh\necho 'error: no cmake'\nexit 1\n")
    with pytest.raises(BuildFailed, match="error: no cmake") as caught:
        wheel_for(SPEC, python, folder, environment)
    assert str(folder / "build.log") in str(caught.value)
    assert not list(folder.rglob("*.whl"))


def test_what_a_killed_build_left_is_removed(tmp_path: Path, folder: Path, environment: dict[str, str]) -> None:
    (folder / "building-dead").mkdir()
    (folder / "building-dead" / "half.whl").write_text("half")
    wheel_for(SPEC, fake_python(tmp_path), folder, environment)
    assert not (folder / "building-dead").exists()


def test_two_installs_at_once_share_one_build(
    tmp_path: Path, folder: Path, calls: Path, environment: dict[str, str]
) -> None:
    script = (
        "import os, pathlib, llama_wheel as w;"
        f"w.wheel_for(w.WheelSpec{('0.3.36', 'cpu', '', 'x')!r}, pathlib.Path({str(fake_python(tmp_path))!r}),"
        f"pathlib.Path({str(folder)!r}), dict(os.environ))"
    )
    command = [sys.executable, "-c", script]
    environment["PYTHONPATH"] = str(Path(llama_wheel.__file__).parent)
    installs = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [install.wait(60) for install in installs] == [0, 0]
    assert calls.read_text() == "\n"


def test_the_build_tells_how_far_it_is(
    tmp_path: Path,
    folder: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(llama_wheel, "PROGRESS_INTERVAL_S", 0.05)
    wheel_for(SPEC, fake_python(tmp_path, FAKE_PIP.replace("sleep", "echo '[7/193]'; sleep")), folder, environment)
    output = capsys.readouterr().out
    assert "6-7 minutes on 2 cores" in output
    assert "step 7/193" in output


def test_progress_is_the_last_step() -> None:
    assert progress("collecting") == "preparing"
    assert progress("[1/193] a\n[2/193] b\nwarning: [unused]") == "step 2/193"


def test_minor_versions_of_the_compiler_do_not_count() -> None:
    macros = '#define __VERSION__ "12.2.0"\n#define __GNUC_MINOR__ 2\n#define __AVX2__ 1\n#define __GNUC__ 12\n'
    assert stable_macros(macros) == ["#define __AVX2__ 1", "#define __GNUC__ 12"]


def test_the_target_is_stable_and_tells_cards_apart() -> None:
    assert target_of_this_machine(()) == target_of_this_machine(())
    assert "__GNUC__" in target_of_this_machine(())
    assert target_of_this_machine(("RTX 3060",)) != target_of_this_machine(("RTX 4090",))


def test_without_a_compiler_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nowhere/c++")
    with pytest.raises(BuildFailed, match=r"No C\+\+ compiler"):
        target_of_this_machine(())


@pytest.mark.skipif(sys.platform == "darwin", reason="XDG folders are not used on a Mac")
def test_wheels_lie_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "famulus" / "wheels"
    assert cache_folder().is_dir()


@pytest.mark.skipif(sys.platform == "darwin", reason="XDG folders are not used on a Mac")
def test_without_a_usable_home_wheels_lie_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = cache_folder()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
