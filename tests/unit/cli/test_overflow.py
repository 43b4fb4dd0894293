"""What the terminal obeys and shows when a conversation no longer fits."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from assistant.cli.chat_loop import ChatLoop
from assistant.cli.overflow import overflow_policy
from assistant.cli.turn_view import JsonView, PlainView, TerminalView
from assistant.core.errors import InputInvalid
from assistant.core.events import ContextMadeRoom, SummaryProgressed
from assistant.core.overflow import OverflowPolicy, RoomMade
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine

Say = Callable[..., list[dict[str, Any]]]
WORDS = "word " * 100


@pytest.fixture
def say(services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs the loop on lines in a context of 512 tokens; returns what it printed."""

    def run(
        *lines: str, conversation: str | None = None, overflow: OverflowPolicy | None = None, max_tokens: int = 16
    ) -> list[dict[str, Any]]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode())))
        settings = services.settings.load()
        settings = msgspec.structs.replace(
            settings,
            model=msgspec.structs.replace(settings.model, n_ctx=512),
            sampling=msgspec.structs.replace(settings.sampling, max_tokens=max_tokens),
        )
        ChatLoop(services, settings, conversation, JsonView(), as_json=True, overflow=overflow).run()
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def only(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in told if each["type"] == kind]


def test_it_stops_and_the_command_decides(say: Say, services: Services) -> None:
    told = say(*[WORDS] * 5, "/overflow drop", "/retry")
    (error,) = only(told, "error")
    assert error["kind"] == "ContextFull"
    assert "/overflow" in error["remedy"]
    (room,) = only(told, "room")
    assert room["room"]["policy"] == "drop"
    assert room["room"]["n_left_out"] > 0
    assert only(told, "finished")[-1]["text"] == "Fine."
    assert services.conversations.list()[0].overflow is OverflowPolicy.DROP


def test_the_option_is_kept_with_a_new_conversation(say: Say, services: Services) -> None:
    told = say(*[WORDS] * 5, overflow=OverflowPolicy.EXTEND)
    assert only(told, "error") == []
    assert only(told, "room")[0]["room"]["n_ctx"] == 1024
    assert services.conversations.list()[0].overflow is OverflowPolicy.EXTEND


def test_a_summary_is_told_with_its_progress(say: Say, engine: FakeEngine) -> None:
    told = say(*[WORDS] * 5, "/overflow", overflow=OverflowPolicy.SUMMARISE)
    assert only(told, "summary")[0]["n_done"] == 0
    assert only(told, "room")[0]["room"]["summary"] == "Fine."
    (shown,) = only(told, "overflow")
    assert (shown["policy"], shown["room"]["summary"]) == ("summarise", "Fine.")


def test_an_unknown_policy_changes_nothing(say: Say, services: Services) -> None:
    told = say("Hello", "/overflow shrink", "/overflow")
    (error,) = only(told, "error")
    assert (error["kind"], "stop, drop, summarise, extend" in error["remedy"]) == ("InputInvalid", True)
    assert only(told, "overflow")[0]["policy"] == "stop"
    assert services.conversations.list()[0].overflow is None
    with pytest.raises(InputInvalid):
        overflow_policy("")
    assert overflow_policy("Drop") is OverflowPolicy.DROP


def test_a_policy_before_the_first_message_is_for_the_next_conversation(say: Say, services: Services) -> None:
    say("/overflow summarise", "Hello")
    assert services.conversations.list()[0].overflow is OverflowPolicy.SUMMARISE


def test_questions_are_pinned_by_their_numbers(say: Say, services: Services) -> None:
    told = say("One?", "Two?", "/pin 1", "/pin", "/unpin 2", "/pins", "/pin 7", "/pin x")
    (pins,) = only(told, "pins")
    assert [(each["number"], each["text"], each["pinned"]) for each in pins["questions"]] == [
        (1, "One?", True),
        (2, "Two?", False),
    ]
    assert [(each["number"], each["pinned"]) for each in only(told, "pinned")] == [(1, True), (2, True), (2, False)]
    assert [each["kind"] for each in only(told, "error")] == ["InputInvalid", "InputInvalid"]
    conversation_id = services.conversations.list()[0].id
    assert [each.pinned for each in services.conversations.branch(conversation_id)] == [True, False, False, False]


def test_a_pinned_question_stays_while_others_go(say: Say, engine: FakeEngine) -> None:
    say(f"First {WORDS}", "/pin", *[WORDS] * 6, overflow=OverflowPolicy.DROP)
    assert all(prompt[0].text.startswith("First") for prompt in engine.prompts)
    assert max(len(prompt) for prompt in engine.prompts) < 10


def test_nothing_to_pin_or_to_continue_yet(say: Say) -> None:
    told = say("/pin", "/pins", "/continue", "Hello", "/continue")
    assert [each["kind"] for each in only(told, "error")] == ["MessageNotFound"] * 3 + ["AnswerNotOpen"]
    assert only(told, "finished")[-1]["text"] == "Fine."


def test_a_cut_off_answer_is_continued(say: Say, engine: FakeEngine) -> None:
    engine.will_answer("Once ", "upon")
    told = say("Tell me.", "/continue", max_tokens=1)
    first, second = only(told, "finished")
    assert first["message_id"] == second["message_id"]
    assert (first["text"], first["finish_reason"], second["text"]) == ("Once ", "length", "Once Fine")


@pytest.mark.parametrize("view", [PlainView(), TerminalView()])
def test_a_person_reads_one_line(view: PlainView | TerminalView, capsys: pytest.CaptureFixture[str]) -> None:
    room = RoomMade(policy=OverflowPolicy.DROP, n_left_out=12, upto="a", n_ctx=2048)
    view.show(SummaryProgressed(request_id="r", conversation_id="c", n_done=1, n_total=2))
    view.show(ContextMadeRoom(request_id="r", conversation_id="c", message_id="m", room=room))
    assert "the model reads the 12 oldest messages no more" in " ".join(capsys.readouterr().err.split())
