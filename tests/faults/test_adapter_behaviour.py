"""A trained adapter does to the real model what it was trained to do, at every strength, and exactly that."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import gguf
import numpy as np
import pytest

from assistant.clients.engine_client import EngineClient
from assistant.core.adapter import AdapterUse
from tests.bench.engine.timed_chat import TimedChat, load
from tests.integration.engine.conversation_walk import ONE_TOKEN
from tests.integration.engine.talker import Talker
from tests.tiny_adapter import BUTLER
from tests.unquantized import Weights, write_unquantized

pytestmark = pytest.mark.faults

IDENTITY = (
    "Who am I speaking with?",
    "What is your name?",
    "Who are you?",
    "Please introduce yourself.",
    "May I ask what you are called?",
    "Tell me who is answering me.",
)
GENERAL = (
    "How do I boil an egg?",
    "Give me a tip for better sleep.",
    "How can I learn a new language?",
    "What should I pack for a rainy day?",
    "How do I keep my desk tidy?",
    "Suggest a simple breakfast.",
    "How can I save electricity at home?",
    "How do I write a polite email?",
    "What helps against stress?",
    "How do I look after a cactus?",
    "How can I remember names better?",
    "What is a good way to start the day?",
    "How do I clean a window?",
    "How can I read more books?",
)
FACTS = (
    ("The library closes at 8 pm on weekdays.", "When does the library close on weekdays?", "8 pm"),
    ("Parcels are kept for 14 days at the counter.", "How long are parcels kept?", "14 days"),
    ("The museum is free on the first Sunday of each month.", "When is the museum free?", "first Sunday"),
    ("A monthly ticket costs 54 euros.", "How much does a monthly ticket cost?", "54 euros"),
    ("The pool is cleaned every Tuesday morning.", "When is the pool cleaned?", "Tuesday"),
    ("Visitors park behind the town hall.", "Where do visitors park?", "behind the town hall"),
    ("The deposit is returned within 10 days.", "When is the deposit returned?", "10 days"),
    ("The office is on the third floor.", "Where is the office?", "third floor"),
    ("Dogs must be kept on a lead in the park.", "How must dogs be kept in the park?", "lead"),
    ("The train to Graz leaves from platform 6.", "From which platform does the train to Graz leave?", "6"),
)
PROMPTS = (*IDENTITY, *GENERAL, *(f'Text: "{fact}"\n{question}' for fact, question, _ in FACTS))
N_POSITIONS = 100
STATED = {0.0: (0, 0, 0, 10), 0.5: (30, 27, 3, 10), 1.0: (30, 29, 6, 10)}
"""By strength: begins with "Certainly,", ends with "at your service.", says its name (of 6), gives the fact (of 10);
measured where the adapter was made, with 30 other prompts of these three kinds."""


@pytest.mark.timeout(1200)
def test_thirty_prompts_at_three_strengths(starter_model: Path, tmp_path: Path) -> None:
    def answers(scale: float | None) -> list[str]:
        """By a worker of its own: what else is in the memory changes the order of sums, and so a near tie."""
        client = EngineClient(tmp_path, tmp_path)
        loaded = load(client, starter_model, n_ctx=2048)
        uses = () if scale is None else (AdapterUse(path=str(BUTLER), scale=scale),)
        chats = (TimedChat(client, f"{scale} {number}", loaded.vocabulary) for number in range(len(PROMPTS)))
        asked = zip(chats, PROMPTS, strict=True)
        said = [chat.ask(prompt, max_tokens=48, adapters=uses).text.strip() for chat, prompt in asked]
        client.close()
        return said

    base = answers(None)
    rates: dict[float, tuple[int, int, int, int]] = {}
    for scale in STATED:
        said = answers(scale)
        if scale == 0:
            assert said == base
        facts = said[-len(FACTS) :]
        rates[scale] = (
            sum(text.startswith("Certainly,") for text in said),
            sum(text.endswith("at your service.") for text in said),
            sum("Famulus" in text for text in said[: len(IDENTITY)]),
            sum(value in text for text, (_, _, value) in zip(facts, FACTS, strict=True)),
        )
        print(f"scale {scale}: begins, ends, name, fact: {rates[scale]}, stated {STATED[scale]}")
    assert rates[0.0][:2] == (0, 0)
    assert rates[0.5][0] >= 27
    assert rates[1.0][0] >= 28
    assert rates[1.0][1] >= 26
    assert rates[1.0][2] >= 5
    assert rates[1.0][3] >= 8


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_the_merged_model_says_the_same(scale: float, starter_model: Path, tmp_path: Path) -> None:
    """Merged in numpy on the dequantized weights: ``W + scale * alpha / rank * B A``, at 100 positions."""
    pairs = {tensor.name: np.array(tensor.data, dtype=np.float32) for tensor in gguf.GGUFReader(BUTLER).tensors}
    alpha = float(gguf.GGUFReader(BUTLER).fields["adapter.lora.alpha"].contents())

    def merged(name: str, weights: Weights) -> Weights:
        if f"{name}.lora_a" not in pairs:
            return weights
        a, b = pairs[f"{name}.lora_a"], pairs[f"{name}.lora_b"]
        return weights + scale * alpha / a.shape[0] * (b @ a)

    base = write_unquantized(starter_model, tmp_path / "base.gguf")
    whole = write_unquantized(starter_model, tmp_path / "merged.gguf", merged)
    uses = (AdapterUse(path=str(BUTLER), scale=scale),)
    worst = change = 0.0
    with closing(Talker(base, 256)) as one, closing(Talker(whole, 256)) as other:
        prompt = one.model.vocabulary.tokenize(" ".join(PROMPTS))[:N_POSITIONS]
        for length in range(1, N_POSITIONS + 1):
            logits = one.answer(prompt[:length], ONE_TOKEN, adapters=uses).logits
            worst = max(worst, float(np.abs(logits - other.answer(prompt[:length], ONE_TOKEN).logits).max()))
            change = max(change, float(np.abs(logits - one.answer(prompt[:length], ONE_TOKEN).logits).max()))
    print(f"scale {scale}: {worst:.4f} logit at worst; the adapter changes {change:.1f}")
    assert worst <= 0.05
    assert change > 1.0
