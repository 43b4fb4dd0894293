"""A thousand damaged models: each gives a named error or loads, and none makes anybody wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.mutant_trial import LIMIT_S, try_mutants


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_thousand_mutants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    trials = try_mutants(1000, tmp_path)
    with capsys.disabled():
        print(f"\n1,000 mutants in {time.monotonic() - started:.0f} s: {dict(trials.outcomes)}")
        print(f"slowest {trials.slowest_s:.1f} s: {trials.slowest}")
        print(f"{len(trials.crashes)} ended the worker", *trials.crashes, sep="\n")
    assert trials.slowest_s <= LIMIT_S
    assert trials.outcomes.total() == 1000
