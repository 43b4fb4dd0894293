"""`famulus chat` with the real model."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.cli.famulus import LONG_TASK, PASSAGE, Famulus

SENTENCE = "The harbour of the old town was built of grey stone, and ships from the north came every spring. "


def test_one_shot_answers_from_the_passage(famulus: Famulus) -> None:
    ended = famulus("chat", "--json", "--temperature", "0", PASSAGE)
    assert ended.code == 0, ended.err
    finished = ended.objects[-1]
    assert "2%" in finished["text"]
    assert finished["finish_reason"] == "stop"
    assert finished["usage"]["prompt_tokens"] > 50
    assert finished["usage"]["completion_tokens"] > 3
    assert finished["timings"]["load_s"] > 0
    assert 0 < finished["timings"]["prompt_s"] <= finished["timings"]["first_token_s"]
    assert finished["timings"]["decode_tokens_per_s"] > 0
    assert "".join(each["text"] for each in ended.only("text")) == finished["text"]


def test_the_second_turn_reads_only_what_is_new(famulus: Famulus) -> None:
    lines = f"Remember this. {SENTENCE * 105}\nWhat was built of stone?\n/stats\n"
    ended = famulus("chat", "--interactive", "--json", "--temperature", "0", "--max-tokens", "16", stdin=lines.encode())
    assert ended.code == 0, ended.err
    first, second = (each["usage"] for each in ended.only("finished"))
    assert first["prompt_tokens"] >= 2000
    held = first["prompt_tokens"] + first["completion_tokens"]
    assert second["cached_tokens"] >= 0.95 * held
    assert ended.only("stats")[0]["usage"] == second


def test_the_next_process_goes_on_where_this_one_stopped(famulus: Famulus) -> None:
    options = ("chat", "--json", "--temperature", "0", "--max-tokens", "16")
    (first,) = famulus(*options, f"Remember this. {SENTENCE * 60}").only("finished")
    held = first["usage"]["prompt_tokens"] + first["usage"]["completion_tokens"]
    again = (*options, "--conversation", first["conversation_id"], "What was built of stone?")
    (second,) = famulus(*again).only("finished")
    assert second["usage"]["restored_tokens"] >= 0.95 * held
    assert second["usage"]["cached_tokens"] >= second["usage"]["restored_tokens"]
    assert second["timings"]["prompt_s"] < first["timings"]["prompt_s"] / 3
    for snapshot in famulus.home.glob("snapshots/*/*"):
        snapshot.unlink()
    (third,) = famulus(*again).only("finished")
    assert (third["usage"]["restored_tokens"], third["finish_reason"] in ("stop", "length")) == (0, True)


def test_a_conversation_lives_on_in_other_processes(famulus: Famulus, tmp_path: Path) -> None:
    options = ("--json", "--temperature", "0", "--max-tokens", "4")
    (finished,) = famulus("chat", *options, "Say something about 发票.").only("finished")
    conversation_id = finished["conversation_id"]

    (listed,) = famulus("conversations", "list", "--json").objects
    assert [each["id"] for each in listed["conversations"]] == [conversation_id]
    (shown,) = famulus("conversations", "show", conversation_id[:5], "--json").objects
    assert [each["role"] for each in shown["messages"]] == ["user", "assistant"]
    assert shown["messages"][1]["text"] == finished["text"]
    (found,) = famulus("conversations", "search", "发票", "--json").objects
    assert conversation_id in {each["conversation_id"] for each in found["hits"]}

    more = famulus("chat", *options, "--conversation", conversation_id, "And more?")
    (continued,) = more.only("finished")
    assert continued["conversation_id"] == conversation_id
    assert continued["usage"]["prompt_tokens"] > finished["usage"]["prompt_tokens"]

    exported = famulus("conversations", "export", conversation_id, "--json").text
    assert exported.count('"role"') == 4
    file = tmp_path / "out.md"
    assert famulus("conversations", "export", conversation_id, "-o", str(file)).code == 0
    assert file.read_text(encoding="utf-8").count("\n## ") == 4
    assert famulus("conversations", "export", conversation_id, "-o", str(file)).code == 1

    assert famulus("conversations", "delete", conversation_id).code == 0
    gone = famulus("conversations", "show", conversation_id)
    assert (gone.code, "There is no conversation" in gone.err) == (1, True)
    assert famulus("conversations", "list", "--json").objects == [{"type": "conversations", "conversations": []}]


def test_piped_text_follows_the_question(famulus: Famulus) -> None:
    ended = famulus("chat", "--json", "--max-tokens", "1", "What is this?", stdin=b"\xef\xbb\xbfA list.\r\nOf two.\n")
    assert ended.code == 0, ended.err
    (shown,) = famulus("conversations", "show", ended.only("finished")[0]["conversation_id"], "--json").objects
    assert shown["messages"][0]["text"] == "What is this?\n\nA list.\r\nOf two.\n"


def test_without_a_terminal_it_demonstrates_itself(famulus: Famulus) -> None:
    ended = famulus()
    assert ended.code == 0, ended.err
    assert ended.text.startswith("Question: ")
    assert "20 cents" in ended.text.split("Answer: ")[1]
    assert "tokens/s" in ended.err


def test_two_terminals_share_one_data_folder(famulus: Famulus) -> None:
    options = ("chat", "--interactive", "--json", "--max-tokens", "4", "--n-ctx", "512")
    one, two = famulus.start(*options), famulus.start(*options)
    for running in (one, two):
        running.say("Hello there.")
    ends = [running.wait_for("finished") for running in (one, two)]
    assert ends[0]["conversation_id"] != ends[1]["conversation_id"]
    one.say(f"/open {ends[1]['conversation_id']}")
    assert len(one.wait_for("conversation")["messages"]) == 2
    assert [running.end().code for running in (one, two)] == [0, 0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_keeps_what_was_written(famulus: Famulus, number: signal.Signals, code: int) -> None:
    running = famulus.start("chat", "--json", "--temperature", "0", "--n-ctx", "2048", LONG_TASK)
    running.close_input()
    started = running.wait_for("started")
    first = running.wait_for("text")["text"]
    assert running.signal(number).code == code
    (shown,) = famulus("conversations", "show", started["conversation_id"], "--json").objects
    answer = shown["messages"][1]
    assert (answer["status"], answer["finish_reason"]) == ("interrupted", "cancelled")
    assert answer["text"].startswith(first)


def test_a_killed_program_leaves_an_interrupted_answer(famulus: Famulus) -> None:
    running = famulus.start("chat", "--interactive", "--json", "--temperature", "0", "--n-ctx", "2048")
    running.say(LONG_TASK)
    started = running.wait_for("started")
    text = "".join(running.wait_for("text")["text"] for _ in range(8))
    assert running.signal(signal.SIGKILL).code == -signal.SIGKILL
    (shown,) = famulus("conversations", "show", started["conversation_id"], "--json").objects
    question, answer = shown["messages"]
    assert question["text"] == LONG_TASK
    assert answer["status"] == "interrupted"
    assert answer["text"].startswith(text[:4]), "the first words are flushed at once"


def test_stopping_while_a_long_prompt_is_read(famulus: Famulus) -> None:
    running = famulus.start("chat", "--interactive", "--json", "--max-tokens", "1")
    running.say(SENTENCE * 200)
    running.wait_for("prompt")
    running.process.send_signal(signal.SIGINT)
    finished = running.wait_for("finished")
    assert (finished["finish_reason"], finished["text"]) == ("cancelled", "")
    running.say("/new")
    running.say("Hello.")
    assert running.wait_for("finished")["finish_reason"] in ("length", "stop")
    assert running.end().code == 0


def test_a_text_larger_than_the_context_is_refused(famulus: Famulus) -> None:
    ended = famulus("chat", "--n-ctx", "512", stdin=b"word " * 100_000)
    assert ended.code == 1
    assert "100025 of 512 tokens" in ended.err
    assert "Ask a shorter question" in ended.err


def test_a_broken_pipe_is_quiet(famulus: Famulus) -> None:
    ended = famulus.shell(f"famulus chat --temperature 0 --max-tokens 64 '{LONG_TASK}' | head -c1")
    assert len(ended.out) == 1
    assert ended.err == ""
    assert ended.code == 1
    famulus.shell("famulus conversations list | true")
