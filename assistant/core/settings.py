"""Settings, declared as data: type, default, range, unit and words in one place.

Process: any. Thread rule: immutable.

The terminal's `famulus settings` and the window's dialog are both made from these structs through `describe`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

DEFAULT_SYSTEM_PROMPT = "You are a helpful AI assistant named Famulus."
"""Near to what small models were trained with: "You are Famulus, …" made the starter model answer in bad French."""


def _unit(unit: str) -> dict[str, Any]:
    return {"unit": unit}


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model is loaded, and how."""

    path: Annotated[str, Meta(title="Model file", description="GGUF file to load; empty for the starter model.")] = ""
    mmproj: Annotated[
        str,
        Meta(
            title="Projector file",
            description="GGUF file with which the model sees or hears; empty for the one beside the model.",
        ),
    ] = ""
    n_ctx: Annotated[
        int,
        Meta(
            ge=-1,
            le=16_777_216,
            title="Context length",
            description="Tokens the model can see at once; 0 chooses for this model and memory, -1 is the longest.",
            extra_json_schema=_unit("tokens"),
        ),
    ] = 0
    rope: Annotated[
        Literal["auto", "none", "linear", "ntk", "yarn", "mixed"],
        Meta(
            title="Stretching",
            description="How the model reads more than it was trained with; auto takes what works best.",
        ),
    ] = "auto"
    kv_type: Annotated[
        Literal["f16", "q8_0", "q4_0"],
        Meta(
            title="Precision of the memory",
            description="f16 is exact; q8_0 takes half the memory and q4_0 a quarter, and both are slower.",
        ),
    ] = "f16"
    n_gpu_layers: Annotated[
        int,
        Meta(
            ge=-1,
            le=10_000,
            title="Layers on the graphics card",
            description="Layers to place on the graphics card; -1 for all.",
            extra_json_schema=_unit("layers"),
        ),
    ] = -1
    n_threads: Annotated[
        int,
        Meta(
            ge=0,
            le=1024,
            title="Threads",
            description="Processor threads for the model; 0 for one a physical core.",
            extra_json_schema=_unit("threads"),
        ),
    ] = 0


class SamplingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the next token is chosen. Names and meanings are llama.cpp's and OpenAI's."""

    temperature: Annotated[
        float,
        Meta(
            ge=-1.0,
            le=5.0,
            title="Temperature",
            description="0 always takes the likeliest token; higher is more varied; -1 is what suits the model.",
        ),
    ] = -1.0
    top_k: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            title="Top k",
            description="Keep only the k likeliest tokens; 0 keeps all.",
            extra_json_schema=_unit("tokens"),
        ),
    ] = 40
    top_p: Annotated[
        float,
        Meta(ge=0.0, le=1.0, title="Top p", description="Keep the likeliest tokens up to this total probability."),
    ] = 0.95
    min_p: Annotated[
        float,
        Meta(
            ge=0.0,
            le=1.0,
            title="Min p",
            description="Drop tokens less likely than this share of the likeliest one.",
        ),
    ] = 0.05
    repeat_penalty: Annotated[
        float,
        Meta(
            ge=0.1,
            le=10.0,
            title="Repeat penalty",
            description="Above 1 makes tokens of the last 64 less likely again; 1 is off.",
        ),
    ] = 1.0
    seed: Annotated[
        int,
        Meta(
            ge=-1,
            le=4_294_967_294,
            title="Seed",
            description=(
                "The same seed gives the same text where as much of the chat is in memory; -1 takes another each time."
            ),
        ),
    ] = -1
    max_tokens: Annotated[
        int,
        Meta(
            ge=0,
            le=16_777_216,
            title="Longest answer",
            description="Tokens after which an answer stops; 0 lets it run to the end of the context.",
            extra_json_schema=_unit("tokens"),
        ),
    ] = 0


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a conversation begins, and goes on."""

    system_prompt: Annotated[
        str,
        Meta(
            max_length=100_000,
            title="System prompt",
            description="Instruction that new conversations start with; empty for none.",
        ),
    ] = DEFAULT_SYSTEM_PROMPT
    overflow: Annotated[
        Literal["stop", "drop", "summarise", "extend"],
        Meta(
            title="When a chat no longer fits",
            description=(
                "Ask what to do, leave out the oldest turns, sum them up with the model, or raise the context length. "
                "Each chat can have its own choice."
            ),
        ),
    ] = "stop"


class SnapshotSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model has read of a conversation, kept on disk."""

    enabled: Annotated[
        bool,
        Meta(
            title="Continue long chats at once",
            description="Keep on disk what the model has read of a chat, so that it is not read again.",
        ),
    ] = True
    max_mib: Annotated[
        int,
        Meta(
            ge=0,
            le=1_048_576,
            title="Disk space for this",
            description="The chats that were not used for the longest time give way.",
            extra_json_schema=_unit("MiB"),
        ),
    ] = 4096


class AppearanceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the window looks."""

    theme: Annotated[
        Literal["system", "light", "dark"],
        Meta(title="Theme", description="Colours of the window; system follows the computer's."),
    ] = "system"
    language: Annotated[
        Literal["system", "en", "zh_CN"],
        Meta(title="Language", description="Language of the window; system follows the computer's."),
    ] = "system"
    text_scale: Annotated[
        float, Meta(ge=0.8, le=1.6, title="Text size", description="Size of all text; 1 is the designed size.")
    ] = 1.0
    reduce_motion: Annotated[
        bool, Meta(title="Reduce motion", description="Show changes at once instead of moving things.")
    ] = False


class QuickChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The small panel that a shortcut calls from any program."""

    enabled: Annotated[
        bool, Meta(title="Quick chat shortcut", description="Listen to the shortcut in every program.")
    ] = False
    shortcut: Annotated[
        str, Meta(max_length=100, title="Shortcut", description="Keys that open quick chat from any program.")
    ] = "Ctrl+Alt+Space"


class WindowSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the window does."""

    close_to_tray: Annotated[
        bool,
        Meta(
            title="Keep running when the window closes",
            description="Closing the window leaves Famulus in the tray, ready for the shortcut.",
        ),
    ] = False


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings; one attribute a section of ``settings.toml``."""

    model: ModelSettings = ModelSettings()
    sampling: SamplingSettings = SamplingSettings()
    chat: ChatSettings = ChatSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    appearance: AppearanceSettings = AppearanceSettings()
    quick_chat: QuickChatSettings = QuickChatSettings()
    window: WindowSettings = WindowSettings()


class SettingDescription(NamedTuple):
    """What a person needs to know of one setting.

    Attributes:
        key: ``section.name``, for example ``sampling.temperature``.
        type: ``int``, ``float``, ``bool`` or ``str``.
        default: Its default value.
        title: Short name.
        description: One sentence.
        unit: Unit of the value; empty for none.
        minimum: Smallest value; None for none.
        maximum: Largest value; None for none.
        max_length: Most characters of a text; None for any number.
        choices: The texts that are allowed, the default first; empty for any.
    """

    key: str
    type: type
    default: Any
    title: str
    description: str
    unit: str
    minimum: float | None
    maximum: float | None
    max_length: int | None = None
    choices: tuple[str, ...] = ()


def describe() -> list[SettingDescription]:
    """All settings in the order of their declaration."""
    return [
        _describe_field(section.name, field)
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
    ]


def _describe_field(section: str, field: msgspec.structs.FieldInfo) -> SettingDescription:
    annotated = msgspec.inspect.type_info(field.type)
    meta: dict[str, Any] = {}
    bare = annotated
    if isinstance(annotated, msgspec.inspect.Metadata):
        meta = annotated.extra_json_schema or {}
        bare = annotated.type
    types: dict[type[msgspec.inspect.Type], type] = {
        msgspec.inspect.IntType: int,
        msgspec.inspect.FloatType: float,
        msgspec.inspect.BoolType: bool,
        msgspec.inspect.StrType: str,
        msgspec.inspect.LiteralType: str,
    }
    return SettingDescription(
        key=f"{section}.{field.name}",
        type=types[type(bare)],
        default=field.default,
        title=meta.get("title", field.name),
        description=meta.get("description", ""),
        unit=meta.get("unit", ""),
        minimum=getattr(bare, "ge", None),
        maximum=getattr(bare, "le", None),
        max_length=getattr(bare, "max_length", None),
        choices=tuple(sorted(getattr(bare, "values", ()), key=lambda value: value != field.default)),
    )
