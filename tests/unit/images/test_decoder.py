from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported
from assistant.images import decoder
from assistant.images.decoder import MAX_PIXELS, Picture, decode, scaled_size
from tests.hostile_images import animation, encoded, noise, png, png_chunk

RED, WHITE = (255, 0, 0), (255, 255, 255)
ANY_SIDE = 0


def decoded(tmp_path: Path, data: bytes, max_side: int = ANY_SIDE, max_pixels: int = MAX_PIXELS) -> Picture:
    path = tmp_path / "picture"
    path.write_bytes(data)
    return decode(str(path), max_side, max_pixels)


def two_halves(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (20, 0, 40, 20))
    return image.convert(mode)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "BMP", "JPEG"])
def test_every_format_gives_its_pixels(tmp_path: Path, form: str) -> None:
    options: dict[str, Any] = {"lossless": True} if form == "WEBP" else {}
    picture = decoded(tmp_path, encoded(two_halves(), form, **options))
    assert (picture.mime, picture.width, picture.height) == (f"image/{form.lower()}", 40, 20)
    assert (picture.image.mode, picture.image.size) == ("RGB", (40, 20))
    for x, colour in ((5, RED), (35, (0, 0, 255))):
        pixel = picture.image.getpixel((x, 10))
        assert isinstance(pixel, tuple)
        assert all(abs(one - other) <= 3 for one, other in zip(pixel, colour, strict=True))


def test_the_name_does_not_count(tmp_path: Path) -> None:
    for name in ("picture.jpg", "picture.tiff", "picture.pdf", "picture"):
        (tmp_path / name).write_bytes(encoded(two_halves(), "PNG"))
        assert decode(str(tmp_path / name), 0, 100).mime == "image/png"
    (tmp_path / "picture.png").write_bytes(encoded(two_halves(), "TIFF"))
    with pytest.raises(AttachmentUnsupported):
        decode(str(tmp_path / "picture.png"), 0, 100)


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        *((mode, "PNG") for mode in ("1", "L", "LA", "P", "I;16", "RGBA")),
        *(("CMYK", "JPEG"), ("L", "JPEG"), ("RGBA", "WEBP"), ("P", "BMP"), ("1", "BMP"), ("L", "GIF")),
    ],
)
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str, form: str) -> None:
    image = Image.new("I;16", (30, 20), 65535) if mode == "I;16" else Image.new("RGB", (30, 20), "white").convert(mode)
    for max_side in (ANY_SIDE, 10):
        result = decoded(tmp_path, encoded(image, form), max_side).image
        assert result.mode == "RGB"
        assert result.getpixel((5, 3)) == WHITE


@pytest.mark.parametrize(("value", "shade"), [(0, 0), (255, 0), (16_384, 64), (32_768, 128), (65_535, 255)])
def test_16_bits_of_gray_are_scaled_to_8(tmp_path: Path, value: int, shade: int) -> None:
    result = decoded(tmp_path, encoded(Image.new("I;16", (30, 20), value), "PNG"), ANY_SIDE).image
    assert result.getpixel((5, 3)) == (shade, shade, shade)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([9, 9, 9])
    for max_side in (ANY_SIDE, 4):
        assert decoded(tmp_path, encoded(clear, "PNG"), max_side).image.getpixel((1, 1)) == WHITE
        assert decoded(tmp_path, encoded(half, "PNG"), max_side).image.getpixel((1, 1)) == (255, 127, 127)
        assert decoded(tmp_path, encoded(palette, "GIF", transparency=0), max_side).image.getpixel((1, 1)) == WHITE


def test_scaling_does_not_bleed_hidden_colour_into_the_edge(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (32, 0, 64, 64))
    row = decoded(tmp_path, encoded(image, "PNG"), 16).image.crop((0, 8, 16, 9))
    assert min(row.getchannel("R").tobytes()) >= 250  # black beneath the transparency would darken the border


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_picture_is_upright(tmp_path: Path, orientation: int, form: str) -> None:
    upright = Image.new("RGB", (64, 32), "white")
    upright.paste("red", (0, 0, 16, 16))  # the top left corner
    transforms = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.ROTATE_90, Image.Transpose.FLIP_TOP_BOTTOM),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.ROTATE_270, Image.Transpose.FLIP_TOP_BOTTOM),
        8: (Image.Transpose.ROTATE_270,),
    }
    stored = upright
    for transform in transforms[orientation]:
        stored = stored.transpose(transform)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for max_side in (ANY_SIDE, 32):
        picture = decoded(tmp_path, encoded(stored, form, exif=exif, quality=95), max_side)
        assert (picture.width, picture.height) == (64, 32)
        small = picture.image.resize((8, 4), Image.Resampling.BOX)
        corners = [small.getpixel(place) for place in ((0, 0), (7, 0), (0, 3), (7, 3))]
        green = [corner[1] > 128 for corner in corners if isinstance(corner, tuple)]
        assert green == [False, True, True, True]


def test_damaged_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    for exif in (b"Exif\0\0MM\0*\0\0\xff\xff", b"Exif\0\0" + b"\xff" * 60, b"garbage"):
        picture = decoded(tmp_path, encoded(two_halves(), "JPEG", exif=exif))
        assert (picture.width, picture.height) == (40, 20)
    text = png_chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 40)
    rows = zlib.compress(bytes(310))
    assert decoded(tmp_path, png(10, 10, rows, text)).width == 10


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    for form, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        data = encoded(frames[0], form, save_all=True, append_images=frames[1:], **options)
        assert decoded(tmp_path, data).image.getpixel((8, 8)) == RED
    assert decoded(tmp_path, animation(500)).width == 20


def test_a_jpeg_with_a_second_picture_inside_is_a_jpeg(tmp_path: Path) -> None:
    data = encoded(two_halves(), "MPO", save_all=True, append_images=[noise(40, 20)])
    assert decoded(tmp_path, data).mime == "image/jpeg"


def test_a_photo_is_scaled_from_its_full_detail(tmp_path: Path) -> None:
    original = noise(256, 256).resize((1600, 1200), Image.Resampling.BICUBIC)
    picture = decoded(tmp_path, encoded(original, "JPEG", quality=95), 100)
    assert (picture.width, picture.height, picture.image.size) == (1600, 1200, (100, 75))
    exact = original.resize((100, 75), Image.Resampling.LANCZOS)
    pairs = zip(picture.image.tobytes(), exact.tobytes(), strict=True)
    assert sum(abs(one - other) for one, other in pairs) / (100 * 75 * 3) < 4.0


def test_errors_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(AttachmentTooLarge, match="more than 50 megapixels"):
        decoded(tmp_path, png(50_000, 1001, b""))
    with pytest.raises(AttachmentDamaged, match="is empty"):
        decoded(tmp_path, b"")
    with pytest.raises(AttachmentUnsupported, match="not a file"):
        decode(str(tmp_path), 0, 1)
    with pytest.raises(AttachmentDamaged, match="no longer there") as raised:
        decode(str(tmp_path / "missing"), 0, 1)
    assert "FileNotFoundError" in raised.value.info.cause


def test_the_largest_picture_is_read(tmp_path: Path) -> None:
    picture = decoded(tmp_path, encoded(Image.new("1", (MAX_PIXELS // 1000, 1000)), "PNG"), 100)
    assert (picture.width, picture.height, picture.image.size) == (50_000, 1000, (100, 2))


def test_too_little_memory_is_told_by_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decoder, "_scaled", starve)
    with pytest.raises(MemoryError):
        decoded(tmp_path, encoded(two_halves(), "PNG"))


@given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(0, 3000), st.integers(1, 5_000_000))
def test_any_scaled_size_keeps_to_the_limits(width: int, height: int, max_side: int, max_pixels: int) -> None:
    scaled_width, scaled_height = scaled_size(width, height, max_side, max_pixels)
    assert 1 <= scaled_width <= width
    assert 1 <= scaled_height <= height
    assert scaled_width * scaled_height <= max_pixels
    if max_side:
        assert max(scaled_width, scaled_height) <= max_side


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_what_is_small_enough_keeps_its_size(width: int, height: int) -> None:
    assert scaled_size(width, height, 0, width * height) == (width, height)
    assert scaled_size(width, height, max(width, height), width * height) == (width, height)


def test_pixels_are_the_rows_from_the_top(tmp_path: Path) -> None:
    image = noise(7, 5)
    file = io.BytesIO()
    image.save(file, "BMP")
    assert decoded(tmp_path, file.getvalue()).image.tobytes() == image.tobytes()
