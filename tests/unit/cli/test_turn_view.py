from __future__ import annotations

import pytest

from assistant.cli.turn_view import PlainView, TerminalView, TurnView
from assistant.core.events import MediaRead, ModelReady, PromptRead

TURN = {"request_id": "r", "conversation_id": "c"}


def test_the_status_says_which_picture_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    view = TerminalView()
    monkeypatch.setattr(view, "_tell", told.append)
    for n_done in range(3):
        view.show(MediaRead(**TURN, n_done=n_done, n_total=2))
    view.show(PromptRead(**TURN, n_done=7, n_total=9, n_cached=0))
    assert told == ["Looking at picture 1 of 2", "Looking at picture 2 of 2", "Reading 7 / 9 tokens"]


@pytest.mark.parametrize("view", [PlainView(), TerminalView()])
def test_the_note_of_a_load_drives_no_terminal(view: TurnView, capsys: pytest.CaptureFixture[str]) -> None:
    view.show(ModelReady(model="m", n_ctx=9, load_s=0.1, note="The projector \x1b]0;evil\x07mmproj is not used."))
    said = capsys.readouterr().err
    assert "mmproj" in said
    assert "\x1b]" not in said
    assert "\x07" not in said
