"""What a model takes in besides text, and what to say where it does not.

Process: app. Thread rule: pure, but `prompt_media` decodes pictures that are not cached.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence

from assistant.core.conversation import Message
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTimedOut,
    AttachmentTooLarge,
    AttachmentUnsupported,
    FamulusError,
    MediaNotSupported,
    RequestCancelled,
)
from assistant.core.media import MediaKind
from assistant.protocol.engine_messages import ModelLoaded
from assistant.protocol.prompt_messages import PromptMedia
from assistant.services.attachments import AttachmentService
from assistant.services.chosen_model import ChosenModel

log = logging.getLogger(__name__)

_CANNOT = {
    MediaKind.IMAGE: "The model {model} cannot look at pictures.",
    MediaKind.SOUND: "The model {model} cannot listen to sounds.",
}
_NEEDS_PROJECTOR = (
    "It needs its projector: a GGUF file with “mmproj” in its name, made for this very model. Put it into the model's "
    "folder, or name it with --mmproj FILE. Or choose a model that comes with one."
)
_OTHER_PROJECTOR = "Its projector {projector} is not made for that. Choose another model."


def check_media(chosen: ChosenModel, kinds: Iterable[MediaKind], loaded: ModelLoaded | None = None) -> None:
    """Check that the model takes in these kinds of media.

    Args:
        chosen: The model.
        kinds: What it is to take in.
        loaded: What the engine says of it; None before it is loaded: then the headers count.

    Raises:
        MediaNotSupported: It does not, with what is missing.
        FamulusError: The projector that is named for it cannot be used.
    """
    media = chosen.media if loaded is None else loaded.media
    missing = next((kind for kind in kinds if kind not in media), None)
    if missing is None:
        return
    if chosen.projector_error is not None:
        raise FamulusError.from_info(chosen.projector_error)
    if loaded is not None and loaded.media_note:
        raise MediaNotSupported(_CANNOT[missing], remedy="{reason}", model=chosen.name, reason=loaded.media_note)
    if chosen.projector is None:
        raise MediaNotSupported(_CANNOT[missing], remedy=_NEEDS_PROJECTOR, model=chosen.name)
    raise MediaNotSupported(
        _CANNOT[missing], remedy=_OTHER_PROJECTOR, model=chosen.name, projector=chosen.projector.name
    )


def prompt_media(
    branch: Sequence[Message],
    chosen: ChosenModel,
    loaded: ModelLoaded | None,
    attachments: AttachmentService,
    cancelled: threading.Event,
) -> dict[str, PromptMedia]:
    """What the model takes in of the attachments of a branch.

    Args:
        branch: Messages from the root to the question that is asked.
        chosen: The model.
        loaded: What the engine says of it.
        attachments: The attachment store.
        cancelled: Set when it is not wanted any more.

    Returns:
        By `Attachment.sha256`. Older ones that the model cannot take in, or that are gone or damaged, are left out.

    Raises:
        MediaNotSupported: The question has something that the model cannot take in.
        RequestCancelled: `cancelled` was set, or the app closes.
        FamulusError: Something of the question is gone or damaged, or its projector cannot be used; or an older one
            could not be read for another reason than itself: an answer without it would look like one with it.
    """
    asked = {each.sha256: each for each in branch[-1].attachments}
    check_media(chosen, (each.kind for each in asked.values()), loaded)
    projector = chosen.projector_facts
    if projector is None or loaded is None:
        return {}
    media = {}
    for attachment in (each for message in branch for each in message.attachments):
        if attachment.sha256 in media or attachment.kind not in loaded.media:
            continue
        if cancelled.is_set():
            raise RequestCancelled("The request was stopped.")
        try:
            media[attachment.sha256] = attachments.prompt_media(attachment, projector, cancelled)
        except (AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported) as error:
            if attachment.sha256 in asked or isinstance(error, AttachmentTimedOut):
                raise
            log.warning("the older attachment %s is left out: %s", attachment.sha256, error)
    return media
