"""How much the pixels of pictures take on the disk."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from assistant.core.events import MessageFinished
from assistant.core.media import Attachment, MediaKind
from assistant.core.model_facts import ProjectorFacts
from assistant.services import pixel_cache
from assistant.services.attachments import AttachmentService
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import FakeImages, png
from tests.fakes.fake_services import PATIENCE_S, EventLog
from tests.unit.hub.projector_files import write_projector

FACTS = ProjectorFacts(name="Tiny eye", projector_type="mlp", media=frozenset({MediaKind.IMAGE}), image_size=112)
ROWS_BYTES = 3 * 100 * 100


@pytest.fixture
def attachments(services: Services, monkeypatch: pytest.MonkeyPatch) -> AttachmentService:
    monkeypatch.setattr(pixel_cache, "MAX_BYTES", int(2.5 * ROWS_BYTES))
    return services.attachments


@pytest.fixture
def pictures(attachments: AttachmentService, tmp_path: Path) -> list[Attachment]:
    return [attachments.add(png(tmp_path / f"{kind}.png", 100, 100, kind=kind)) for kind in range(3)]


def read(attachments: AttachmentService, picture: Attachment, *, age_s: float) -> Path:
    """Make a picture ready as a turn does that ended so long ago; returns its rows."""
    with attachments.pixels_in_use():
        rows = Path(attachments.prompt_media(picture, FACTS).path)
    last_used(rows, age_s)
    return rows


def last_used(rows: Path, age_s: float) -> None:
    then = time.time() - age_s
    for path in rows.parent.glob(f"{rows.name}*"):
        os.utime(path, (then, then))


def test_the_least_recently_used_pixels_go_with_their_notes(
    attachments: AttachmentService, pictures: list[Attachment]
) -> None:
    first, second = (read(attachments, pictures[n], age_s=3 * pixel_cache.IN_USE_S - n) for n in range(2))
    with attachments.pixels_in_use():
        attachments.prompt_media(pictures[0], FACTS)  # used again: now the second is the older one
    third = read(attachments, pictures[2], age_s=0)
    assert not [*second.parent.glob(f"{second.name}*")]
    assert first.is_file()
    assert third.is_file()


def test_what_was_removed_is_decoded_again(
    attachments: AttachmentService, pictures: list[Attachment], images: FakeImages
) -> None:
    first = read(attachments, pictures[0], age_s=3 * pixel_cache.IN_USE_S)
    content = first.read_bytes()
    for picture in pictures[1:]:
        read(attachments, picture, age_s=0)
    assert not first.exists()
    media = attachments.prompt_media(pictures[0], FACTS)
    assert (Path(media.path), first.read_bytes()) == (first, content)
    assert len(images.rendered) == 4


def test_what_a_turn_under_way_needs_stays(attachments: AttachmentService, pictures: list[Attachment]) -> None:
    with attachments.pixels_in_use():
        needed = [Path(attachments.prompt_media(picture, FACTS).path) for picture in pictures]
        for rows in needed:
            last_used(rows, 3 * pixel_cache.IN_USE_S)  # it waits for hours
        read(attachments, pictures[0], age_s=3 * pixel_cache.IN_USE_S)  # another turn ends
        attachments.sweep()
        assert all(rows.is_file() for rows in needed)
    assert sum(rows.is_file() for rows in needed) == 2


def test_pixels_stay_until_the_engine_has_answered(
    services: Services, engine: FakeEngine, events: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_cache, "MAX_BYTES", 0)
    monkeypatch.setattr(pixel_cache, "IN_USE_S", -PATIENCE_S)
    write_projector(tmp_path / "mmproj-tiny.gguf")
    stall = Stall()
    engine.will_answer(stall)
    picture = services.attachments.add(png(tmp_path / "cat.png"))
    request_id = services.chat.send(None, "What is it?", services.settings.load(), [picture])
    assert stall.reached.wait(PATIENCE_S)
    services.attachments.sweep()
    assert len([*services.paths.pixels.glob("*.rgb")]) == 1
    stall.go_on()
    assert isinstance(events.end_of(request_id), MessageFinished)
    assert not [*services.paths.pixels.iterdir()]


def test_what_another_process_used_just_now_stays(attachments: AttachmentService, pictures: list[Attachment]) -> None:
    rows = [read(attachments, picture, age_s=0) for picture in pictures]
    attachments.sweep()
    assert all(each.is_file() for each in rows)
    for each in rows:
        last_used(each, pixel_cache.IN_USE_S + 1)
    attachments.sweep()
    assert sum(each.is_file() for each in rows) == 2


def test_a_foreign_file_is_not_removed(
    attachments: AttachmentService, pictures: list[Attachment], services: Services
) -> None:
    foreign = services.paths.pixels / "notes.rgb"
    services.paths.pixels.mkdir(exist_ok=True)
    foreign.write_bytes(bytes(4 * ROWS_BYTES))
    last_used(foreign, 10 * pixel_cache.IN_USE_S)
    rows = read(attachments, pictures[0], age_s=3 * pixel_cache.IN_USE_S)
    attachments.sweep()
    assert foreign.is_file()
    assert rows.is_file()
