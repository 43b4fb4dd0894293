from __future__ import annotations

import hashlib
import os
import struct
import sys
from pathlib import Path

import msgspec
import pytest

from assistant.core.errors import AttachmentDamaged
from assistant.core.media import MediaKind
from assistant.engine.pixels import read_pixels, read_samples
from assistant.protocol.prompt_messages import PromptMedia

RATE = 16_000
ROWS = bytes(range(36))
SAMPLES = struct.pack("<5f", 0.0, 0.5, -0.5, 1.0, -1.0)


@pytest.fixture
def picture(tmp_path: Path) -> PromptMedia:
    path = tmp_path / "pixels"
    path.write_bytes(ROWS)
    digest = hashlib.sha256(b"rgb24" + struct.pack("<II", 4, 3) + ROWS).hexdigest()
    return PromptMedia(kind=MediaKind.IMAGE, digest=digest, path=str(path), width=4, height=3)


@pytest.fixture
def sound(tmp_path: Path) -> PromptMedia:
    path = tmp_path / "samples"
    path.write_bytes(SAMPLES)
    digest = hashlib.sha256(b"f32" + struct.pack("<I", RATE) + SAMPLES).hexdigest()
    return PromptMedia(kind=MediaKind.SOUND, digest=digest, path=str(path), n_samples=5)


def test_pixels_come_as_they_are(picture: PromptMedia) -> None:
    assert bytes(read_pixels(picture)) == ROWS


def test_samples_come_as_they_are(sound: PromptMedia) -> None:
    assert list(read_samples(sound, RATE)) == [0.0, 0.5, -0.5, 1.0, -1.0]


def test_samples_of_another_rate_are_refused(sound: PromptMedia) -> None:
    with pytest.raises(AttachmentDamaged):
        read_samples(sound, 48_000)


def test_the_shape_belongs_to_the_digest(picture: PromptMedia) -> None:
    with pytest.raises(AttachmentDamaged, match="no longer as it was"):
        read_pixels(msgspec.structs.replace(picture, width=3, height=4))


@pytest.mark.parametrize("content", [b"", ROWS[:-1], ROWS + b"\0", ROWS[:-1] + b"\0"])
def test_a_file_that_changed_is_refused(picture: PromptMedia, content: bytes) -> None:
    Path(picture.path).write_bytes(content)
    with pytest.raises(AttachmentDamaged):
        read_pixels(picture)


def test_a_file_that_is_gone_is_refused(picture: PromptMedia) -> None:
    Path(picture.path).unlink()
    with pytest.raises(AttachmentDamaged) as caught:
        read_pixels(picture)
    assert caught.value.info.remedy == "Attach it again."


@pytest.mark.parametrize("path", ["", "no\0such", "/dev/null"])
def test_paths_that_name_no_file_are_refused(picture: PromptMedia, path: str) -> None:
    with pytest.raises(AttachmentDamaged):
        read_pixels(msgspec.structs.replace(picture, path=path))


def test_a_folder_is_refused(picture: PromptMedia, tmp_path: Path) -> None:
    with pytest.raises(AttachmentDamaged):
        read_pixels(msgspec.structs.replace(picture, path=str(tmp_path)))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.timeout(10)
def test_a_pipe_is_refused_at_once(picture: PromptMedia) -> None:
    Path(picture.path).unlink()
    os.mkfifo(picture.path)
    with pytest.raises(AttachmentDamaged):
        read_pixels(picture)
