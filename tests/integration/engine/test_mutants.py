"""Damaged models through the whole program; `make faults` tries a thousand."""

from __future__ import annotations

from pathlib import Path

from tests.mutant_trial import LIMIT_S, try_mutants


def test_a_hundred_mutants(tmp_path: Path) -> None:
    trials = try_mutants(100, tmp_path)
    assert trials.slowest_s <= LIMIT_S, trials.slowest
    assert trials.outcomes.total() == 100
    assert trials.outcomes["answers"] > 0
    assert trials.outcomes["ModelFileDamaged"] > 0
    assert trials.crashes == []
