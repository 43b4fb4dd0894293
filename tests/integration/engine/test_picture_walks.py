"""Chats with pictures that give way, are saved and come back say what a fresh one says, on every kind of memory."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from tests.drawings import as_media, one_shape
from tests.integration.engine.conversation_walk import Question, Walk, judge_pictures, written_question
from tests.integration.engine.other_models import WRITERS
from tests.integration.engine.snapshot_opener import opener
from tests.integration.engine.talker import Talker
from tests.tiny_projector import ProjectorType, write_tiny_projector

N_CTX = 768
N_STEPS = 50
MAX_GAP = 0.05
MAX_DRIFT = 0.08
"""As in `test_other_memories`: a wrong cell makes a difference of 0.1 to 3."""
PAIRS = [
    ("plain", ProjectorType.MLP),
    ("M-RoPE", ProjectorType.QWEN2VL),
    ("sliding window", ProjectorType.GEMMA3),
    ("recurrent", ProjectorType.MLP),
    ("hybrid", ProjectorType.QWEN2VL),
]


def pictures_of(folder: Path) -> dict[bytes, PromptMedia]:
    media = [as_media(one_shape(seed).image, folder) for seed in range(5)]
    return {bytes.fromhex(picture.digest): picture for picture in media}


def question_about(pictures: dict[bytes, PromptMedia]) -> Question:
    def question(choose: random.Random) -> PromptMessage:
        media = tuple(choose.sample(list(pictures.values()), choose.choice((0, 0, 1, 2))))
        return PromptMessage(role="user", text=written_question(choose).text, media=media)

    return question


@pytest.mark.parametrize(("memory", "projector"), PAIRS)
def test_a_walk_with_pictures_and_snapshots(memory: str, projector: ProjectorType, tmp_path: Path) -> None:
    path = WRITERS[memory](tmp_path / "model.gguf")
    mmproj = write_tiny_projector(tmp_path / "mmproj.gguf", projector)
    pictures = pictures_of(tmp_path)
    talker = Talker(path, 32, N_CTX, mmproj=mmproj, open_snapshots=opener(path, tmp_path, N_CTX))
    with closing(talker), closing(Talker(path, 32, N_CTX, mmproj=mmproj)) as cold:

        def forget_all(choose: random.Random) -> None:
            if choose.random() < 0.2:
                while talker.table.evict():
                    pass

        walk = Walk(talker, 1, 4, question=question_about(pictures), between=forget_all)
        answers = [walk.step() for _ in range(N_STEPS)]
        verdicts = [judge_pictures(cold, answer, pictures) for answer in answers]
    assert max(verdict.gap for verdict in verdicts) <= MAX_GAP
    assert max(verdict.drift for verdict in verdicts) <= MAX_DRIFT
    assert sum(answer.usage.restored_tokens > 0 for answer in answers) >= 1
    assert 0 < sum(answer.usage.encoded_media for answer in answers) <= len(pictures)
