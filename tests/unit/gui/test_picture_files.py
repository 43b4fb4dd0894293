from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from assistant.core.media import Attachment, MediaKind
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.picture_files import PREVIEW, THUMBNAIL, PictureFiles
from assistant.services.services import Services
from tests.fakes.fake_images import FakeImages, png

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def pictures(app: AppViewModel) -> PictureFiles:
    return app.conversation.pictures


@pytest.fixture
def attachment(services: Services, tmp_path: Path) -> Attachment:
    return services.attachments.add(png(tmp_path / "cat.png"))


def test_qml_reads_names_and_kinds(pictures: PictureFiles, attachment: Attachment) -> None:
    sound = Attachment(sha256="b" * 64, name="song.mp3", kind=MediaKind.SOUND, mime="audio/mpeg", n_bytes=3)
    assert pictures.rows([attachment, sound]) == [
        {"sha256": attachment.sha256, "name": "cat.png", "isImage": True, "width": 4, "height": 2},
        {"sha256": sound.sha256, "name": "song.mp3", "isImage": False, "width": 0, "height": 0},
    ]


@pytest.mark.parametrize("size", [THUMBNAIL, PREVIEW])
def test_an_address_is_found_once_and_kept(
    pictures: PictureFiles,
    attachment: Attachment,
    images: FakeImages,
    services: Services,
    wait: Wait,
    size: str,
) -> None:
    found: list[tuple[str, ...]] = []
    pictures.found.connect(lambda *each: found.append(each))
    pictures.rows([attachment])
    assert pictures.address(size, attachment.sha256) == pictures.address(size, attachment.sha256) == ""
    wait(lambda: found)
    address = pictures.address(size, attachment.sha256)
    assert found == [(size, attachment.sha256, address)]
    path = Path(QUrl(address).toLocalFile())
    assert path.is_file()
    assert path != services.attachments.original(attachment)  # never the original: Qt would decode it
    assert len(images.described) == (1 if size == THUMBNAIL else 2)


def test_a_deleted_folder_of_thumbnails_costs_only_time(
    pictures: PictureFiles, attachment: Attachment, services: Services, wait: Wait
) -> None:
    pictures.rows([attachment])
    wait(lambda: pictures.address(THUMBNAIL, attachment.sha256))
    shutil.rmtree(services.paths.thumbnails)
    assert pictures.address(THUMBNAIL, attachment.sha256) == ""
    wait(lambda: pictures.address(THUMBNAIL, attachment.sha256))


def test_a_picture_that_is_gone_is_said_so_and_looked_for_again(
    pictures: PictureFiles, attachment: Attachment, services: Services, wait: Wait
) -> None:
    failed: list[tuple[str, ...]] = []
    pictures.failed.connect(lambda *each: failed.append(each))
    pictures.rows([attachment])
    original = services.attachments.original(attachment)
    hidden = original.rename(original.with_name("hidden"))
    pictures.address(PREVIEW, attachment.sha256)
    wait(lambda: failed)
    assert failed == [(PREVIEW, attachment.sha256, "The picture is no longer there.")]
    hidden.rename(original)
    pictures.address(PREVIEW, attachment.sha256)
    wait(lambda: pictures.address(PREVIEW, attachment.sha256))


@pytest.mark.parametrize("size", [THUMBNAIL, PREVIEW])
def test_an_empty_file_is_drawn_anew(pictures: PictureFiles, attachment: Attachment, wait: Wait, size: str) -> None:
    pictures.rows([attachment])
    wait(lambda: pictures.address(size, attachment.sha256))
    path = Path(QUrl(pictures.address(size, attachment.sha256)).toLocalFile())
    path.write_bytes(b"")
    assert pictures.address(size, attachment.sha256) == ""
    wait(lambda: pictures.address(size, attachment.sha256))
    assert path.stat().st_size


@pytest.mark.parametrize("size", [THUMBNAIL, PREVIEW])
def test_a_file_that_cannot_be_shown_is_drawn_anew_once(
    pictures: PictureFiles, attachment: Attachment, wait: Wait, size: str
) -> None:
    pictures.rows([attachment])
    wait(lambda: pictures.address(size, attachment.sha256))
    damaged = pictures.address(size, attachment.sha256)
    path = Path(QUrl(damaged).toLocalFile())
    sound = path.read_bytes()
    path.write_bytes(b"noise")
    found: list[tuple[str, ...]] = []
    failed: list[tuple[str, ...]] = []
    pictures.found.connect(lambda *each: found.append(each))
    pictures.failed.connect(lambda *each: failed.append(each))
    pictures.redraw(size, attachment.sha256, QUrl(damaged))
    pictures.redraw(size, attachment.sha256, QUrl(damaged))  # it is shown twice
    wait(lambda: found)
    redrawn = pictures.address(size, attachment.sha256)
    assert redrawn != damaged  # Qt would not read the same address again
    assert (found, path.read_bytes()) == ([(size, attachment.sha256, redrawn)], sound)
    pictures.redraw(size, attachment.sha256, QUrl(damaged))  # another place has not heard of it
    assert (found, failed) == ([(size, attachment.sha256, redrawn)] * 2, [])
    pictures.redraw(size, attachment.sha256, QUrl(redrawn))
    assert failed == [(size, attachment.sha256, "The picture cannot be shown.")]


def test_what_is_not_known_has_no_address(pictures: PictureFiles) -> None:
    assert pictures.address(THUMBNAIL, "../../etc/passwd") == ""
