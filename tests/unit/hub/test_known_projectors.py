from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.core.errors import ProjectorDamaged, ProjectorNotFound
from assistant.core.media import MediaKind
from assistant.core.model_facts import ProjectorFacts
from assistant.hub import known_projectors
from assistant.hub.known_projectors import known_projector
from tests.unit.hub.projector_files import N_EMBD, WIDTH, sound_metadata, write_header, write_projector


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose headers were read, in order."""
    names: list[str] = []
    read = known_projectors.read_projector

    def count(path: Path) -> ProjectorFacts:
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(known_projectors, "read_projector", count)
    return names


def test_a_header_is_read_once_until_the_file_changes(tmp_path: Path, reads: list[str]) -> None:
    path = write_projector(tmp_path / "mmproj.gguf")
    assert known_projector(path) == known_projector(path)
    assert known_projector(path).media == {MediaKind.IMAGE}
    assert reads == ["mmproj.gguf"]
    os.utime(path, (1, 1))
    assert known_projector(path).media == {MediaKind.IMAGE}
    write_header(path, sound_metadata(), {"mm.a.mlp.2.weight": (N_EMBD, WIDTH)})
    os.utime(path, (1, 1))  # only its size tells
    assert known_projector(path).media == {MediaKind.SOUND}
    assert len(reads) == 3


def test_two_files_of_the_same_size_and_time_are_two(tmp_path: Path) -> None:
    for name, metadata in (("a.gguf", "Eye A"), ("b.gguf", "Eye B")):
        os.utime(write_projector(tmp_path / name, metadata={"general.name": metadata}), (1, 1))
    assert [known_projector(tmp_path / name).name for name in ("a.gguf", "b.gguf")] == ["Eye A", "Eye B"]


def test_a_damaged_one_is_read_once_and_refused_each_time(tmp_path: Path, reads: list[str]) -> None:
    path = tmp_path / "mmproj.gguf"
    path.write_text("no projector")
    for _ in range(3):
        with pytest.raises(ProjectorDamaged, match=r"mmproj\.gguf"):
            known_projector(path)
    assert reads == ["mmproj.gguf"]


def test_one_that_is_not_there_is_looked_for_each_time(tmp_path: Path) -> None:
    path = tmp_path / "mmproj.gguf"
    with pytest.raises(ProjectorNotFound):
        known_projector(path)
    write_projector(path)
    assert known_projector(path).media == {MediaKind.IMAGE}
    path.unlink()
    with pytest.raises(ProjectorNotFound):
        known_projector(path)
