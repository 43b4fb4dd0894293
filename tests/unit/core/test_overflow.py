from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.overflow import Budget, OverflowPolicy, RoomMade, budget, fewest_left_out

TURNS = st.lists(st.integers(1, 600), max_size=60)


@given(turns=TURNS, fixed=st.integers(0, 4000), most=st.integers(1, 4096), share=st.floats(0.1, 1.0))
def test_the_fewest_turns_go_that_reach_the_target(turns: list[int], fixed: int, most: int, share: float) -> None:
    limits = Budget(most, max(1, int(most * share)), most + 64)
    asked: list[int] = []

    def count(n: int) -> int:
        asked.append(n)
        return fixed + sum(turns[n:])

    fewest = fewest_left_out(len(turns), count, limits)
    assert len(asked) <= len(turns).bit_length() + 1, "each count renders and tokenises a whole prompt"
    if fewest is None:
        assert fixed > limits.utmost, "nothing helps only where what must stay is too long by itself"
    elif fewest < len(turns):
        assert count(fewest) <= limits.target
        assert fewest == 0 or count(fewest - 1) > limits.target
    else:
        assert fixed <= limits.utmost


@given(policy=st.sampled_from(OverflowPolicy), n_ctx=st.integers(256, 1_000_000), max_tokens=st.integers(0, 1_000_000))
def test_a_prompt_leaves_room_for_an_answer(policy: OverflowPolicy, n_ctx: int, max_tokens: int) -> None:
    limits = budget(policy, n_ctx, max_tokens)
    assert 0 < limits.target <= limits.most < n_ctx
    assert n_ctx - limits.most <= n_ctx // 4
    assert limits.most <= limits.utmost < n_ctx
    if max_tokens:
        assert n_ctx - limits.most <= max_tokens, "more room than the longest answer is never needed"


def test_nobody_is_asked_before_the_context_is_nearly_full() -> None:
    assert budget(OverflowPolicy.STOP, 2048, 0).most == 1920
    assert budget(OverflowPolicy.DROP, 2048, 0) == Budget(1536, 1228, 1920)
    assert budget(OverflowPolicy.DROP, 2048, 16) == Budget(2032, 1228, 2032)


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (RoomMade(policy=OverflowPolicy.DROP, n_left_out=12, upto="a"), "the 12 oldest messages no more"),
        (RoomMade(policy=OverflowPolicy.SUMMARISE, n_left_out=12, upto="a", summary="Tea."), "12 oldest messages"),
        (
            RoomMade(policy=OverflowPolicy.EXTEND, n_ctx=4096, n_bytes=45 * 2**20 + 1),
            "4096 tokens, which takes about 46",
        ),
        (RoomMade(policy=OverflowPolicy.EXTEND, n_ctx=4096, n_bytes=0), "raised to 4096 tokens"),
        (RoomMade(policy=OverflowPolicy.DROP), "the whole conversation again"),
    ],
)
def test_what_was_done_is_a_sentence(room: RoomMade, words: str) -> None:
    assert words in room.text
