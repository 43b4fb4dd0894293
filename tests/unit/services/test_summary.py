"""What the model is given to sum up, in pieces that fit."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from assistant.clients.engine_client import EngineClient
from assistant.core.conversation import Message, MessageStatus, Role
from assistant.core.errors import EngineStopped, RequestCancelled, SummaryFailed
from assistant.protocol.engine_messages import LoadModel
from assistant.services.summary import Summariser, summary_tokens
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_services import PATIENCE_S
from tests.tiny_gguf import write_tiny_model

N_CTX = 512


def message(text: str, role: Role = Role.USER) -> Message:
    return Message(
        id=text[:16],
        conversation_id="c",
        parent_id=None,
        role=role,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=0.0,
    )


class Desk:
    """A summariser over a loaded fake engine."""

    def __init__(self, model: Path, reasoning_tag: str = "") -> None:
        self.engine = FakeEngine()
        self.engine.reasoning_tag = reasoning_tag
        load = self.engine.begin_load(LoadModel(request_id="", path=str(model), n_ctx=N_CTX))
        self.engine.finish_load(load, lambda _: None)
        self.told: list[tuple[int, int]] = []
        self.held: list[object] = []
        client = cast(EngineClient, self.engine)
        self.summariser = Summariser(client, N_CTX, self.held.append, lambda *told: self.told.append(told))

    def given(self) -> list[str]:
        return [prompt[-1].text for prompt in self.engine.prompts]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(write_tiny_model(tmp_path / "tiny.gguf"))
    yield desk
    desk.engine.close()


def test_a_long_part_is_summed_up_piece_by_piece(desk: Desk) -> None:
    words = [message(f"Q{n} " + "word " * 60) for n in range(20)]
    for n in range(9):
        desk.engine.will_answer(f"Summary {n}.")
    summary = desk.summariser.sum_up(words, "Before it all.")
    given = desk.given()
    assert summary == f"Summary {len(given) - 1}."
    assert "Before it all." in given[0]
    assert all(f"Summary {n}." in text for n, text in enumerate(given[1:]))
    assert [sum(f"Q{n} " in text for text in given) for n in range(20)] == [1] * 20, "each once, none left out"
    room = N_CTX - summary_tokens(N_CTX)
    assert all(desk.engine.count_tokens(prompt) <= room for prompt in desk.engine.prompts)
    assert desk.told[0] == (0, 20)
    assert desk.told[-1] == (20, 20)
    assert [n_done for n_done, _ in desk.told] == sorted(n_done for n_done, _ in desk.told)


def test_one_message_that_does_not_fit_is_read_in_pieces(desk: Desk) -> None:
    words = [f"word{n}" for n in range(2000)]
    answers = [message("Tea?"), message(" ".join(words), Role.ASSISTANT), message("And then?")]
    assert desk.summariser.sum_up(answers) == "Fine."
    given = desk.given()
    assert sum(text.count("Tea?") for text in given) == 1
    pieces = [text for text in given if re.search(r"word\d", text)]
    assert all("Assistant: " in text for text in pieces)
    assert [word for text in pieces for word in re.findall(r"word\d+", text)] == words
    assert ["…" in text for text in pieces] == [True] * len(pieces)
    assert "Fine." in given[1], "each piece goes on from the summary before it"
    assert desk.engine.count_tokens(desk.engine.prompts[1]) > N_CTX // 2, "as much of it as fits"
    assert "And then?" in given[-1]
    assert [n_done for n_done, _ in desk.told] == sorted(n_done for n_done, _ in desk.told)
    assert desk.told[-1] == (3, 3)


def test_where_next_to_nothing_of_a_message_fits_it_is_not_summed_up(desk: Desk) -> None:
    with pytest.raises(SummaryFailed):
        desk.summariser.sum_up([message("word " * 2000)], "earlier " * N_CTX)
    assert desk.engine.prompts == []


def test_who_said_what_without_the_reasoning(desk: Desk) -> None:
    desk.summariser.sum_up([message("Tea?"), message("<think>Hm.</think>Yes.", Role.ASSISTANT), message("", Role.USER)])
    desk.summariser.sum_up([message("Tea?"), message("Hm.\n</think>\n\nYes.", Role.ASSISTANT)])
    assert len(desk.given()) == 2
    for text in desk.given():
        assert "User: Tea?\n\nAssistant: Yes." in text
        assert "Hm." not in text
    assert desk.told[-1] == (2, 2)


def test_the_reasoning_of_the_summary_is_no_part_of_it(desk: Desk) -> None:
    desk.engine.will_answer("<think>", "Hm.", "</think>", " Tea was asked for. ")
    assert desk.summariser.sum_up([message("Tea?")]) == "Tea was asked for."


def test_the_length_of_a_summary_counts_behind_its_reasoning(desk: Desk) -> None:
    desk.engine.will_answer("<think>", *["hm "] * 300, "</think>", *["tea "] * 300)
    assert desk.summariser.sum_up([message("Tea?")]).split() == ["tea"] * (summary_tokens(N_CTX) - 1)


def test_a_summary_that_does_not_end_is_cut(desk: Desk) -> None:
    desk.engine.will_answer(*["tea "] * 300)
    assert desk.summariser.sum_up([message("Tea?")]).split() == ["tea"] * summary_tokens(N_CTX)


def test_reasoning_that_the_template_opened_is_no_part_of_the_summary(tmp_path: Path) -> None:
    desk = Desk(write_tiny_model(tmp_path / "tiny.gguf"), reasoning_tag="<think>")
    desk.engine.will_answer(*["hm "] * 300, "</think>", " Tea was asked for. ")
    assert desk.summariser.sum_up([message("Tea?")]) == "Tea was asked for."
    desk.engine.will_answer(*["hm "] * 300)
    with pytest.raises(SummaryFailed):
        desk.summariser.sum_up([message("Tea?")])
    desk.engine.close()


def test_a_model_that_reasons_is_left_room_for_it(desk: Desk) -> None:
    answers = [message("<think>Hm.</think>" + "word " * 60, Role.ASSISTANT) for _ in range(8)]
    desk.summariser.sum_up(answers)
    assert all(desk.engine.count_tokens(prompt) <= N_CTX * 3 // 4 for prompt in desk.engine.prompts)


@pytest.mark.parametrize("words", [("<think>", "Hm."), (" ",)])
def test_what_holds_no_summary_would_hold_none_again(desk: Desk, words: tuple[str, ...]) -> None:
    desk.engine.will_answer(*words)
    with pytest.raises(SummaryFailed) as failed:
        desk.summariser.sum_up([message("Tea?")])
    assert failed.value.info.remedy_text.startswith("Choose another model")


def test_the_call_is_held_while_it_runs_and_can_be_cancelled(desk: Desk) -> None:
    stall = Stall()
    desk.engine.will_answer("Tea", stall, "never")

    def cancel() -> None:
        assert stall.reached.wait(PATIENCE_S)
        desk.engine.cancel(desk.held[0].request_id)  # type: ignore[attr-defined]

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(RequestCancelled):
        desk.summariser.sum_up([message("Tea?")])
    thread.join()
    assert desk.held[-1] is None


def test_a_death_is_an_error_and_lets_the_call_go(desk: Desk) -> None:
    desk.engine.will_answer("Tea", Death())
    with pytest.raises(EngineStopped):
        desk.summariser.sum_up([message("Tea?")])
    assert desk.held[-1] is None
