"""What lets a model see or hear: where pictures and sounds go in a prompt, and how they get into the KV memory.

Process: engine worker. Thread: the scheduler's only.

Sizes come from placeholders, so the pixels of a picture are read only when the tower must look at it.
"""

from __future__ import annotations

import dataclasses
import functools
import logging

import llama_cpp.llama_cpp as llama
import llama_cpp.mtmd_cpp as mtmd
import msgspec

from assistant.core.errors import MediaFailed, MediaNotSupported, ProjectorDamaged, ProjectorForeign
from assistant.core.media import MediaKind
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import Cell, MediaCell
from assistant.engine.encoder_cache import Embeddings, EncoderCache
from assistant.engine.media_chunks import MediaChunks, MediaContent, failed_media
from assistant.engine.pixels import read_pixels, read_samples
from assistant.engine.tower import Tower, damaged_projector
from assistant.protocol.prompt_messages import PromptMedia

log = logging.getLogger(__name__)

CONTEXT_SHARE = 4
"""Where the size of pictures varies, one may take up a fourth of the context; long strips a little more."""
MAX_PIXELS = 50_000_000
"""Of a picture. llama.cpp multiplies sides as 32-bit integers."""
MAX_RATIO = 200
"""Longer side to shorter side of a picture, as in Qwen2-VL's own processor. Strips are never scaled to fewer tokens
than they are long, so without a bound one could take up any context."""
MIN_SOUND_S, MAX_SOUND_S = 0.1, 1800.0
"""llama.cpp takes a sound without a single window for a fault of the program, and aborts."""
_PROBED_IMAGES = ((1, 1), (112, 112), (600, 400), (1024, 1024), (4000, 3000), (20_000, 100), (100, 20_000))
_PROBED_SOUND_S = 30


class Projector:
    """A projector loaded for a model. Load it after the weights, and before the context, which must fit its pictures.

    Args:
        path: GGUF file.
        model: Pointer of the loaded model; must outlive this object.
        n_ctx: Context length, tokens.
        n_threads: Processor threads of the tower.
        cancel: Stops the load and the tower while it is set.
        use_gpu: Whether the tower may run on a graphics card.

    Attributes:
        media: What it takes in.
        max_tokens: Most tokens of one piece of a picture or sound.
        is_non_causal: Whether all tokens of a piece look at each other: one ``n_ubatch`` must then hold `max_tokens`.
        sample_rate: What it hears, Hz; 0 if it does not.

    Raises:
        ProjectorDamaged: llama.cpp cannot load the file, or make anything of any picture with it.
        ProjectorForeign: It could, for another model.
        RequestCancelled: `cancel` was set during the load.
    """

    def __init__(
        self,
        path: str,
        model: llama.llama_model_p,
        *,
        n_ctx: int,
        n_threads: int,
        cancel: CancelFlag,
        use_gpu: bool = True,
    ) -> None:
        load = functools.partial(Tower, path, model, n_threads=n_threads, cancel=cancel, use_gpu=use_gpu)
        self._cache = EncoderCache()
        self._in_hand: MediaChunks | None = None
        self._cells_of_size = functools.lru_cache(maxsize=256)(self._ask_cells)
        self._take(load())
        share = n_ctx // CONTEXT_SHARE
        if MediaKind.IMAGE in self.media and self.max_tokens > share:
            # Only now it is known what it takes up unlimited; a limit from the start could raise that.
            self._tower.close()
            try:
                self._take(load(image_max_tokens=share))
            except (ProjectorDamaged, ProjectorForeign) as error:
                log.warning("pictures take more than %d tokens, the projector takes no limit: %s", share, error)
                self._take(load())

    def _take(self, tower: Tower) -> None:
        self._tower = tower
        self.media, self.sample_rate = tower.media, tower.sample_rate
        self.max_tokens, self.is_non_causal = 0, False
        for probe in self._probes():
            try:
                chunks = MediaChunks(tower.context, probe)
            except MediaFailed:
                continue  # some take no very long or very small pictures
            for piece in chunks.pieces:
                self.is_non_causal |= tower.is_non_causal(piece)
            self.max_tokens = max(self.max_tokens, *(c.n_tokens for c in chunks.cells if isinstance(c, MediaCell)))
            chunks.close()
        if self.max_tokens == 0:
            tower.close()
            raise damaged_projector("it makes nothing of any picture or sound")

    def _probes(self) -> list[PromptMedia]:
        probes = []
        if MediaKind.IMAGE in self.media:
            sizes = [{"width": width, "height": height} for width, height in _PROBED_IMAGES]
            probes += [PromptMedia(kind=MediaKind.IMAGE, digest="", path="", **size) for size in sizes]
        if MediaKind.SOUND in self.media:
            n_samples = _PROBED_SOUND_S * self.sample_rate
            probes.append(PromptMedia(kind=MediaKind.SOUND, digest="", path="", n_samples=n_samples))
        return probes

    def layout(self, media: PromptMedia) -> list[Cell]:
        """The cells of a picture or sound, the tokens included that the model was trained to see around it.

        Raises:
            MediaNotSupported: The projector takes in no such media.
            MediaFailed: It is too large or too small, or the projector can make nothing of its shape.
        """
        self._check_size(media)
        digest = bytes.fromhex(media.digest)
        cells = self._cells_of_size(msgspec.structs.replace(media, digest="", path=""))
        return [dataclasses.replace(cell, digest=digest) if isinstance(cell, MediaCell) else cell for cell in cells]

    def _ask_cells(self, size: PromptMedia) -> list[Cell]:
        chunks = MediaChunks(self._tower.context, size)
        try:
            return chunks.cells
        finally:
            chunks.close()

    def _check_size(self, media: PromptMedia) -> None:
        if media.kind not in self.media:
            raise _cannot_see() if media.kind is MediaKind.IMAGE else _cannot_hear()
        if media.kind is MediaKind.IMAGE:
            shorter, longer = sorted((media.width, media.height))
            if shorter < 1 or longer > MAX_RATIO * shorter or shorter * longer > MAX_PIXELS:
                raise MediaFailed(
                    "A picture of {width} x {height} pixels is too large, or too long for its width.",
                    remedy="Cut out the part that matters.",
                    width=media.width,
                    height=media.height,
                )
        elif not MIN_SOUND_S <= media.n_samples / self.sample_rate <= MAX_SOUND_S:
            raise MediaFailed(
                "A sound of {seconds:.1f} seconds is too short or too long.",
                remedy="Cut out the part that matters.",
                seconds=media.n_samples / self.sample_rate,
            )

    def read(
        self,
        cell: MediaCell,
        media: PromptMedia,
        context: llama.llama_context_p,
        *,
        seq_id: int,
        position: int,
        n_batch: int,
    ) -> bool:
        """Read one cell of `layout` into the KV memory; leaves no logits, so a token must follow.

        Args:
            cell: Which piece.
            media: The picture or sound it is a piece of.
            context: llama.cpp's context.
            seq_id: The sequence it belongs to.
            position: Where it goes.
            n_batch: ``n_batch`` of the context.

        Returns:
            Whether the tower had to look; if not, its rows were still there.

        Raises:
            NoRoom: Too few KV cells are free; of several batches the first ones may be there.
            RequestCancelled: The cancel flag was set; a part may be there.
            MediaFailed: The tower or llama.cpp failed; a part may be there.
            AttachmentDamaged: The file is gone, or not what its digest says.
        """
        if self.is_non_causal and cell.n_tokens > n_batch:
            raise failed_media(f"n_batch {n_batch} is less than its {cell.n_tokens} tokens")  # llama.cpp would abort
        try:
            embeddings = self._cache.get(cell)
            must_look = embeddings is None
            if embeddings is None:
                embeddings = self._look_at(cell, media)
            piece = self._piece(cell, media)
            self._tower.decode(piece, embeddings, context, seq_id=seq_id, position=position, n_batch=n_batch)
        except BaseException:
            self._put_down()
            raise
        if self._in_hand is not None and cell.index == len(self._in_hand.pieces) - 1:
            self._put_down()
        return must_look

    def _look_at(self, cell: MediaCell, media: PromptMedia) -> Embeddings:
        embeddings = self._tower.encode(self._piece(cell, media, must_encode=True))
        self._cache.put(cell, embeddings)
        return embeddings

    def _piece(self, cell: MediaCell, media: PromptMedia, *, must_encode: bool = False) -> mtmd.mtmd_input_chunk_p:
        """The piece of a cell; its chunks are kept until the last one is read: cutting up a sound may cost seconds."""
        chunks = self._in_hand
        if chunks is None or chunks.digest != media.digest or (must_encode and chunks.is_placeholder):
            self._put_down()
            content = self._content(media) if must_encode else None
            chunks = self._in_hand = MediaChunks(self._tower.context, media, content)
        if cell not in chunks.cells:
            raise failed_media("it is cut up otherwise than its size says")
        return chunks.pieces[cell.index]

    def _content(self, media: PromptMedia) -> MediaContent:
        return read_pixels(media) if media.kind is MediaKind.IMAGE else read_samples(media, self.sample_rate)

    def _put_down(self) -> None:
        if self._in_hand is not None:
            self._in_hand.close()
            self._in_hand = None

    def close(self) -> None:
        """Free the projector; the object must not be used afterwards."""
        self._put_down()
        self._cache.clear()  # up to 64 MiB, which a cycle of references would keep until some collection
        self._tower.close()


def _cannot_see() -> MediaNotSupported:
    return MediaNotSupported("This model cannot see pictures.", remedy="Choose a model that can, or leave them out.")


def _cannot_hear() -> MediaNotSupported:
    return MediaNotSupported("This model cannot hear sounds.", remedy="Choose a model that can, or leave them out.")
