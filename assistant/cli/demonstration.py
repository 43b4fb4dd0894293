"""What ``famulus`` does without a terminal: one built-in question about a built-in passage.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import msgspec

from assistant.cli.terminal import notes, output
from assistant.cli.turn_view import PlainView, TurnRunner
from assistant.core.events import MessageFinished
from assistant.services.services import Services

QUESTION = (
    "Use only this passage to answer. Passage: \"The reading room opens at nine o'clock. Books that are brought back "
    'late cost 20 cents a day." Question: What does a book cost that is brought back late?'
)


def demonstrate(services: Services) -> int:
    """Answer the question with the model of the settings; returns the exit code."""
    settings = services.settings.load()
    sampling = msgspec.structs.replace(settings.sampling, temperature=0.0, max_tokens=64)
    settings = msgspec.structs.replace(settings, sampling=sampling)
    output.print(f"Question: {QUESTION}")
    output.print("Answer: ", end="")
    runner = TurnRunner(services, PlainView())
    end = runner.run(lambda: services.chat.send(None, QUESTION, settings))
    if runner.interrupted:
        return 130
    if not isinstance(end, MessageFinished) or end.message.timings is None:
        return 1
    timings = end.message.timings
    notes.print(
        f"({end.message.model}: first word after {timings.first_token_s:.2f} s, "
        f"{timings.decode_tokens_per_s:.0f} tokens/s, loaded in {timings.load_s:.1f} s. "
        "On a terminal, `famulus chat` begins a conversation.)"
    )
    return 0
