"""What a projector (mmproj) is, read from its header before llama.cpp sees the file.

Process: app. Thread rule: every call opens the file for itself.

A projector is the part of a model that sees or hears, a GGUF file of its own. As with models, what llama.cpp would
assert is refused here with a sentence; what it refuses itself is left to it. Keys, tensors and rules are those of
clip-impl.h, clip.cpp and models/ in llama.cpp's tools/mtmd.
"""

from __future__ import annotations

from pathlib import Path

from assistant.core.errors import (
    ModelFileDamaged,
    ModelNotFound,
    ModelUnsupported,
    ProjectorDamaged,
    ProjectorForeign,
    ProjectorNotFound,
)
from assistant.core.media import MediaKind
from assistant.core.model_facts import ModelFacts, ProjectorFacts
from assistant.hub.gguf_file import GgufFile, named_errors, read_gguf
from assistant.hub.gguf_header import MAX_SHOWN_CHARACTERS, printable
from assistant.hub.gguf_metadata import Metadata
from assistant.hub.gguf_reader import HeaderInvalid
from assistant.hub.projector_shape import check_key_types, check_sound, check_vision
from assistant.hub.projector_tensors import output_width

_ENCODER_FLAGS = {MediaKind.IMAGE: "clip.has_vision_encoder", MediaKind.SOUND: "clip.has_audio_encoder"}
_TYPE_KEYS = {MediaKind.IMAGE: "clip.vision.projector_type", MediaKind.SOUND: "clip.audio.projector_type"}


def read_projector(path: Path) -> ProjectorFacts:
    """Read the header of the projector at `path` and check what llama.cpp takes for granted.

    Raises:
        ProjectorNotFound: The file does not exist or cannot be read.
        ProjectorDamaged: It is no projector, is incomplete, or contradicts itself.
    """
    try:
        file = read_gguf(path)
        with named_errors(path):
            return _facts(file)
    except ModelNotFound as error:
        raise ProjectorNotFound(
            "There is no projector {path}, or it cannot be read.",
            remedy="Choose another projector file, or none.",
            cause=error.info.cause or error.info.text,
            path=str(path),
        ) from error
    except (ModelFileDamaged, ModelUnsupported) as error:
        raise ProjectorDamaged(
            "The projector {file} cannot be used: it is damaged, or no projector.",
            remedy="Download it again, or choose another one.",
            cause=error.info.cause or error.info.text,
            file=path.name,
        ) from error


def check_projector(projector: ProjectorFacts, model: ModelFacts) -> None:
    """Check that a projector can belong to a model: what it hands over is as wide as the model's embeddings.

    Raises:
        ProjectorForeign: It cannot. Where the header does not say how wide it is, llama.cpp finds out.
    """
    if projector.n_embd in (0, model.n_embd):
        return
    raise ProjectorForeign(
        "The projector {projector} was made for another model than {model}.",
        remedy="Choose the projector (mmproj) that came with this model, or none.",
        cause=f"the projector is {projector.n_embd} wide, the model {model.n_embd}",
        projector=projector.name,
        model=model.name,
    )


def _facts(file: GgufFile) -> ProjectorFacts:
    metadata = file.metadata
    _check_kind(metadata)
    check_key_types(metadata)
    media = frozenset(kind for kind, key in _ENCODER_FLAGS.items() if metadata.flag(key, False))
    if not media:
        raise HeaderInvalid("it neither sees nor hears")
    tensors = {tensor.name: tensor for tensor in file.tensors}
    types = {kind: metadata.text("clip.projector_type") or metadata.text(_TYPE_KEYS[kind]) for kind in media}
    if not all(types.values()):
        raise HeaderInvalid("clip.projector_type is missing")
    image_size = 0
    if MediaKind.IMAGE in media:
        image_size = check_vision(metadata, tensors, types[MediaKind.IMAGE])
    if MediaKind.SOUND in media:
        check_sound(metadata, types[MediaKind.SOUND])
    projector_type = types.get(MediaKind.IMAGE) or types[MediaKind.SOUND]
    return ProjectorFacts(
        name=printable(metadata.text("general.name"), MAX_SHOWN_CHARACTERS) or file.path.stem,
        projector_type=projector_type,
        media=media,
        n_embd=output_width(tensors, projector_type),
        image_size=image_size,
        tensor_bytes=sum(tensor.n_bytes for tensor in file.tensors),
    )


def _check_kind(metadata: Metadata) -> None:
    kind, architecture = metadata.text("general.type"), metadata.text("general.architecture")
    if kind != "mmproj" and architecture != "clip":
        raise HeaderInvalid(f"general.type is {kind[:40]!r} and general.architecture {architecture[:40]!r}")
