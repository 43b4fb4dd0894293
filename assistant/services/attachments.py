"""Pictures that go with questions: taken in once, shown small, and made ready for the model.

Process: app. Thread: every method from any thread; those that look into a picture block their caller.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from assistant.clients.image_client import ImageClient
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTooLarge,
    AttachmentUnsupported,
    DataFolderUnusable,
    FamulusError,
)
from assistant.core.media import Attachment, MediaKind
from assistant.core.model_facts import ProjectorFacts
from assistant.protocol.prompt_messages import PromptMedia
from assistant.services.pixel_cache import PixelCache
from assistant.storage.attachment_files import AttachmentFiles
from assistant.storage.conversations import ConversationStore
from assistant.storage.drafts_file import DraftsFile

log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 512
"""Longest side of a thumbnail, pixels: sharp at twice the size at which the window shows it."""
PREVIEW_SIDE = 2048
"""Longest side of a preview, pixels: fills the windows of most screens."""
MAX_PIXELS = 4_000_000
"""What a projector that takes any size gets at most: it bounds the memory of the engine."""
KEPT_UNUSED_S = 3600.0
"""A file that nothing refers to stays so long, seconds: another process may be about to send it."""


class AttachmentService:
    """The attachment store, as the rest of the app uses it.

    Args:
        files: Where originals and what is made of them lie.
        images: Decodes pictures in a process of its own.
        conversations: What refers to attachments.
        drafts: What refers to them too, and was not sent yet.
    """

    def __init__(
        self, files: AttachmentFiles, images: ImageClient, conversations: ConversationStore, drafts: DraftsFile
    ) -> None:
        self._files = files
        self._images = images
        self._conversations = conversations
        self._drafts = drafts
        self._pixels = PixelCache(files, images)
        self._lock = threading.Lock()
        self._started_at = time.time()
        self._picked: Counter[str] = Counter()  # how often each was taken in and not sent
        self._picked_at: dict[str, float] = {}  # also of those that were sent
        self._shown: set[str] = set()

    def add(self, path: Path) -> Attachment:
        """Take in a picture file: copy it, decode it once to see that it is sound, draw its thumbnail.

        Raises:
            AttachmentUnsupported: It is no picture of a known format.
            AttachmentDamaged: It is truncated, contradicts itself, or cannot be read.
            AttachmentTooLarge: It has too many bytes or pixels.
        """
        return self._add(path, path.name)

    def add_bytes(self, data: bytes, name: str) -> Attachment:
        """Take in a picture that is no file yet, for example a pasted one; raises what `add` raises."""
        return self._add(data, name)

    def original(self, attachment: Attachment) -> Path:
        """The file as it was taken in; hostile: only the image worker may decode it."""
        return self._files.original(attachment.sha256)

    def thumbnail(self, attachment: Attachment) -> Path:
        """A small PNG of ours, at most `THUMBNAIL_SIDE` pixels a side; drawn again if it is gone.

        Raises:
            AttachmentDamaged: The original is gone or damaged.
        """
        return self._drawn(attachment, self._files.thumbnail(attachment.sha256), THUMBNAIL_SIDE)

    def redraw_thumbnail(self, attachment: Attachment) -> Path:
        """Remove a thumbnail that cannot be shown, and draw it anew; raises what `thumbnail` raises."""
        return self._redrawn(attachment, self._files.thumbnail(attachment.sha256), THUMBNAIL_SIDE)

    def preview(self, attachment: Attachment) -> Path:
        """A PNG of ours to look at, at most `PREVIEW_SIDE` pixels a side; drawn when it is first wanted.

        Raises:
            AttachmentDamaged: The original is gone or damaged.
        """
        return self._drawn(attachment, self._files.preview(attachment.sha256), PREVIEW_SIDE)

    def redraw_preview(self, attachment: Attachment) -> Path:
        """Remove a preview that cannot be shown, and draw it anew; raises what `preview` raises."""
        return self._redrawn(attachment, self._files.preview(attachment.sha256), PREVIEW_SIDE)

    def prompt_media(
        self, attachment: Attachment, projector: ProjectorFacts, cancelled: threading.Event | None = None
    ) -> PromptMedia:
        """The picture as the engine reads it, no larger than the projector can use.

        Args:
            attachment: The picture.
            projector: What its size is for.
            cancelled: Set when it is not wanted any more; None for never.

        Raises:
            AttachmentDamaged: The original is gone or damaged, and its pixels are not cached.
            AttachmentTimedOut: Decoding took too long.
            RequestCancelled: `cancelled` was set, or the app closes.
            FamulusError: The image worker does not start, or the pixels cannot be written.
        """
        # Twice the side: the projector's own scaling is then about as good as from the original.
        max_side = 2 * projector.image_size
        path, pixels = self._pixels.get(attachment.sha256, max_side, MAX_PIXELS, cancelled)
        return PromptMedia(
            kind=MediaKind.IMAGE, digest=pixels.digest, path=str(path), width=pixels.width, height=pixels.height
        )

    def pixels_in_use(self) -> AbstractContextManager[None]:
        """What `prompt_media` names meanwhile stays on the disk until the end: the engine reads it when it needs it."""
        return self._pixels.in_use()

    def recheck(self) -> None:
        """Trust no cached pixels any more before they are read again: the engine found some of them damaged."""
        self._pixels.recheck()

    def require(self, attachments: Iterable[Attachment]) -> None:
        """Check that all are still there; raises `AttachmentDamaged` if one is not."""
        for attachment in attachments:
            self._files.require(attachment.sha256)

    def release(self, attachments: Iterable[Attachment]) -> None:
        """Protect these no longer, each as often as it comes: a message refers to them now, or nobody wants them."""
        with self._lock:
            # Only what is above zero stays.
            self._picked -= Counter(attachment.sha256 for attachment in attachments)

    def drafted(self, conversation_id: str) -> tuple[Attachment, ...]:
        """What is attached to the question that was typed in a conversation and not sent."""
        draft = self._drafts.load().get(conversation_id)
        return draft.attachments if draft is not None else ()

    def picked_at(self, attachments: Iterable[Attachment]) -> dict[str, float]:
        """When this process took these in, seconds since the epoch: what `remove` wants to know of a draft.

        Returns:
            By SHA-256 the last time; the start of this process for what an earlier one took in.
        """
        with self._lock:
            return {each.sha256: self._picked_at.get(each.sha256, self._started_at) for each in attachments}

    def remove(self, added_until: Mapping[str, float], deleted_id: str | None = None) -> None:
        """Remove files that no message and no draft refers to, and that this process has not picked for a question.

        Where not every draft can be read, nothing is removed: the pictures of drafts have no other copy.

        Args:
            added_until: By SHA-256 the time, seconds since the epoch, after which a file stays if it was added again
                since: another process may be about to send it.
            deleted_id: A conversation whose draft does not count; None for none.
        """
        try:
            drafted = self._in_drafts(deleted_id)
        except DataFolderUnusable as error:
            log.warning("unused attachments were left, as a draft may refer to them: %s", error.info.cause)
            return
        unreferenced = set(self._conversations.unreferenced_attachments(added_until)) - drafted
        with self._lock:
            unused = {
                sha256
                for sha256 in unreferenced
                if sha256 not in self._picked and self._files.added_at(sha256) <= added_until[sha256]
            }
            self._files.remove(unused)
            self._shown -= unused

    def sweep(self) -> None:
        """Remove old files that nothing refers to and this process has neither picked nor shown, and what was drawn.

        They were picked and never sent.
        """
        with self._lock:
            in_use = self._shown | set(self._picked)
        unused = set(self._files.stored(KEPT_UNUSED_S)) - in_use
        self.remove(dict.fromkeys(unused, time.time() - KEPT_UNUSED_S))
        self._files.remove_orphans()
        self._pixels.prune()

    def stop(self) -> None:
        """End the image worker, if one runs: a picture in hand and all that follow raise `RequestCancelled`."""
        self._images.close()

    def close(self) -> None:
        """Stop, remove what this process picked and did not send, and sweep."""
        self.stop()
        with self._lock:
            picked = {sha256: self._picked_at[sha256] for sha256 in self._picked}
            self._picked.clear()
            self._shown.clear()
        try:
            self.remove(picked)
            self.sweep()
        except FamulusError as error:
            log.warning("unused attachments were left: %s (%s)", error, error.info.cause)

    def _add(self, source: Path | bytes, name: str) -> Attachment:
        sha256, n_bytes = self._files.add(source)
        with self._lock:
            self._picked[sha256] += 1
            self._picked_at[sha256] = self._files.added_at(sha256)
        thumbnail = self._files.thumbnail(sha256)
        try:
            described = self._images.describe(self._files.original(sha256), thumbnail, THUMBNAIL_SIDE)
        except (AttachmentUnsupported, AttachmentDamaged, AttachmentTooLarge):
            self._give_up(sha256)
            raise
        return Attachment(
            sha256=sha256,
            name=" ".join(name.encode("utf-8", "replace").decode().split()),
            kind=MediaKind.IMAGE,
            mime=described.mime,
            n_bytes=n_bytes,
            width=described.width,
            height=described.height,
        )

    def _drawn(self, attachment: Attachment, path: Path, side: int) -> Path:
        with self._lock:
            self._shown.add(attachment.sha256)  # what is shown may be about to be sent
        if not _has_content(path):
            self._draw(attachment, path, side)
        return path

    def _redrawn(self, attachment: Attachment, path: Path, side: int) -> Path:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        self._draw(attachment, path, side)
        return path

    def _draw(self, attachment: Attachment, path: Path, side: int) -> None:
        self._images.describe(self.original(attachment), path, side)
        self._files.settle(attachment.sha256)

    def _give_up(self, sha256: str) -> None:
        """Remove what was just added and cannot be used, unless it is used elsewhere."""
        with self._lock:
            self._picked -= Counter([sha256])
            added_until = {sha256: self._picked_at[sha256]}
        self.remove(added_until)

    def _in_drafts(self, deleted_id: str | None) -> set[str]:
        return {
            each.sha256
            for conversation_id, draft in self._drafts.load_all().items()
            if conversation_id != deleted_id
            for each in draft.attachments
        }


def _has_content(path: Path) -> bool:
    """Whether the file is there; an empty one is what a power cut may leave, and counts as missing."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
