"""What holds for every test: nobody's own data is touched, and two runs try the same examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def data_folder_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to name a data folder gets an empty one."""
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path / "famulus-home"))
