"""The starter model is found without importing its package, and hashed once."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from assistant.core.errors import ModelFileDamaged, ModelNotFound
from assistant.hub import starter_model
from assistant.hub.starter_model import FILE_NAME, find_starter_model, verify_once

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / FILE_NAME
    path.write_bytes(CONTENT)
    return path


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    digest = hashlib.file_digest

    def counted(file: object, name: str) -> object:
        calls.append(name)
        return digest(file, name)  # type: ignore[arg-type]

    monkeypatch.setattr(starter_model.hashlib, "file_digest", counted)
    return calls


def test_finds_the_file_of_a_package_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "famulus_test_starter"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.setattr(starter_model, "PACKAGE", package.name)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_starter_model() is None
    (package / FILE_NAME).write_bytes(CONTENT)
    assert find_starter_model() == package / FILE_NAME
    assert package.name not in sys.modules


def test_the_model_of_the_installed_app_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = tmp_path / "starter" / FILE_NAME
    bundled.parent.mkdir()
    bundled.write_bytes(CONTENT)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert find_starter_model() == bundled
    bundled.unlink()
    monkeypatch.setattr(starter_model, "PACKAGE", "no_such_package_of_famulus")
    assert find_starter_model() is None


def test_hashes_once_and_again_after_a_change(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = model.parent / "cache" / "verified.json"
    calls = count_hashes(monkeypatch)
    verify_once(model, SHA256, memory)
    verify_once(model, SHA256, memory)
    assert len(calls) == 1
    os.utime(model, ns=(1, 1))
    verify_once(model, SHA256, memory)
    assert len(calls) == 2
    copy = model.with_suffix(".new")
    copy.write_bytes(CONTENT)
    os.utime(copy, ns=(1, 1))
    copy.replace(model)
    verify_once(model, SHA256, memory)
    assert len(calls) == 3
    assert [path.name for path in memory.parent.iterdir()] == [memory.name]


def test_a_changed_file_is_refused_every_time(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = model.parent / "verified.json"
    model.write_bytes(CONTENT[:-1] + b"X")
    calls = count_hashes(monkeypatch)
    for _ in range(2):
        with pytest.raises(ModelFileDamaged) as raised:
            verify_once(model, SHA256, memory)
    assert "Reinstall" in raised.value.info.remedy_text
    assert len(calls) == 2
    assert not memory.exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"a": 1}', b"[]"])
def test_a_damaged_memory_is_ignored_and_replaced(model: Path, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = model.parent / "verified.json"
    memory.write_bytes(damage)
    verify_once(model, SHA256, memory)
    calls = count_hashes(monkeypatch)
    verify_once(model, SHA256, memory)
    assert calls == []


def test_a_memory_that_cannot_be_written_does_no_harm(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    verify_once(model, SHA256, model / "verified.json")
    assert "cannot remember" in caplog.text


def test_a_missing_file_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        verify_once(tmp_path / "none.gguf", SHA256, tmp_path / "verified.json")
