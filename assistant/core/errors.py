"""The one root of every error that Famulus shows to a person.

Process: any. Thread rule: immutable after construction, may be raised anywhere.

The sentence and the remedy are templates; their values travel beside them, so that an interface in
another language can translate the template and fill in the same values.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec

ErrorValue = str | int | float


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `FamulusError` as data: what crosses a process border or is stored with a message.

    Attributes:
        kind: Name of the error class, for example ``ModelFileDamaged``.
        message: Template of one plain sentence for the person.
        remedy: Template of what the person can do about it, a line for each way; empty where nothing helps.
        cause: Technical cause, for the log only.
        values: What fills the placeholders of both templates.
    """

    kind: str
    message: str
    remedy: str = ""
    cause: str = ""
    values: dict[str, ErrorValue] = {}

    @property
    def text(self) -> str:
        """The sentence for the person, filled in."""
        return self.message.format(**self.values)

    @property
    def remedy_text(self) -> str:
        """The remedy, filled in; empty where there is none."""
        return self.remedy.format(**self.values)


def note(message: str, **values: ErrorValue) -> ErrorInfo:
    """A sentence that the person should read though nothing is wrong; it travels, and is translated, like an error.

    Args:
        message: Template of one plain sentence.
        values: Values of the placeholders.
    """
    return ErrorInfo(kind="Note", message=message, values=values)


class FamulusError(Exception):
    """Root of all errors that reach a person.

    Args:
        message: Template of one plain sentence; ``{name}`` placeholders are filled from `values`.
        remedy: Template of what the person can do; empty if there is nothing.
        cause: Technical cause, for the log only.
        values: Values of the placeholders.
    """

    _kinds: ClassVar[dict[str, type[FamulusError]]] = {}

    def __init_subclass__(cls) -> None:
        """Register the subclass, so that `from_info` finds it by name."""
        super().__init_subclass__()
        FamulusError._kinds[cls.__name__] = cls

    def __init__(self, message: str, *, remedy: str = "", cause: str = "", **values: ErrorValue) -> None:
        self.info = ErrorInfo(kind=type(self).__name__, message=message, remedy=remedy, cause=cause, values=values)
        super().__init__(self.info.text)

    @classmethod
    def kinds(cls) -> frozenset[str]:
        """Names of this class and of every error class that has been imported."""
        return frozenset({FamulusError.__name__, *cls._kinds})

    @staticmethod
    def from_info(info: ErrorInfo) -> FamulusError:
        """Rebuild the error from its data; an unknown kind becomes a plain `FamulusError`."""
        kind = FamulusError._kinds.get(info.kind, FamulusError)
        error = kind(info.message, remedy=info.remedy, cause=info.cause, **info.values)
        if kind is FamulusError:
            error.info = info
        return error


class ModelNotFound(FamulusError):
    """There is no model file where one was expected."""


class ModelFileDamaged(FamulusError):
    """The file is not a GGUF file, is truncated, or contradicts itself."""


class ModelUnsupported(FamulusError):
    """A sound GGUF file that cannot hold a conversation here."""


class NotEnoughMemory(FamulusError):
    """The request needs more memory than is free now."""


class OfferOutdated(FamulusError):
    """What an error offered is no longer to be had."""


class ModelLoadFailed(FamulusError):
    """llama.cpp refused to load the model."""


class ModelNotLoaded(FamulusError):
    """A generation was asked for before a model was loaded."""


class TemplateFailed(FamulusError):
    """The model's chat template raised, ran too long or grew too large."""


class ContextOverflow(FamulusError):
    """The prompt does not fit into the context."""


class ContextFull(ContextOverflow):
    """The conversation fills the context, and the person decides what to do.

    Its values say what can be done: `can_leave_out` and `can_sum_up` (1 or 0), and `larger_n_ctx` with `more_mib`, 0
    where nothing larger fits into the memory.
    """


class SummaryFailed(FamulusError):
    """The model gave no summary of the oldest turns."""


class AnswerNotOpen(FamulusError):
    """The answer cannot be continued: it is complete, or something follows it."""


class GenerationFailed(FamulusError):
    """llama.cpp reported an error while it read the prompt or generated."""


class AttachmentUnsupported(FamulusError):
    """The file is nothing that can go with a message."""


class AttachmentDamaged(FamulusError):
    """The picture or sound is truncated, contradicts itself, or is gone."""


class AttachmentTimedOut(AttachmentDamaged):
    """Decoding took too long: the picture is damaged, or the computer is busy."""


class AttachmentTooLarge(FamulusError):
    """The picture has too many pixels, or the file too many bytes."""


class MediaNotSupported(FamulusError):
    """The loaded model cannot see, or cannot hear."""


class MediaFailed(FamulusError):
    """The projector could not read a picture or a sound."""


class ProjectorNotFound(FamulusError):
    """There is no projector file where one was expected."""


class ProjectorDamaged(FamulusError):
    """The file is no projector, is truncated, or contradicts itself."""


class ProjectorForeign(FamulusError):
    """A sound projector of another model."""


class AdapterNotFound(FamulusError):
    """There is no adapter file where one was expected."""


class AdapterDamaged(FamulusError):
    """The file is no LoRA adapter, is truncated, or contradicts itself."""


class AdapterForeign(FamulusError):
    """A sound adapter of another model."""


class AdapterUnsupported(FamulusError):
    """An adapter with parts that a GGUF adapter cannot carry."""


class EngineStopped(FamulusError):
    """The engine worker ended in the middle of a request."""


class EngineUnavailable(FamulusError):
    """The engine worker could not be started, or speaks another protocol."""


class RequestCancelled(FamulusError):
    """The person stopped the request."""


class ConversationNotFound(FamulusError):
    """No conversation, or more than one, matches the id."""


class MessageNotFound(FamulusError):
    """The conversation holds no such message, or none that the action fits."""


class SettingInvalid(FamulusError):
    """A setting is unknown, or its value is out of range."""


class DatabaseFailed(FamulusError):
    """The database cannot be opened or written."""


class DataFolderUnusable(FamulusError):
    """The data folder cannot be created, read or written."""


def unwritable(path: Path, error: OSError) -> DataFolderUnusable:
    """The error to raise where a file or folder of the data folder cannot be written.

    Args:
        path: What was to be written.
        error: What the system said; most often the disk is full or a permission is missing.
    """
    return DataFolderUnusable(
        "{path} cannot be written: {reason}.",
        remedy="Check the permissions of its folder and the space on its disk.",
        cause=repr(error),
        path=str(path),
        reason=error.strerror or "unknown reason",
    )


class WindowUnreachable(FamulusError):
    """A window is open on the data folder, and does not listen."""


class InputInvalid(FamulusError):
    """What the person typed, piped or passed on the command line cannot be used."""


class ShortcutTaken(FamulusError):
    """Another program holds the keys of the shortcut."""


class ShortcutUnavailable(FamulusError):
    """The system offers no shortcuts, or refuses this one."""


class AutostartFailed(FamulusError):
    """Starting at login could not be switched on or off."""
