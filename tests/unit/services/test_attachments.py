from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.core.draft import Draft
from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported
from assistant.core.media import Attachment, MediaKind
from assistant.core.model_facts import ProjectorFacts
from assistant.services.attachments import KEPT_UNUSED_S, MAX_PIXELS, AttachmentService
from assistant.services.services import Services
from assistant.storage.attachment_files import AttachmentFiles
from tests.fakes.fake_images import FakeImages, png

IMAGE_SIDE = 112
FACTS = ProjectorFacts(name="Tiny eye", projector_type="mlp", media=frozenset({MediaKind.IMAGE}), image_size=IMAGE_SIDE)
TICK_S = 0.05
"""Two changes of a file that are so far apart have different times."""
ANY_SIZE = msgspec.structs.replace(FACTS, image_size=0)


@pytest.fixture
def attachments(services: Services) -> AttachmentService:
    return services.attachments


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return png(tmp_path / "cat.png", 40, 20)


@pytest.fixture
def new_process(services: Services, images: FakeImages) -> Callable[[], AttachmentService]:
    """Another process on the same data folder, with an image client of the same record."""

    def start() -> AttachmentService:
        files = AttachmentFiles(services.paths)
        return AttachmentService(files, images, services.conversations, services.drafts)  # type: ignore[arg-type]

    return start


def grow_old(services: Services, attachment: Attachment) -> None:
    path = services.attachments.original(attachment)
    long_ago = path.stat().st_mtime - KEPT_UNUSED_S - 1
    os.utime(path, (long_ago, long_ago))


def send(services: Services, attachment: Attachment) -> str:
    """Store a question with it; returns its conversation."""
    conversation = services.conversations.create("").result()
    services.conversations.add_question(conversation.id, None, "What is it?", [attachment]).result()
    return conversation.id


def test_a_picture_is_taken_in(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    assert (cat.name, cat.kind, cat.mime, cat.width, cat.height) == ("cat.png", MediaKind.IMAGE, "image/png", 40, 20)
    assert cat.n_bytes == picture.stat().st_size
    picture.unlink()
    assert attachments.original(cat).stat().st_size == cat.n_bytes
    assert attachments.thumbnail(cat).is_file()


def test_bytes_get_the_name_they_are_given(attachments: AttachmentService, picture: Path) -> None:
    pasted = attachments.add_bytes(picture.read_bytes(), "pasted\n picture \udcff.png")
    assert pasted.name == "pasted picture ?.png"
    assert pasted.sha256 == attachments.add(picture).sha256


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<svg/>", AttachmentUnsupported),
        (b"\x89PNG\r\n\x1a\n", AttachmentDamaged),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\xff" * 20, AttachmentTooLarge),
    ],
)
def test_what_cannot_be_used_leaves_nothing(
    attachments: AttachmentService, services: Services, tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    file = tmp_path / "file.png"
    file.write_bytes(content)
    with pytest.raises(error):
        attachments.add(file)
    assert list(services.paths.attachments.iterdir()) == []


def test_a_missing_file_is_a_named_error(attachments: AttachmentService, tmp_path: Path) -> None:
    with pytest.raises(AttachmentDamaged, match=r"none\.png"):
        attachments.add(tmp_path / "none.png")


def test_a_picture_that_was_sent_survives_that_it_cannot_be_decoded_now(
    attachments: AttachmentService, services: Services, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cat = attachments.add(picture)
    send(services, cat)

    def fail(*_: object) -> None:
        raise AttachmentDamaged("Reading the picture took too long.")

    monkeypatch.setattr(FakeImages, "describe", fail)
    with pytest.raises(AttachmentDamaged):
        attachments.add(picture)
    assert attachments.original(cat).is_file()


def test_an_empty_drawing_counts_as_missing(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    for find in (attachments.thumbnail, attachments.preview):
        path = find(cat)
        path.write_bytes(b"")  # as after a power cut
        assert find(cat).stat().st_size > 0


def test_a_drawing_that_cannot_be_shown_is_drawn_anew(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    for find, redraw in (
        (attachments.thumbnail, attachments.redraw_thumbnail),
        (attachments.preview, attachments.redraw_preview),
    ):
        drawn = find(cat).read_bytes()
        find(cat).write_bytes(bytes(100))
        assert find(cat).read_bytes() == bytes(100)
        assert redraw(cat) == find(cat)
        assert find(cat).read_bytes() == drawn
    attachments.original(cat).unlink()
    with pytest.raises(AttachmentDamaged):
        attachments.redraw_preview(cat)
    assert list(attachments.thumbnail(cat).parent.glob("*-preview*")) == []


def test_a_lost_thumbnail_is_drawn_again(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    attachments.thumbnail(cat).unlink()
    assert attachments.thumbnail(cat).is_file()
    attachments.thumbnail(cat).unlink()
    attachments.original(cat).unlink()
    with pytest.raises(AttachmentDamaged):
        attachments.thumbnail(cat)


def test_the_pixels_are_no_more_than_the_projector_can_use(
    attachments: AttachmentService, picture: Path, images: FakeImages
) -> None:
    cat = attachments.add(picture)
    media = attachments.prompt_media(cat, FACTS)
    attachments.prompt_media(cat, ANY_SIZE)
    assert images.limits == [(2 * IMAGE_SIDE, MAX_PIXELS), (0, MAX_PIXELS)]
    assert (media.kind, media.width, media.height) == (MediaKind.IMAGE, 40, 20)
    assert Path(media.path).stat().st_size == 3 * 40 * 20
    assert len(bytes.fromhex(media.digest)) == 32


def test_a_picture_is_rendered_once_also_for_the_next_process(
    attachments: AttachmentService,
    picture: Path,
    images: FakeImages,
    new_process: Callable[[], AttachmentService],
) -> None:
    cat = attachments.add(picture)
    media = attachments.prompt_media(cat, FACTS)
    attachments.original(cat).unlink()  # whoever reads from the cache does not need it
    assert attachments.prompt_media(cat, FACTS) == media
    assert new_process().prompt_media(cat, FACTS) == media
    assert len(images.rendered) == 1


@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "note gone", "note damaged", "note of another size"])
def test_a_damaged_cache_costs_another_rendering(
    attachments: AttachmentService,
    picture: Path,
    images: FakeImages,
    new_process: Callable[[], AttachmentService],
    harm: str,
) -> None:
    cat = attachments.add(picture)
    media = attachments.prompt_media(cat, FACTS)
    pixels = Path(media.path)
    note = pixels.with_name(f"{pixels.name}.json")
    match harm:
        case "flipped":
            pixels.write_bytes(b"\x01" + pixels.read_bytes()[1:])
        case "cut":
            pixels.write_bytes(pixels.read_bytes()[:-1])
        case "gone":
            pixels.unlink()
        case "note gone":
            note.unlink()
        case "note damaged":
            note.write_bytes(b'{"type": \xff')
        case "note of another size":
            note.write_text(note.read_text().replace("40", "20").replace("20,", "40,"))
    assert new_process().prompt_media(cat, FACTS) == media
    assert len(images.rendered) == 2


def test_a_cut_cache_is_noticed_by_the_process_that_made_it(
    attachments: AttachmentService, picture: Path, images: FakeImages
) -> None:
    cat = attachments.add(picture)
    media = attachments.prompt_media(cat, FACTS)
    Path(media.path).write_bytes(b"")
    assert attachments.prompt_media(cat, FACTS) == media
    assert len(images.rendered) == 2


def test_without_original_and_cache_the_picture_is_gone(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    attachments.original(cat).unlink()
    with pytest.raises(AttachmentDamaged):
        attachments.prompt_media(cat, FACTS)


def test_a_sweep_takes_what_nothing_refers_to(
    services: Services, tmp_path: Path, new_process: Callable[[], AttachmentService]
) -> None:
    sent, drafted, unused, young = (
        services.attachments.add(png(tmp_path / f"{number}.png", kind=number)) for number in range(4)
    )
    send(services, sent)
    services.drafts.save({"": Draft(text="Look", attachments=(drafted,))})
    for attachment in (sent, drafted, unused):
        grow_old(services, attachment)
    services.attachments.prompt_media(unused, FACTS)
    services.attachments.sweep()
    assert services.attachments.original(unused).is_file(), "it may stand in a composer of this process"
    other = new_process()
    other.thumbnail(unused)
    other.sweep()
    assert services.attachments.original(unused).is_file(), "it may stand in a composer of that process"
    new_process().sweep()
    assert {path.name for path in services.paths.attachments.iterdir()} == {
        each.sha256 for each in (sent, drafted, young)
    }
    assert not [path for path in services.paths.pixels.iterdir() if path.name.startswith(unused.sha256)]


@pytest.mark.parametrize("harm", ["unreadable", "one bad entry"])
def test_nothing_is_removed_while_a_draft_may_refer_to_it(
    services: Services, picture: Path, new_process: Callable[[], AttachmentService], harm: str
) -> None:
    cat = services.attachments.add(picture)
    grow_old(services, cat)
    services.drafts.save({"": Draft(attachments=(cat,))})
    drafts = services.paths.drafts
    if harm == "unreadable":
        drafts.unlink()
        drafts.mkdir()
    else:
        drafts.write_bytes(drafts.read_bytes().replace(b'"image"', b'"smell"'))
    process = new_process()
    process.sweep()
    process.remove({cat.sha256: time.time()})
    process.close()
    assert process.original(cat).is_file()


def test_only_what_nothing_refers_to_is_removed(services: Services, tmp_path: Path) -> None:
    sent, unused = (services.attachments.add(png(tmp_path / f"{number}.png", kind=number)) for number in range(2))
    send(services, sent)
    services.attachments.release([sent, unused])
    services.attachments.remove(dict.fromkeys([sent.sha256, unused.sha256, "0" * 64], time.time()))
    assert [path.name for path in services.paths.attachments.iterdir()] == [sent.sha256]


def test_what_was_picked_anew_stays_when_the_message_with_it_goes(
    services: Services, picture: Path, new_process: Callable[[], AttachmentService]
) -> None:
    cat = services.attachments.add(picture)
    services.attachments.release([cat])
    services.attachments.add(picture)
    services.attachments.remove({cat.sha256: time.time()})
    assert services.attachments.original(cat).is_file(), "it stands in a composer of this process"
    services.attachments.release([cat])
    added_at = services.attachments.original(cat).stat().st_mtime
    services.attachments.remove({cat.sha256: added_at - 1.0})
    assert services.attachments.original(cat).is_file(), "another process has picked it since"
    services.attachments.remove({cat.sha256: added_at})
    assert not services.attachments.original(cat).exists()


def test_a_picture_that_is_gone_is_said_before_it_is_sent(attachments: AttachmentService, picture: Path) -> None:
    cat = attachments.add(picture)
    attachments.require([cat])
    attachments.original(cat).unlink()
    with pytest.raises(AttachmentDamaged, match="no longer there"):
        attachments.require([cat])


def test_what_was_picked_and_not_sent_goes_at_the_end(
    services: Services, tmp_path: Path, new_process: Callable[[], AttachmentService]
) -> None:
    sent, drafted, other = (services.attachments.add(png(tmp_path / f"{n}.png", kind=n)) for n in range(3))
    send(services, sent)
    services.drafts.save({"": Draft(attachments=(drafted,))})
    process = new_process()
    unused = process.add(png(tmp_path / "unused.png", kind=9))
    process.close()
    assert not services.attachments.original(unused).exists()
    for kept in (sent, drafted, other):
        assert services.attachments.original(kept).is_file()


def test_what_another_process_has_picked_since_stays_at_the_end(
    services: Services, picture: Path, new_process: Callable[[], AttachmentService]
) -> None:
    window = new_process()
    cat = window.add(picture)
    time.sleep(TICK_S)
    new_process().add(picture)
    window.close()
    assert services.attachments.original(cat).is_file()


def test_what_an_earlier_process_left_goes_at_the_end_of_one_that_took_nothing_in(
    services: Services, picture: Path, new_process: Callable[[], AttachmentService]
) -> None:
    cat = services.attachments.add(picture)
    grow_old(services, cat)
    new_process().close()
    assert not services.attachments.original(cat).exists()


def test_what_is_drawn_of_a_picture_that_goes_meanwhile_goes_too(
    services: Services, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachments = services.attachments
    cat = attachments.add(picture)
    original = attachments.original(cat)
    for name in ("describe", "render"):
        draw = getattr(FakeImages, name)

        def draw_and_lose(*words: Any, draw: Any = draw) -> Any:
            drawn = draw(*words)
            original.unlink()
            return drawn

        monkeypatch.setattr(FakeImages, name, draw_and_lose)
    with pytest.raises(AttachmentDamaged, match="no longer there"):
        attachments.preview(cat)
    original.write_bytes(picture.read_bytes())
    with pytest.raises(AttachmentDamaged, match="no longer there"):
        attachments.prompt_media(cat, FACTS)
    assert [*services.paths.thumbnails.iterdir(), *services.paths.pixels.iterdir()] == []


def test_pixels_that_were_damaged_later_are_rendered_again(
    attachments: AttachmentService, picture: Path, images: FakeImages
) -> None:
    cat = attachments.add(picture)
    media = attachments.prompt_media(cat, FACTS)
    pixels = Path(media.path)
    pixels.write_bytes(b"\x01" + pixels.read_bytes()[1:])
    os.utime(pixels, ns=(1, 1))
    assert attachments.prompt_media(cat, FACTS) == media
    assert len(images.rendered) == 2
    stamp = pixels.stat().st_mtime_ns
    pixels.write_bytes(b"\x01" + pixels.read_bytes()[1:])
    os.utime(pixels, ns=(stamp, stamp))  # damage that only the digest shows
    attachments.recheck()
    assert attachments.prompt_media(cat, FACTS) == media
    assert len(images.rendered) == 3
