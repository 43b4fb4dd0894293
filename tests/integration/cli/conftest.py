from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.famulus import Famulus


@pytest.fixture
def famulus(tmp_path: Path) -> Iterator[Famulus]:
    famulus = Famulus(tmp_path / "home")
    yield famulus
    for running in famulus.started:  # after a failed test one may still be there
        running.process.kill()
        running.process.communicate()
