"""Guards that import-linter does not hold: `make lint` checks the layers, the workers and the heavy libraries."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "assistant"
MODULES = sorted(PACKAGE.rglob("*.py"))
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"),
    *("assistant", "resources", "tests", "packaging"),
}
ATTICS = {"utils", "helpers", "misc", "manager", "common"}


def module_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def inner_imports(tree: ast.Module) -> Iterator[int]:
    """Lines of the imports inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [path for path in MODULES if path != PACKAGE / "__main__.py"], ids=module_name)
def test_only_main_imports_inside_functions(path: Path) -> None:
    assert list(inner_imports(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_check_for_inner_imports_finds_one() -> None:
    assert list(inner_imports(ast.parse("import a\ndef f():\n    from b import c\n"))) == [3]


def test_there_is_no_attic() -> None:
    rooms = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert not rooms & ATTICS


def test_the_top_level_holds_what_the_map_shows() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {Path(line).parts[0] for line in listing.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL
