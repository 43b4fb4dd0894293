"""Messages between the app and the engine worker.

Process: both sides. Thread rule: immutable.

The worker speaks first with `Hello`; a client that knows another `PROTOCOL_VERSION` ends it. Every request is
answered by exactly one closing reply with its `request_id`; progress replies may come before it.
"""

from __future__ import annotations

import msgspec

from assistant.core.adapter import AdapterUse
from assistant.core.context_check import NeedleScore
from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import ErrorInfo
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import N_BATCH, KvType
from assistant.core.rope import RopeScaling
from assistant.core.sampling import SamplingParameters
from assistant.protocol.prompt_messages import PromptMessage

PROTOCOL_VERSION = 4


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of all messages: the class name travels as its tag."""


class _Request(_Message, frozen=True, kw_only=True):
    """Base of all requests.

    Attributes:
        request_id: Chosen by the client, unique in the worker's life.
    """

    request_id: str


class SnapshotOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where the worker keeps what a model has read of conversations.

    Attributes:
        folder: Folder of the snapshots.
        key_path: File of the secret for their MAC, 32 bytes.
        max_bytes: Space they may take.
    """

    folder: str
    key_path: str
    max_bytes: int


class LoadModel(_Request, frozen=True, kw_only=True):
    """Load a model, in place of the one that is loaded. Closed by `ModelLoaded` or `Failed`.

    Attributes:
        path: GGUF file, checked before.
        n_ctx: Context length, tokens.
        n_batch: Tokens of one prompt step: how often progress is told.
        n_gpu_layers: Layers on the graphics card; -1 for all.
        n_threads: Processor threads.
        mmproj: GGUF file of the projector, checked before; empty for none.
        rope: How positions are turned.
        kv_type: Type of the KV cache.
        flash_attention: Whether the processor uses it too, because memory is short; it is slower there. On a graphics
            card llama.cpp decides.
        n_seq_max: Conversations that are kept in memory; 0 lets the engine choose.
        n_outputs: Rows of logits that one step may ask for; 0 for one a conversation. `MeasureContext` needs more.
        snapshots: Where what was read is kept; None for nowhere.
    """

    path: str
    n_ctx: int
    n_batch: int = N_BATCH
    n_gpu_layers: int = -1
    n_threads: int = 1
    mmproj: str = ""
    rope: RopeScaling = RopeScaling()
    kv_type: KvType = KvType.F16
    flash_attention: bool = False
    n_seq_max: int = 0
    n_outputs: int = 0
    snapshots: SnapshotOptions | None = None


class UnloadModel(_Request, frozen=True, kw_only=True):
    """Free the model and its KV memory. Closed by `ModelUnloaded`."""


class Generate(_Request, frozen=True, kw_only=True):
    """Answer a conversation. Closed by `GenerationFinished` or `Failed`.

    Attributes:
        messages: The prompt, first message first. Where the last one is an answer, that is continued.
        sampling: How tokens are chosen.
        conversation_id: Whose prompt it is: names its sequence and its snapshot; empty for none's.
        adapters: What the prompt is read and the answer made with.
        interactive: Whether a person waits for it: it then goes before those for which nobody does.
    """

    messages: tuple[PromptMessage, ...]
    sampling: SamplingParameters
    conversation_id: str = ""
    adapters: tuple[AdapterUse, ...] = ()
    interactive: bool = True


class CountTokens(_Request, frozen=True, kw_only=True):
    """Count the tokens of a prompt as `Generate` would read it. Closed by `TokensCounted` or `Failed`.

    Attributes:
        messages: The prompt, first message first.
    """

    messages: tuple[PromptMessage, ...]


class MeasureContext(_Request, frozen=True, kw_only=True):
    """Read a text and tell how well the model predicts it, and what it finds again. Closed by `ContextMeasured`.

    Needles, sentences with a number each, are put between the text's sentences at equal distances; wherever one of the
    lengths is reached, the model is asked for all that came so far. What was in memory is forgotten.

    Attributes:
        text: The text.
        n_tokens: Tokens to read, needles included; at most the loaded context.
        stride: Every so many tokens one is scored; `LoadModel.n_outputs` is at least ``n_batch / stride``.
        bucket: Tokens of each part whose loss is told, at least 1.
        n_needles: Needles.
        lengths: Tokens after which the needles are asked for, ascending.
    """

    text: str
    n_tokens: int
    stride: int = 4
    bucket: int = 256
    n_needles: int = 16
    lengths: tuple[int, ...] = ()


class SaveSnapshots(_Request, frozen=True, kw_only=True):
    """Put everything worth keeping on disk, because the app is about to close. Closed by `SnapshotsSaved`."""


class ForgetConversation(_Request, frozen=True, kw_only=True):
    """Drop what was read of a deleted conversation, in memory and on disk. Closed by `ConversationForgotten`."""

    conversation_id: str


class DescribeBackends(_Request, frozen=True, kw_only=True):
    """Ask what llama.cpp can compute on. Closed by `BackendsDescribed`."""


class Cancel(_Message, frozen=True, kw_only=True):
    """Stop a request, also one that waits or loads; it is then closed as cancelled.

    Attributes:
        request_id: The request to stop; an unknown or ended one is ignored.
    """

    request_id: str


EngineRequest = (
    MeasureContext
    | LoadModel
    | UnloadModel
    | Generate
    | CountTokens
    | SaveSnapshots
    | ForgetConversation
    | DescribeBackends
    | Cancel
)


class Hello(_Message, frozen=True, kw_only=True):
    """First message of the worker.

    Attributes:
        protocol_version: The worker's `PROTOCOL_VERSION`.
        llama_cpp_python: Version of the bindings.
        llama_cpp: Version of llama.cpp.
    """

    protocol_version: int
    llama_cpp_python: str
    llama_cpp: str


class _Reply(_Message, frozen=True, kw_only=True):
    """Base of all replies to a request."""

    request_id: str


class LoadProgressed(_Reply, frozen=True, kw_only=True):
    """Part of the model that is read, 0 to 1."""

    fraction: float


class ModelLoaded(_Reply, frozen=True, kw_only=True):
    """The model can answer.

    Attributes:
        n_ctx: Context length that llama.cpp gave, tokens.
        n_ctx_train: Context length the model was trained with, tokens.
        vocabulary: Digest of the vocabulary.
        load_s: Seconds the load took.
        template_note: Why the model's own chat template is not used; empty if it is.
        reasoning_tag: Tag of the reasoning that the template opens in front of every answer; empty if it does not.
        media: What it takes in besides text.
        media_note: Why the projector that was given is not used; empty if it is, or if there was none.
    """

    n_ctx: int
    n_ctx_train: int
    vocabulary: str
    load_s: float
    template_note: str = ""
    reasoning_tag: str = ""
    media: frozenset[MediaKind] = frozenset()
    media_note: str = ""


class ModelUnloaded(_Reply, frozen=True, kw_only=True):
    """Nothing is loaded any more."""


class PromptProgressed(_Reply, frozen=True, kw_only=True):
    """How far the prompt is read.

    Attributes:
        n_done: Tokens of the prompt in the KV memory, cached ones included.
        n_total: Tokens of the whole prompt.
        n_cached: How many of them did not have to be read again.
    """

    n_done: int
    n_total: int
    n_cached: int


class MediaProgressed(_Reply, frozen=True, kw_only=True):
    """How many of the pictures and sounds that are new to it the projector has looked at."""

    n_done: int
    n_total: int


class TokensGenerated(_Reply, frozen=True, kw_only=True):
    """The answer grew.

    Attributes:
        text: New text; never a part of a character or of a stop string.
        token_ids: Ids whose text is complete with this event.
    """

    text: str
    token_ids: tuple[int, ...] = ()


class GenerationFinished(_Reply, frozen=True, kw_only=True):
    """The answer ended.

    Attributes:
        finish_reason: Why.
        usage: Tokens.
        timings: Times; `load_s` is the client's to fill in.
        token_ids: Ids of all that was generated if they spell exactly its text, else empty.
    """

    finish_reason: FinishReason
    usage: Usage
    timings: Timings
    token_ids: tuple[int, ...] = ()


class ContextMeasured(_Reply, frozen=True, kw_only=True):
    """What was found while a text was read.

    Attributes:
        n_text: Tokens that the text has with the needles.
        n_read: Tokens that were read: fewer than asked for where the text ended.
        losses: Mean negative log likelihood of a token in each part, nats; parts that were not reached are missing.
        needles: What was found again.
        seconds: How long reading the text took, without the questions.
    """

    n_text: int
    n_read: int
    losses: tuple[float, ...]
    needles: tuple[NeedleScore, ...]
    seconds: float


class SnapshotsSaved(_Reply, frozen=True, kw_only=True):
    """How many conversations were put on disk."""

    n_saved: int


class ConversationForgotten(_Reply, frozen=True, kw_only=True):
    """Nothing of the conversation is left."""


class TokensCounted(_Reply, frozen=True, kw_only=True):
    """Tokens of the prompt."""

    n_tokens: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device that llama.cpp can compute on.

    Attributes:
        name: Short name, for example ``CPU`` or ``CUDA0``.
        description: The maker's name of it.
        kind: ``cpu``, ``gpu``, ``integrated gpu`` or ``accelerator``.
        free_bytes: Memory free now.
        total_bytes: Memory in all.
    """

    name: str
    description: str
    kind: str
    free_bytes: int
    total_bytes: int


class BackendsDescribed(_Reply, frozen=True, kw_only=True):
    """What llama.cpp was built with and found.

    Attributes:
        cpu_features: Instruction sets in use, for example ``AVX2``.
        devices: Devices, CPU included.
        gpu_offload: Whether this build can use a graphics card at all.
    """

    cpu_features: tuple[str, ...]
    devices: tuple[Device, ...]
    gpu_offload: bool


class Failed(_Reply, frozen=True, kw_only=True):
    """The request failed; the worker goes on."""

    error: ErrorInfo


EngineReply = (
    Hello
    | LoadProgressed
    | ModelLoaded
    | ModelUnloaded
    | PromptProgressed
    | MediaProgressed
    | TokensGenerated
    | GenerationFinished
    | TokensCounted
    | ContextMeasured
    | SnapshotsSaved
    | ConversationForgotten
    | BackendsDescribed
    | Failed
)
