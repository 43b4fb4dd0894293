"""The sampler chain of one request.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import llama_cpp.llama_cpp as llama

from assistant.core.sampling import PENALTY_LAST_N, SamplingParameters
from assistant.engine.cells import Cell, MediaCell


class Sampler:
    """Chooses tokens: repeat penalty, top k, top p, min p, temperature, draw; greedy at temperature 0.

    The order is llama.cpp's own (``common/sampling.cpp``). The penalty comes first, so greedy decoding heeds it.

    Args:
        parameters: How to choose.
        n_vocab: Tokens in the vocabulary.
    """

    def __init__(self, parameters: SamplingParameters, n_vocab: int) -> None:
        self._chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        if parameters.repeat_penalty != 1.0:
            self._add(llama.llama_sampler_init_penalties(n_vocab, PENALTY_LAST_N, parameters.repeat_penalty, 0.0, 0.0))
        if parameters.temperature == 0.0:
            self._add(llama.llama_sampler_init_greedy())
            return
        if parameters.top_k > 0:
            self._add(llama.llama_sampler_init_top_k(parameters.top_k))
        if parameters.top_p < 1.0:
            self._add(llama.llama_sampler_init_top_p(parameters.top_p, 1))
        if parameters.min_p > 0.0:
            self._add(llama.llama_sampler_init_min_p(parameters.min_p, 1))
        self._add(llama.llama_sampler_init_temp(parameters.temperature))
        self._add(llama.llama_sampler_init_dist(parameters.seed))

    def _add(self, sampler: llama.llama_sampler_p) -> None:
        llama.llama_sampler_chain_add(self._chain, sampler)

    def accept_prompt(self, cells: Sequence[Cell]) -> None:
        """Let the repeat penalty see the last tokens of the prompt, whether they were read or cached."""
        tokens = (cell for cell in reversed(cells) if not isinstance(cell, MediaCell))
        for token_id in reversed(list(itertools.islice(tokens, PENALTY_LAST_N))):
            llama.llama_sampler_accept(self._chain, token_id)

    def sample(self, context: llama.llama_context_p) -> int:
        """Token for the last logits of the context; it is accepted into the penalty's window."""
        return int(llama.llama_sampler_sample(self._chain, context, -1))

    def close(self) -> None:
        """Free the chain."""
        llama.llama_sampler_free(self._chain)
