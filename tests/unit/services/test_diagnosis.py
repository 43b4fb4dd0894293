from __future__ import annotations

import pytest

from assistant.core.errors import EngineUnavailable
from assistant.services.diagnosis import diagnose
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine


def test_a_sound_installation_has_no_problems(services: Services) -> None:
    diagnosis = diagnose(services)
    assert diagnosis.problems == ()
    assert (diagnosis.database, diagnosis.llama_cpp, diagnosis.cpu_features) == ("ok", "fake", ("FAKE",))
    assert diagnosis.folders["data"] == str(services.paths.home)
    assert diagnosis.versions["llama-cpp-python"].startswith("0.3")
    assert 0 < diagnosis.memory_available_bytes <= diagnosis.memory_total_bytes


def test_each_thing_that_fails_is_a_problem(
    services: Services, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> None:
        raise EngineUnavailable("The model's process does not start.")

    monkeypatch.setattr(engine, "hello", unavailable)
    monkeypatch.setattr(type(services.database), "check", lambda _: "row 1 missing from index")
    services.paths.settings.write_text("[sampling\n")
    diagnosis = diagnose(services)
    assert [problem.kind for problem in diagnosis.problems] == [
        "EngineUnavailable",
        "DatabaseFailed",
        "SettingInvalid",
    ]
    assert diagnosis.llama_cpp == ""
