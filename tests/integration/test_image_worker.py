"""The real image worker against pictures that mean harm."""

from __future__ import annotations

import hashlib
import os
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from assistant.clients import image_client
from assistant.clients.image_client import TIME_LIMIT_S, ImageClient
from assistant.core.context_check import ContextCheck, MethodRun, NeedleScore, Series
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTooLarge,
    AttachmentUnsupported,
    DataFolderUnusable,
    FamulusError,
)
from assistant.core.rope import RopeMethod
from assistant.protocol.image_messages import PixelsRendered
from tests.hostile_images import encoded, hostile_images, jpeg_of_size, many_scans, noise

THUMBNAIL_SIDE = 64
MIB = 1024 * 1024
MAX_PEAK_MIB = 1024
"""The worker's limit: nothing may bring it beyond."""
MAX_PEAK_OF_BAD_MIB = 300
N_MUTANTS = 60
HOSTILE = hostile_images()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("images")
    (home / "logs").mkdir()
    return home


@pytest.fixture(scope="module")
def images(home: Path) -> Iterator[ImageClient]:
    """The tests of this module share a client, so a picture that did harm would spoil the next."""
    client = ImageClient(home, home / "logs")
    yield client
    client.close()


def peak_mib(client: ImageClient) -> float:
    """Most memory that the worker has had, MiB; 0 if none runs."""
    if client.process_id is None:
        return 0.0
    lines = Path(f"/proc/{client.process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def works(client: ImageClient, folder: Path) -> bool:
    """Whether a sound picture is read right."""
    (folder / "sound").write_bytes(encoded(noise(8, 6), "PNG"))
    rendered = client.render(folder / "sound", folder / "sound.rgb", 0, 100)
    rows = noise(8, 6).tobytes()
    digest = hashlib.sha256(b"rgb24" + struct.pack("<II", 8, 6) + rows).hexdigest()
    expected = PixelsRendered(width=8, height=6, digest=digest)
    return rendered == expected and (folder / "sound.rgb").read_bytes() == rows


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 50


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_costs_itself_only(name: str, images: ImageClient, tmp_path: Path) -> None:
    content, kinds = HOSTILE[name]
    (tmp_path / "picture.png").write_bytes(content)
    start = time.monotonic()
    with pytest.raises(FamulusError) as raised:
        images.describe(tmp_path / "picture.png", tmp_path / "thumbnail.png", THUMBNAIL_SIDE)
    assert raised.value.info.kind in kinds.split()
    assert raised.value.info.text
    assert raised.value.info.remedy_text
    assert time.monotonic() - start < TIME_LIMIT_S
    assert peak_mib(images) < MAX_PEAK_OF_BAD_MIB
    assert works(images, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.png", "sound", "sound.rgb"]


def mutant(data: bytes, rng: random.Random) -> bytes:
    """`data` with a few bytes changed, most of them near its beginning, or with its end cut off."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(rng.choice((64, len(data))))] = rng.randrange(256)
    return bytes(changed[: rng.choice((len(data), len(data), rng.randrange(1, len(data))))])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_damaged_copies_are_read_or_refused(form: str, images: ImageClient, tmp_path: Path) -> None:
    rng = random.Random(2026)
    original = encoded(noise(), form)
    assert works(images, tmp_path)
    worker = images.process_id
    refused = 0
    for _ in range(N_MUTANTS):
        (tmp_path / "mutant").write_bytes(mutant(original, rng))
        try:
            images.describe(tmp_path / "mutant", tmp_path / "t.png", THUMBNAIL_SIDE)
        except (AttachmentUnsupported, AttachmentDamaged, AttachmentTooLarge):
            refused += 1
    assert refused > N_MUTANTS / 4  # all, for PNG: it has checksums
    assert images.process_id == worker
    assert peak_mib(images) < MAX_PEAK_OF_BAD_MIB
    assert works(images, tmp_path)


def test_what_is_no_file_or_cannot_be_read_is_a_named_error(images: ImageClient, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(AttachmentUnsupported):
            images.describe(path, tmp_path / "t.png", THUMBNAIL_SIDE)
    for path in (tmp_path / "loop", tmp_path / "gone", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(AttachmentDamaged):
            images.describe(path, tmp_path / "t.png", THUMBNAIL_SIDE)
    assert works(images, tmp_path)


def test_a_picture_of_the_largest_size_stays_within_the_memory(home: Path, tmp_path: Path) -> None:
    client = ImageClient(home, home / "logs")
    # WebP's decoder takes the most memory, four times that of the others.
    (tmp_path / "large").write_bytes(encoded(Image.new("RGB", (8000, 6250), "red"), "WEBP", method=0))
    described = client.describe(tmp_path / "large", tmp_path / "t.png", THUMBNAIL_SIDE)
    assert (described.width, described.height) == (8000, 6250)
    rendered = client.render(tmp_path / "large", tmp_path / "p.rgb", 0, 4_000_000)
    assert rendered.width * rendered.height * 3 == (tmp_path / "p.rgb").stat().st_size <= 12_000_000
    assert 0 < peak_mib(client) < MAX_PEAK_MIB
    client.close()


def test_a_jpeg_that_announces_more_than_it_has_is_gray_where_nothing_is(images: ImageClient, tmp_path: Path) -> None:
    (tmp_path / "liar.jpg").write_bytes(jpeg_of_size(6000, 6000))
    assert images.describe(tmp_path / "liar.jpg", tmp_path / "t.png", THUMBNAIL_SIDE).width == 6000
    assert peak_mib(images) < MAX_PEAK_OF_BAD_MIB


def test_too_much_work_ends_the_worker_and_not_the_next_picture(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ImageClient(home, home / "logs")
    assert works(client, tmp_path)
    worker = client.process_id
    (tmp_path / "scans").write_bytes(many_scans(3000))
    with monkeypatch.context() as patched:
        patched.setattr(image_client, "TIME_LIMIT_S", 1.0)
        with pytest.raises(AttachmentDamaged, match="took longer than 1 seconds"):
            client.describe(tmp_path / "scans", tmp_path / "t.png", THUMBNAIL_SIDE)
    assert works(client, tmp_path)
    assert client.process_id != worker
    assert not psutil.pid_exists(worker or 0)
    client.close()


def test_a_killed_worker_costs_no_picture(images: ImageClient, tmp_path: Path) -> None:
    assert works(images, tmp_path)
    worker = psutil.Process(images.process_id)
    worker.kill()
    worker.wait(10)
    deadline = time.monotonic() + 10
    while images.process_id == worker.pid and time.monotonic() < deadline:
        try:
            assert works(images, tmp_path)
        except AttachmentDamaged:  # the client had not heard of the end yet
            time.sleep(0.05)
    assert images.process_id != worker.pid
    assert works(images, tmp_path)


def test_the_thumbnail_and_the_pixels_are_what_was_asked_for(images: ImageClient, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "photo.jpg").write_bytes(encoded(noise(300, 200), "JPEG", exif=exif))
    described = images.describe(tmp_path / "photo.jpg", tmp_path / "t.png", THUMBNAIL_SIDE)
    assert (described.mime, described.width, described.height) == ("image/jpeg", 200, 300)
    with Image.open(tmp_path / "t.png") as thumbnail:
        assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("PNG", "RGB", (43, 64))
    rendered = images.render(tmp_path / "photo.jpg", tmp_path / "p.rgb", 100, 10**6)
    assert (rendered.width, rendered.height) == (67, 100)
    assert (tmp_path / "p.rgb").stat().st_size == 3 * 67 * 100
    assert (tmp_path / "p.rgb").stat().st_mode & 0o777 == 0o600
    again = images.render(tmp_path / "photo.jpg", tmp_path / "p.rgb", 100, 10**6)
    assert again == rendered


def test_a_place_that_cannot_be_written_is_a_sentence(images: ImageClient, tmp_path: Path) -> None:
    (tmp_path / "sound.png").write_bytes(encoded(noise(), "PNG"))
    for target in (tmp_path / "gone" / "t.png", Path("/proc/t.png")):
        with pytest.raises(DataFolderUnusable, match=r"t\.png.* cannot be written"):
            images.describe(tmp_path / "sound.png", target, THUMBNAIL_SIDE)
    assert works(images, tmp_path)


def test_the_worker_has_its_limits(images: ImageClient, tmp_path: Path) -> None:
    assert works(images, tmp_path)
    limits = Path(f"/proc/{images.process_id}/limits").read_text()
    found = {line[:26].strip(): line[26:].split() for line in limits.splitlines()[1:]}
    assert found["Max address space"][:2] == [str(1024 * MIB)] * 2
    assert found["Max file size"][:2] == ["150000000"] * 2
    assert found["Max core file size"][:2] == ["0"] * 2
    assert found["Max open files"][0] == "32"
    assert 0 < int(found["Max cpu time"][0]) < 60


def test_closing_the_pipe_ends_the_worker(home: Path, tmp_path: Path) -> None:
    client = ImageClient(home, home / "logs")
    assert works(client, tmp_path)
    worker = psutil.Process(client.process_id)
    client.close()
    worker.wait(10)
    assert client.process_id is None


def test_charts_are_drawn_under_the_same_limits(images: ImageClient, tmp_path: Path) -> None:
    series = Series(n_ctx=1024)
    runs = [
        MethodRun(
            method=method,
            series=series,
            n_read=1000,
            losses=(3.0,) * 32,
            bucket=32,
            stride=4,
            needles=(NeedleScore(length=1000, position=100, recall=0.5),),
            seconds=1.0,
        )
        for method in RopeMethod
    ]
    check = ContextCheck(model="模型", n_ctx_train=512, runs=tuple(runs))
    drawn = images.draw_check(check, series, tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as chart:
        assert (chart.width, chart.height) == (drawn.width, drawn.height) == (1200, 800)
    assert peak_mib(images) < MAX_PEAK_OF_BAD_MIB
    with pytest.raises(DataFolderUnusable):
        images.draw_check(check, series, tmp_path / "none" / "chart.png")
