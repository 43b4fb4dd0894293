from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPING = """
import pytest

def test_runs():
    pass

def test_needs_a_program():
    pytest.skip("needs xdotool")

@pytest.mark.skipif(True, reason="needs AT-SPI")
def test_marked():
    pass

@pytest.mark.xfail(strict=True)
def test_known_fault():
    assert False
"""
SKIPPED_AS_A_WHOLE = "import pytest\npytest.importorskip('no_such_library', reason='no such library')\n"


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("1", {"passed": 1, "failed": 1, "errors": 2, "xfailed": 1}),
        ("", {"passed": 1, "skipped": 3, "xfailed": 1}),
    ],
)
def test_the_switch_makes_skips_failures(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, switch: str, expected: dict[str, int]
) -> None:
    monkeypatch.setenv("FAMULUS_NO_SKIPS", switch)
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(test_some=SKIPPING, test_none=SKIPPED_AS_A_WHOLE)
    result = pytester.runpytest_subprocess("--continue-on-collection-errors", "-p", "no:cacheprovider")
    result.assert_outcomes(**expected)
    if switch:
        result.stdout.fnmatch_lines(["*FAMULUS_NO_SKIPS=1, and this was to be skipped.*needs xdotool*"])
