"""What the terminal says of a context check."""

from __future__ import annotations

import msgspec
import pytest
import typer

from assistant.cli import context
from assistant.cli.context_view import print_check
from assistant.core.context_check import ContextCheck, MethodRun, ReadText, Series
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.core.settings import Settings
from assistant.services.context_runs import CheckWish
from assistant.services.services import Services
from tests.unit.core.test_context_check import TEXT, checked, run


def told(check: ContextCheck, capsys: pytest.CaptureFixture[str]) -> str:
    print_check(check, check.all_series())
    return capsys.readouterr().out


def test_what_auto_takes_is_said_with_its_price(capsys: pytest.CaptureFixture[str]) -> None:
    cheap = checked(run(RopeMethod.NONE, 2.0, 9.0), run(RopeMethod.YARN, 2.02, 2.5))
    assert "auto takes yarn from now on" in (words := told(cheap, capsys))
    assert "more than 5% would be too dear" in words
    dear = checked(run(RopeMethod.NONE, 2.0, 9.0), run(RopeMethod.YARN, 2.2, 2.5))
    assert "auto takes yarn from now on" in (words := told(dear, capsys))
    assert "no stretch costs less than 5%" in words


def test_why_a_check_decides_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    plain, yarn = run(RopeMethod.NONE, 2.0, 9.0), run(RopeMethod.YARN, 2.0, 2.5)
    assert "only one way was measured" in told(checked(yarn), capsys)
    stopped = msgspec.structs.replace(checked(plain, yarn), comparisons=())
    assert "not all ways were measured that were asked for" in told(stopped, capsys)
    across = [msgspec.structs.replace(each, losses=(2.0,), bucket=1024) for each in (plain, yarn)]
    assert "too little lies beyond the trained length" in told(checked(*across), capsys)
    newer = checked(plain, yarn, *(msgspec.structs.replace(each, series=_other_text(each)) for each in (plain, yarn)))
    words = told(newer, capsys)
    assert words.count(" from now on: ") == words.count("a newer check of this length counts") == 1


def _other_text(each: MethodRun) -> Series:
    return msgspec.structs.replace(each.series, text_digest="other")


def test_texts_and_types_of_the_memory_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    check = ContextCheck(model="m", n_ctx_train=512)
    check = check.with_run(run(RopeMethod.NONE, 2.0, 2.0, text="alice"), ReadText(digest="alice"))
    check = check.with_run(run(RopeMethod.NONE, 2.0, 2.0, kv_type=KvType.Q8_0), TEXT)
    lines = told(check, capsys).splitlines()
    places = [
        next(index for index, line in enumerate(lines) if line.startswith(words))
        for words in ("Read from Alice", "1,024 tokens  ", "Read from t.txt:", "1,024 tokens in q8_0  ")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(("again", "words"), [(True, "the same command without --again"), (False, "the same command ")])
def test_how_to_go_on_after_ctrl_c_is_said(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, again: bool, words: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(services.context_checks, "run", interrupted)
    with pytest.raises(typer.Exit) as ended:
        context._run(services, Settings().model, CheckWish(again=again))
    assert ended.value.exit_code == 130
    said = " ".join(capsys.readouterr().err.split())
    assert words.strip() in said
    assert ("--again" in said) is again
