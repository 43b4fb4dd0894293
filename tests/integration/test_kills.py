from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import build_services
from assistant.core.conversation import MessageStatus
from tests.kills import kill_engine_while_streaming, kill_program_while_streaming


def test_a_killed_engine_costs_one_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path))
    with build_services() as services:
        assert len(kill_engine_while_streaming(services, rounds=3, seed=3)) == 3


def test_a_killed_program_leaves_no_worker_and_a_marked_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kills = kill_program_while_streaming(tmp_path, rounds=3, seed=4)
    assert max(kill.orphans_s for kill in kills) <= 5.0
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path))
    with build_services() as services:
        statuses = [services.conversations.branch(each.id)[-1].status for each in services.conversations.list()]
    assert statuses == [MessageStatus.INTERRUPTED] * 3
