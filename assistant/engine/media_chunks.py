"""One picture or sound as mtmd cuts it up: what stands around it as tokens, and pieces for the tower.

Process: engine worker. Thread: the scheduler's only.

mtmd is asked for a picture alone, never for a text with markers in it: what people write cannot stand for a picture.
The functions are those of mtmd.h.
"""

from __future__ import annotations

import ctypes

import llama_cpp.mtmd_cpp as mtmd

from assistant.core.errors import MediaFailed
from assistant.core.media import MediaKind
from assistant.engine.cells import Cell, MediaCell
from assistant.protocol.prompt_messages import PromptMedia

MediaContent = ctypes.Array[ctypes.c_uint8] | ctypes.Array[ctypes.c_float]
"""Pixels or samples, as `pixels` reads them."""

_KINDS = {mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE: MediaKind.IMAGE, mtmd.MTMD_INPUT_CHUNK_TYPE_AUDIO: MediaKind.SOUND}


class MediaChunks:
    """The chunks of one picture or sound. Close them after use.

    Args:
        context: The projector.
        media: The picture or sound.
        content: Its pixels or samples; without them the chunks are placeholders, which have sizes and positions but
            cannot be encoded.

    Attributes:
        digest: `PromptMedia.digest` of it.
        is_placeholder: Whether there is no content.
        pieces: What the tower can encode, one by one.
        cells: What it is in a sequence: its pieces, and the tokens around them.

    Raises:
        MediaFailed: mtmd can make nothing of it.
    """

    def __init__(self, context: mtmd.mtmd_context_p, media: PromptMedia, content: MediaContent | None = None) -> None:
        self.digest = media.digest
        self.is_placeholder = content is None
        chunks = mtmd.mtmd_input_chunks_init()
        assert chunks is not None
        self._chunks = chunks
        status = _tokenize(context, media, content, chunks)
        self._all = [self._chunk(index) for index in range(mtmd.mtmd_input_chunks_size(chunks))]
        self.pieces = [chunk for chunk in self._all if mtmd.mtmd_input_chunk_get_type(chunk) in _KINDS]
        if status != 0 or not self.pieces:
            self.close()
            raise failed_media(f"mtmd_tokenize_from_parts returned {status}")
        self.cells = self._cells()

    def _chunk(self, index: int) -> mtmd.mtmd_input_chunk_p:
        chunk: mtmd.mtmd_input_chunk_p | None = mtmd.mtmd_input_chunks_get(self._chunks, index)
        assert chunk is not None
        return chunk

    def _cells(self) -> list[Cell]:
        cells: list[Cell] = []
        n_pieces = 0
        for chunk in self._all:
            kind = _KINDS.get(mtmd.mtmd_input_chunk_get_type(chunk))
            if kind is None:
                cells += _token_ids(chunk)
                continue
            cells.append(
                MediaCell(
                    kind=kind,
                    digest=bytes.fromhex(self.digest),
                    index=n_pieces,
                    n_tokens=mtmd.mtmd_input_chunk_get_n_tokens(chunk),
                    n_pos=mtmd.mtmd_input_chunk_get_n_pos(chunk),
                )
            )
            n_pieces += 1
        return cells

    def close(self) -> None:
        """Free the chunks; none of the `pieces` may be used afterwards."""
        mtmd.mtmd_input_chunks_free(self._chunks)


def _tokenize(
    context: mtmd.mtmd_context_p, media: PromptMedia, content: MediaContent | None, chunks: mtmd.mtmd_input_chunks_p
) -> int:
    if media.kind is MediaKind.IMAGE:
        bitmap = mtmd.mtmd_bitmap_init(media.width, media.height, content)
    else:
        bitmap = mtmd.mtmd_bitmap_init_from_audio(media.n_samples, content)
    assert bitmap is not None
    try:
        part = mtmd.mtmd_input_part(None, bitmap)
        parts = (ctypes.POINTER(mtmd.mtmd_input_part) * 1)(ctypes.pointer(part))
        return int(mtmd.mtmd_tokenize_from_parts(context, chunks, parts, 1, False))
    finally:
        mtmd.mtmd_bitmap_free(bitmap)


def _token_ids(chunk: mtmd.mtmd_input_chunk_p) -> list[int]:
    count = ctypes.c_size_t()
    tokens = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
    return tokens[: count.value] if tokens else []


def failed_media(cause: str) -> MediaFailed:
    """The sentence for a picture or sound that the projector fails on."""
    return MediaFailed(
        "The model could not take in the picture or sound.", remedy="Try again, or without it.", cause=cause
    )
