"""Facts of two models whose memory was measured."""

from __future__ import annotations

from assistant.core.model_facts import ModelFacts

SMOLLM2 = ModelFacts(
    name="SmolLM2 135M",
    architecture="llama",
    file_bytes=98_362_432,
    quantization="Q4_1",
    n_params=134_515_008,
    n_ctx_train=8192,
    n_layer=30,
    n_embd=576,
    n_head=9,
    n_head_kv=(3,) * 30,
    n_embd_head_k=64,
    n_embd_head_v=64,
    n_vocab=49_152,
    n_ff=1536,
    rope_freq_base=100_000.0,
    n_rot=64,
    tensor_bytes=96_576_768,
)
QWEN = ModelFacts(
    name="Qwen2.5 0.5B",
    architecture="qwen2",
    file_bytes=491_400_064,
    quantization="Q4_K_M",
    n_params=630_167_424,
    n_ctx_train=32_768,
    n_layer=24,
    n_embd=896,
    n_head=14,
    n_head_kv=(2,) * 24,
    n_embd_head_k=64,
    n_embd_head_v=64,
    n_vocab=151_936,
    n_ff=4864,
    rope_freq_base=1_000_000.0,
    n_rot=64,
    tensor_bytes=485_452_288,
)
