from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.core.errors import RequestCancelled
from assistant.gui.app_view_model import AppViewModel
from assistant.protocol.image_messages import ImageDescribed
from assistant.services.services import Services
from tests.fakes.fake_images import FakeImages, png

LONG_S = 5.0
"""How long the picture takes if nobody stops it."""


class SlowImages:
    """Decodes one picture until it is stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.stopped = threading.Event()
        self.decoded = False

    def describe(self, path: Path, thumbnail_path: Path, thumbnail_side: int) -> ImageDescribed:
        self.begun.set()
        if self.stopped.wait(LONG_S):
            raise RequestCancelled("Famulus is closing.")
        self.decoded = True
        return ImageDescribed(mime="image/png", width=4, height=2)


def test_closing_stops_a_picture_in_hand(
    app: AppViewModel, services: Services, images: FakeImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowImages()
    attachment = services.attachments.add(png(tmp_path / "cat.png"))
    services.attachments.thumbnail(attachment).unlink()
    monkeypatch.setattr(images, "describe", slow.describe)
    monkeypatch.setattr(images, "close", slow.stopped.set)
    pictures = app.conversation.pictures
    pictures.rows([attachment])
    pictures.address("thumbnail", attachment.sha256)
    assert slow.begun.wait(LONG_S)
    app.close()
    assert not slow.decoded, "the window waited for it"
