from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import adapters, chat_loop
from assistant.cli.chat_loop import ChatLoop
from assistant.cli.turn_view import JsonView, PlainView
from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Usage
from assistant.core.errors import AttachmentDamaged, InputInvalid, ModelLoadFailed, RequestCancelled
from assistant.core.events import AnswerGrew
from assistant.services.chat import ChatService
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_images import png
from tests.tiny_adapter import write_random_adapter

Say = Callable[..., int]


class Input(io.TextIOWrapper):
    """Standard input that is a pipe with these bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))


@pytest.fixture
def say(services: Services, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs the loop on lines; returns its exit code."""

    def run(
        *lines: str | bytes, first: str | None = None, as_json: bool = True, conversation: str | None = None
    ) -> int:
        data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        monkeypatch.setattr("sys.stdin", Input(data))
        view = JsonView() if as_json else PlainView()
        return ChatLoop(services, services.settings.load(), conversation, view, as_json=as_json).run(first)

    return run


def objects(capsys: pytest.CaptureFixture[str], *types: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["type"] in types]


def test_lines_are_one_conversation(say: Say, capsys: pytest.CaptureFixture[str], engine: FakeEngine) -> None:
    assert say("One?", "", "  Two?  ") == 0
    first, second = objects(capsys, "finished")
    assert first["conversation_id"] == second["conversation_id"]
    tokens = {"prompt_tokens", "cached_tokens", "restored_tokens", "completion_tokens"}
    assert first["usage"].keys() == {*tokens, "encoded_media"}
    assert first["timings"].keys() == {*("load_s", "prompt_s", "first_token_s", "decode_tokens_per_s", "reasoning_s")}
    assert (first["text"], first["finish_reason"]) == ("Fine.", "stop")
    assert [each.text for each in engine.prompts[1]] == ["One?", "Fine.", "Two?"]


def test_a_first_message_comes_before_the_lines(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    assert say("/stats", first="One?") == 0
    assert [each["type"] for each in objects(capsys, "finished", "stats")] == ["finished", "stats"]


def test_quit_ends_and_the_rest_is_not_read(say: Say, engine: FakeEngine) -> None:
    assert say("/quit", "One?") == 0
    assert engine.prompts == []


def test_no_lines_are_no_mistake(say: Say) -> None:
    assert say() == 0


def test_closed_standard_input(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert ChatLoop(services, services.settings.load(), None, PlainView(), as_json=False).run() == 0


def test_new_begins_another_conversation(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    say("One?", "/new", "Two?")
    first, second = objects(capsys, "finished")
    assert first["conversation_id"] != second["conversation_id"]


def test_list_and_open(say: Say, capsys: pytest.CaptureFixture[str], engine: FakeEngine) -> None:
    say("One?")
    (finished,) = objects(capsys, "finished")
    engine.will_answer("Again.")
    assert say("/list", f"/open {finished['conversation_id'][:6]}", "/stats", "Two?") == 0
    listed, opened, stats, answer = objects(capsys, "conversations", "conversation", "stats", "finished")
    assert [each["title"] for each in listed["conversations"]] == ["One?"]
    assert [each["text"] for each in opened["messages"]] == ["One?", "Fine."]
    assert "token_ids" not in opened["messages"][1]
    assert stats["usage"] == finished["usage"]
    assert (answer["conversation_id"], answer["text"]) == (finished["conversation_id"], "Again.")


def test_less_loads_the_model_as_the_last_error_offered(
    say: Say, engine: FakeEngine, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    services.settings.set("model.n_ctx", "2048")
    engine.will_load(ModelLoadFailed("There is not enough memory for a context of {n_ctx} tokens.", n_ctx=2048))
    assert say("One?", "/less") == 1
    assert engine.loads[-1].n_ctx == 1024
    assert "One?" in engine.prompts[-1][-1].text
    assert say("/less") == 1  # nothing was offered
    assert "No error has offered" in capsys.readouterr().err
    assert say("/full", "Two?") == 0
    assert engine.loads[-1].n_ctx == 2048
    assert say("/full") == 1  # there is nothing more to take back
    assert "Nothing was given up" in capsys.readouterr().err


def test_retry_and_edit(say: Say, engine: FakeEngine, services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    engine.will_answer("A")
    engine.will_answer("B")
    engine.will_answer("C")
    assert say("One?", "/retry", "/edit Two?") == 0
    assert [each["text"] for each in objects(capsys, "finished")] == ["A", "B", "C"]
    assert [prompt[0].text for prompt in engine.prompts] == ["One?", "One?", "Two?"]
    (conversation,) = services.conversations.list()
    assert [message.text for message in services.conversations.branch(conversation.id)] == ["Two?", "C"]


def test_system_is_shown_and_set(say: Say, engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert say("/system", "/system Be brief.", "/system", "One?") == 0
    texts = [each["text"] for each in objects(capsys, "system")]
    assert (texts[0], texts[2]) == ("There is no system prompt.", "Be brief.")
    assert [(each.role, each.text) for each in engine.prompts[0]] == [("system", "Be brief."), ("user", "One?")]


def test_help_lists_every_command(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    assert say("/help") == 0
    (help_,) = objects(capsys, "help")
    commands = {
        "/new",
        "/list",
        "/open",
        "/image",
        "/adapter",
        "/less",
        "/full",
        "/retry",
        "/edit",
        "/system",
        "/stats",
    }
    commands |= {"/help", "/quit", "/continue", "/overflow", "/pin", "/unpin", "/pins"}
    assert help_["commands"].keys() == commands
    assert say("/help", as_json=False) == 0
    shown = capsys.readouterr().err
    assert all(command in shown for command in commands)


def test_adapters_are_set_listed_and_dropped(
    say: Say, services: Services, engine: FakeEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = Path(services.settings.load().model.path)
    paths = [write_random_adapter(tmp_path / name, base, 1) for name in ("one.gguf", "two of a kind.gguf")]
    lines = [
        f"/adapter {paths[1]}",
        "One?",
        f"/adapter one:0.5 '{paths[1]}:-1'",
        "Two?",
        "/adapter",
        "/adapter -",
        "Three?",
    ]
    services.adapters.add(paths[0])
    assert say(*lines) == 0
    one, two = (str(path) for path in paths)
    both = (AdapterUse(path=one, scale=0.5), AdapterUse(path=two, scale=-1.0))
    assert engine.adapters == [(AdapterUse(path=two),), both, ()]
    told = [[use["scale"] for use in each["adapters"]] for each in objects(capsys, "adapters")]
    assert told == [[1.0], [0.5, -1.0], [0.5, -1.0], []]
    assert say("/adapter", f"/adapter {one}", "/system Be brief.", "Four?", as_json=False) == 0
    assert "Answers are made with one." in capsys.readouterr().err
    assert engine.adapters[-1] == (AdapterUse(path=one),)


def test_an_adapter_that_cannot_be_used_changes_nothing(
    say: Say, engine: FakeEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "noise.gguf").write_bytes(b"noise")
    lines = [
        "nothing",
        f"{tmp_path / 'noise.gguf'}",
        "one:9",
        "~nosuch/x",
        "x" * 300,
        "a\0b",
        '"one',
        "one one",
        b"\xff",
    ]
    assert say(*(f"/adapter {line}" for line in lines), "One?") == 1
    assert len(objects(capsys, "error")) == len(lines)
    assert engine.adapters == [()]


def test_a_folder_does_not_hide_an_adapter(
    say: Say, services: Services, engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_random_adapter(tmp_path / "one.gguf", Path(services.settings.load().model.path), 1)
    services.adapters.add(path)
    (tmp_path / "one").mkdir()
    monkeypatch.chdir(tmp_path)
    assert say("/adapter one", "One?") == 0
    assert engine.adapters == [(AdapterUse(path=str(path)),)]


def test_backslashes_stay_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "_ESCAPE", "")
    assert adapters.typed_adapters(r"C:\a.gguf 'C:\b c.gguf:0.5'") == [r"C:\a.gguf", r"C:\b c.gguf:0.5"]


def test_two_slashes_are_a_message(say: Say, engine: FakeEngine) -> None:
    assert say("//quit now") == 0
    assert engine.prompts[0][0].text == "/quit now"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/sats", "InputInvalid"),
        ("/xyzzy", "InputInvalid"),
        ("/open", "InputInvalid"),
        ("/open zzzz", "ConversationNotFound"),
        ("/retry", "MessageNotFound"),
        ("/edit", "MessageNotFound"),
        ("/stats", "MessageNotFound"),
    ],
)
def test_a_wrong_command_is_told_and_the_loop_goes_on(
    say: Say, capsys: pytest.CaptureFixture[str], line: str, kind: str
) -> None:
    assert say(line, "One?") == 1
    captured = capsys.readouterr()
    types = [json.loads(each) for each in captured.out.splitlines()]
    assert next(each["kind"] for each in types if each["type"] == "error") == kind
    assert types[-1]["type"] == "finished"
    assert captured.err.startswith("famulus: ")


def test_a_near_command_is_proposed(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    say("/sats")
    assert "/stats" in capsys.readouterr().err


def test_edit_needs_a_text_where_nobody_can_edit(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    assert say("One?", "/edit") == 1
    assert "new text" in capsys.readouterr().err


def test_a_failed_turn_is_told_and_the_next_one_works(
    say: Say, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.will_answer("Half", Death())
    assert say("One?", "Two?") == 1
    error, failed, finished = objects(capsys, "error", "finished")
    assert error["kind"] == "EngineStopped"
    assert (failed["text"], failed["finish_reason"]) == ("Half", "error")
    assert failed["conversation_id"] == finished["conversation_id"]


def test_plain_text_ends_its_line_before_an_error(
    say: Say, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.will_answer("Half", Death())
    say("One?", "Two?", as_json=False)
    assert capsys.readouterr().out == "Half\nFine.\n"


def test_what_is_not_utf8_ends_the_loop(say: Say) -> None:
    with pytest.raises(InputInvalid):
        say(b"\xff\xfe\x00", "One?")


def test_ctrl_c_stops_the_answer_and_not_the_loop(
    say: Say, engine: FakeEngine, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.will_answer("Half", Stall())
    engine.will_answer("Whole.")
    services.bus.subscribe(
        lambda event: (
            signal.raise_signal(signal.SIGINT) if isinstance(event, AnswerGrew) and event.text == "Half" else None
        )
    )
    assert say("One?", "Two?") == 0
    finished = objects(capsys, "finished")
    assert [(each["text"], each["finish_reason"]) for each in finished] == [("Half", "cancelled"), ("Whole.", "stop")]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_twice_while_it_loads(say: Say, engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    class Pressed(Stall):
        def last(self) -> None:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            super().last()

    engine.will_load(0.5, Pressed())
    assert say("One?", "Two?") == 0
    assert [each["finish_reason"] for each in objects(capsys, "finished")] == ["cancelled", "stop"]


def test_pictures_go_with_the_next_message_only(
    say: Say, engine: FakeEngine, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cat, dog = png(tmp_path / "cat.png"), png(tmp_path / "a dog.png", kind=1)
    assert say(f"/image {cat}", f"/image '{dog}'", "/image", "Which?", "/image", "And now?", "/stats") == 0
    lines = objects(capsys, "images", "media", "model", "stats", "finished")
    names = [[each["name"] for each in line["images"]] for line in lines if line["type"] == "images"]
    assert names == [["cat.png"], ["cat.png", "a dog.png"], ["cat.png", "a dog.png"], []]
    assert [(line["n_done"], line["n_total"]) for line in lines if line["type"] == "media"] == [(0, 2), (1, 2), (2, 2)]
    assert next(line["media"] for line in lines if line["type"] == "model") == ["image"]
    assert [line["usage"]["encoded_media"] for line in lines if line["type"] == "finished"] == [2, 0]
    assert [len(each.media) for each in engine.prompts[1]] == [2, 0, 0]


def test_collected_pictures_can_be_dropped(
    say: Say, engine: FakeEngine, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(f"/image {png(tmp_path / 'cat.png')}", "/image -", "Which?", as_json=False) == 0
    shown = capsys.readouterr().err
    assert "[image: cat.png, 4 × 2]" in shown
    assert "/image - drops them" in shown
    assert "No picture" in shown
    assert engine.prompts[0][0].media == ()


def test_a_wrong_picture_is_told_and_not_collected(
    say: Say, engine: FakeEngine, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    assert say(f"/image {tmp_path / 'none.png'}", f"/image {text}", "/image 'half", "Hello?") == 1
    errors = objects(capsys, "error")
    assert [each["kind"] for each in errors] == ["AttachmentDamaged", "AttachmentUnsupported", "AttachmentDamaged"]
    assert errors[1]["message"] == f"{text}: That is no picture."
    assert errors[0]["message"].count("none.png") == 1
    assert engine.prompts[0][0].media == ()


def test_a_model_without_eyes_refuses_the_picture(
    say: Say, services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(f"/image {png(tmp_path / 'cat.png')}") == 1
    (error,) = objects(capsys, "error")
    assert (error["kind"], "mmproj" in error["remedy"]) == ("MediaNotSupported", True)
    assert not services.paths.attachments.exists()


def test_pictures_of_a_turn_that_never_began_stay(
    say: Say, services: Services, projector: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def refuse(*words: Any) -> str:
        sent.append(len(words[3]))
        raise RequestCancelled("Famulus is closing.")

    monkeypatch.setattr(ChatService, "send", lambda _, *words, overflow: refuse(*words))
    assert say(f"/image {png(tmp_path / 'cat.png')}", "One?", "Two?") == 1
    assert sent == [1, 1]


def test_pictures_of_a_question_that_was_not_stored_stay(
    say: Say,
    services: Services,
    projector: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: Any) -> None:
        raise AttachmentDamaged("The picture is no longer there.")

    monkeypatch.setattr(services.attachments, "require", refuse)
    assert say(f"/image {png(tmp_path / 'cat.png')}", "One?", "/image") == 1
    assert [len(line["images"]) for line in objects(capsys, "images")] == [1, 1]


@pytest.mark.parametrize("path", ["~nosuchuser/cat.png", "x" * 300, "a\0b"])
def test_a_path_that_cannot_be_is_told_and_the_chat_goes_on(
    say: Say, projector: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    assert say(f"/image {path}", "Hello?") == 1
    kinds = [line.get("kind") for line in objects(capsys, "error", "finished")]
    assert kinds == ["AttachmentDamaged", None]


def test_a_path_that_may_not_be_looked_at_is_told(
    say: Say, projector: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = os.stat

    def refuse(path: Any, *words: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("secret.png"):
            raise PermissionError(13, "Permission denied")
        return stat(path, *words, **options)

    monkeypatch.setattr(os, "stat", refuse)
    assert say("/image /nowhere/secret.png", "Hello?") == 1
    assert [line.get("kind") for line in objects(capsys, "error", "finished")] == ["AttachmentDamaged", None]


def test_an_opened_conversation_names_its_pictures(
    say: Say, services: Services, projector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(f"/image {png(tmp_path / 'cat.png')}", "Which?")
    capsys.readouterr()
    (conversation,) = services.conversations.list()
    say(f"/open {conversation.id}", as_json=False)
    assert "[image: cat.png, 4 × 2]\nWhich?\n" in capsys.readouterr().out
    say(f"/open {conversation.id}")
    (opened,) = objects(capsys, "conversation")
    assert [each["name"] for each in opened["messages"][0]["attachments"]] == ["cat.png"]


def test_stats_say_where_the_tokens_came_from() -> None:
    usage = Usage(prompt_tokens=9, cached_tokens=7, restored_tokens=5, encoded_media=2)
    assert chat_loop.reused(usage) == "7 from memory, 5 of them from disk, pictures looked at: 2"
    assert chat_loop.reused(Usage(cached_tokens=7)) == "7 from memory"
