"""From rendered segments to the token ids of a prompt.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.engine.chat_template import Segment
from assistant.engine.vocabulary import Vocabulary


def prompt_token_ids(segments: Iterable[Segment], vocabulary: Vocabulary) -> list[int]:
    """Token ids of a whole prompt.

    The template's words and harmless contents are tokenised together, as in training. A content that spells a
    marker of turns is tokenised apart and as plain text, so that nobody forges a turn. An answer that the model gave
    itself keeps the ids it generated: they are what the KV memory holds.
    """
    token_ids: list[int] = []
    run: list[str] = []

    def end_run() -> None:
        token_ids.extend(vocabulary.tokenize("".join(run)))
        run.clear()

    for segment in segments:
        generated = _generated_ids(segment, vocabulary)
        if generated:
            end_run()
            token_ids.extend(generated)
        elif segment.message is not None and vocabulary.spells_marker(segment.text):
            end_run()
            token_ids.extend(vocabulary.tokenize_plain(segment.text))
        else:
            run.append(segment.text)
    end_run()
    return vocabulary.with_bos(token_ids)


def _generated_ids(segment: Segment, vocabulary: Vocabulary) -> tuple[int, ...]:
    message = segment.message
    if message is None or not message.token_ids or message.vocabulary != vocabulary.digest:
        return ()
    if segment.text != message.text and segment.text != message.text.strip():
        return ()  # the template cut it: the ids would bring back what it left out
    return message.token_ids if vocabulary.spells(message.token_ids, message.text) else ()
