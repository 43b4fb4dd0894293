"""A model says the same wherever its layers are: on a graphics card, half of them there, or none."""

from __future__ import annotations

from contextlib import closing

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt
import pytest

from assistant.core.memory_estimate import KvType
from assistant.engine.backends import describe_backends
from assistant.engine.cancel import CancelFlag
from assistant.engine.model import Model
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import LoadModel

N_CTX = 512
N_BATCH = 64
TEXT = (
    "The harbour of the old town was built of grey stone. Every spring, when the ice had gone, ships from the north "
    "came in with timber, salt and dried fish, and went out again with wool. A clerk named Maren wrote each of them "
    "into a long book, in which one can still read today what they carried and where they were bound."
)
MAX_GAP = 0.25
MAX_DRIFT = 0.15
"""Logits. A card adds up in another order and, in places, in 16 bits: 0.13 and 0.09 with Vulkan's software device. A
wrong layer makes a difference of many."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def card() -> None:
    if not any(device.kind != "cpu" for device in describe_backends("e1").devices):
        pytest.skip("this build of llama.cpp drives no graphics card here")


def logits(n_gpu_layers: int, kv_type: KvType) -> npt.NDArray[np.float32]:
    """Logits after each token of the text, `(n_tokens, n_vocab)`."""
    request = LoadModel(
        request_id="e1",
        path=str(find_starter_model()),
        n_ctx=N_CTX,
        n_batch=N_BATCH,
        n_gpu_layers=n_gpu_layers,
        n_outputs=N_BATCH,
        kv_type=kv_type,
        flash_attention=kv_type is not KvType.F16,
    )
    rows = []
    with closing(Model(request, CancelFlag(), lambda fraction: None)) as model:
        token_ids = model.vocabulary.tokenize(TEXT)
        for start in range(0, len(token_ids), N_BATCH):
            part = token_ids[start : start + N_BATCH]
            model.decode(part, seq_id=0, position=start, outputs=range(len(part)))
            rows += [
                np.ctypeslib.as_array(
                    llama.llama_get_logits_ith(model.context, index), (model.vocabulary.n_tokens,)
                ).copy()
                for index in range(len(part))
            ]
    return np.stack(rows)


@pytest.mark.parametrize("kv_type", [KvType.F16, KvType.Q8_0])
def test_all_half_and_no_layers_on_a_card_agree(kv_type: KvType) -> None:
    path = find_starter_model()
    assert path is not None
    n_half = read_model_facts(path).n_layer // 2
    teacher = logits(0, kv_type)
    for n_gpu_layers in (n_half, -1):
        told = logits(n_gpu_layers, kv_type)
        chosen = np.take_along_axis(teacher, told.argmax(axis=1)[:, None], axis=1)[:, 0]
        assert float((teacher.max(axis=1) - chosen).max()) <= MAX_GAP, n_gpu_layers
        assert float(np.abs(told - teacher).mean()) <= MAX_DRIFT, n_gpu_layers
