"""Fifty SIGKILLs of the engine and fifty of the program, under streaming answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import build_services
from assistant.core.conversation import MessageStatus
from tests.kills import kill_engine_while_streaming, kill_program_while_streaming

ROUNDS = 50
RECOVERY_LIMIT_S = 5.0
ORPHAN_LIMIT_S = 5.0
LOSS_LIMIT_S = 0.35
"""The 250 ms that a crash may cost, and what this test itself needs to notice a piece of text."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]


def test_the_program_survives_fifty_killed_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path))
    with build_services() as services:
        kills = kill_engine_while_streaming(services, ROUNDS, seed=1)
        assert services.database.check() == "ok"
    slowest = max(kill.recovery_s for kill in kills)
    print(f"{len(kills)} engines killed; slowest next first token {slowest:.2f} s, load not counted")
    assert slowest <= RECOVERY_LIMIT_S


def test_fifty_killed_programs_leave_no_worker_and_a_sound_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = kill_program_while_streaming(tmp_path, ROUNDS, seed=2)
    orphans, lost = max(kill.orphans_s for kill in kills), max(kill.lost_s for kill in kills)
    print(
        f"{len(kills)} programs killed; workers gone after at most {orphans:.2f} s, text lost of at most {lost:.3f} s"
    )
    assert orphans <= ORPHAN_LIMIT_S
    assert lost <= LOSS_LIMIT_S
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path))
    with build_services() as services:
        statuses = [services.conversations.branch(each.id)[-1].status for each in services.conversations.list()]
    assert statuses == [MessageStatus.INTERRUPTED] * ROUNDS
