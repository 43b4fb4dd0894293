from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from install import CONSTRAINTS, installed_backend, pinned_version
from refresh_constraints import pins

ROOT = CONSTRAINTS.parent.parent


def test_the_version_to_build_is_the_pinned_one() -> None:
    assert pinned_version("a==1\nllama_cpp_python==0.3.36\n", "llama-cpp-python") == "0.3.36"
    assert pinned_version(CONSTRAINTS.read_text(), "llama-cpp-python")


def test_an_unpinned_package_is_an_error() -> None:
    with pytest.raises(ValueError, match="llama-cpp-python is not pinned"):
        pinned_version("xllama-cpp-python==1\n", "llama-cpp-python")


def test_the_last_backend_is_remembered(tmp_path: Path) -> None:
    record = tmp_path / ".llama-wheel"
    assert installed_backend(record) == ""
    record.write_text("vulkan 0.3.36-vulkan-linux-x86_64-0123456789ab\n")
    assert installed_backend(record) == "vulkan"


def test_constraints_are_exact_versions_only() -> None:
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        name, separator, version = line.partition("==")
        assert separator
        assert name == name.lower().replace("_", "-") != "famulus"
        assert version.replace(".", "").isalnum()


def test_pins_are_normalized_and_leave_the_project_out() -> None:
    report = {
        "install": [
            {"metadata": {"name": "torch", "version": "2.13.0+cpu"}},
            {"metadata": {"name": "llama_cpp_python", "version": "0.3.36"}},
            {"metadata": {"name": "Jinja2", "version": "3.1.6"}},
            {"metadata": {"name": "famulus", "version": "0.1.0"}},
        ]
    }
    assert pins(report, without="famulus") == ["jinja2==3.1.6\n", "llama-cpp-python==0.3.36\n", "torch==2.13.0\n"]


@pytest.mark.parametrize(("python", "status"), [(sys.executable, 0), ("/nowhere/python3", 1), ("/bin/false", 1)])
def test_a_python_is_found_by_what_it_can_do(python: str, status: int) -> None:
    found = subprocess.run(
        ["sh", ROOT / "packaging" / "find_python.sh"], env={"PYTHON": python}, capture_output=True, text=True
    )
    assert found.returncode == status
    assert found.stdout.strip() == ("" if status else python)
