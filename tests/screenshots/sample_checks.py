"""An invented model, and an invented check of its context."""

from __future__ import annotations

import math
from typing import cast

import msgspec

from assistant.clients.image_client import ImageClient
from assistant.core.context_check import Comparison, ContextCheck, MethodRun, NeedleScore, ReadText, Series
from assistant.core.context_plan import FreeMemory
from assistant.core.rope import RopeMethod
from assistant.core.settings import ModelSettings
from assistant.services.context_check import ContextCheckService
from assistant.services.context_outlook import ContextOutlook
from assistant.services.context_results import ContextResults
from assistant.services.library import LibraryService
from assistant.storage.context_checks import ContextCheckFiles
from tests.fakes.fake_images import FakeImages
from tests.unit.core.known_models import SMOLLM2

N_CTX, N_CTX_TRAIN = 16_384, 8192
N_PARTS = 32
SERIES = Series(n_ctx=N_CTX, text_digest="sample")
FACTS = msgspec.structs.replace(
    SMOLLM2,
    n_layer=32,
    n_embd=4096,
    n_head=32,
    n_head_kv=(8,) * 32,
    n_embd_head_k=128,
    n_embd_head_v=128,
    n_vocab=128_256,
    n_ff=14_336,
    n_rot=128,
    tensor_bytes=4_900_000_000,
)
LENGTHS = (4096, 8192, 12_288, 16_352)
FREE_BYTES = 9 * 10**9


class SampleChecks(ContextCheckService):
    """Knows the sample check where it is to.

    Attributes:
        is_checked: Whether the model was checked.
    """

    is_checked = False

    def outlook(self, settings: ModelSettings) -> ContextOutlook:
        return ContextOutlook(
            facts=FACTS,
            free=FreeMemory(main_bytes=FREE_BYTES),
            check=sample_check() if self.is_checked else None,
        )


def sample_checks(library: LibraryService, files: ContextCheckFiles) -> SampleChecks:
    return SampleChecks(library, ContextResults(files), cast(ImageClient, FakeImages()))


def sample_check() -> ContextCheck:
    """Numbers as such checks have them; of no real model."""
    runs = (
        _run(RopeMethod.NONE, 0.0, 9.0, 0.0),
        _run(RopeMethod.LINEAR, 0.55, 0.1, 0.35),
        _run(RopeMethod.NTK, 0.08, 0.5, 0.6),
        _run(RopeMethod.YARN, 0.02, -0.15, 0.85),
    )
    comparison = Comparison(series=SERIES, methods=tuple(run.method for run in runs), ended=0.0)
    text = ReadText(digest=SERIES.text_digest, n_tokens=37_000)
    return ContextCheck(model="sample", n_ctx_train=N_CTX_TRAIN, texts=(text,), runs=runs, comparisons=(comparison,))


def _run(method: RopeMethod, cost: float, slope: float, recall: float) -> MethodRun:
    places = [(part + 0.5) / N_PARTS for part in range(N_PARTS)]
    losses = tuple(
        2.1 + 0.4 * math.exp(-12 * x) + cost + slope * max(0.0, x - 0.5) + 0.04 * math.sin(40 * x + cost)
        for x in places
    )
    needles = tuple(
        NeedleScore(length=length, position=position, recall=_recall(method, length, position, recall))
        for length in LENGTHS
        for position in range(900, length, 1000)
    )
    return MethodRun(
        method=method,
        series=SERIES,
        n_read=N_CTX - 32,
        losses=losses,
        bucket=N_CTX // N_PARTS,
        stride=4,
        needles=needles,
        seconds=420.0,
    )


def _recall(method: RopeMethod, length: int, position: int, recall: float) -> float:
    if method is RopeMethod.NONE:
        return 0.95 if length <= N_CTX_TRAIN else 0.0
    return min(1.0, max(0.0, recall + 0.12 * math.sin(position + length)))
