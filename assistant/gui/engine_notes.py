"""What the engine has to say of a load, as errors that can be translated.

Process: app with a window. Thread rule: pure.

The engine tells why it does not use a projector or a chat template in filled-in English sentences. Each is here as a
template with what helps in the window; a test holds them equal to the engine's.
"""

from __future__ import annotations

import re

import msgspec

from assistant.core.errors import (
    ErrorInfo,
    MediaNotSupported,
    ProjectorDamaged,
    ProjectorForeign,
    TemplateFailed,
)

_NUMBER = re.compile(r"\d+")
_NOTES = {
    error.info.message: error.info
    for error in (
        TemplateFailed("The model brings no chat template; ChatML is used."),
        TemplateFailed("The model's chat template is too large; ChatML is used."),
        TemplateFailed("The model's chat template does not work; ChatML is used."),
        TemplateFailed("The model's chat template leaves the messages out; ChatML is used."),
        ProjectorForeign(
            "This projector was made for another model.",
            remedy="Choose the one that its makers publish beside the model.",
        ),
        ProjectorDamaged(
            "The projector is damaged, or of a kind that this version does not know.",
            remedy="Download it again, or choose another one.",
        ),
    )
}
_TOO_LONG = MediaNotSupported(
    "A picture or sound does not fit into a context of {n_ctx} tokens.", remedy="Set a larger context length.", n_ctx=0
).info


def engine_note(sentence: str) -> ErrorInfo:
    """The sentence as an error; one that is not known keeps its words."""
    known = _NOTES.get(sentence)
    if known is not None:
        return known
    number = _NUMBER.search(sentence)
    if number is not None and sentence == _TOO_LONG.message.format(n_ctx=number[0]):
        return msgspec.structs.replace(_TOO_LONG, values={"n_ctx": number[0]})
    return ErrorInfo(kind="", message="{sentence}", values={"sentence": sentence})
