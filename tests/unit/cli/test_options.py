from __future__ import annotations

from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.options import model_options, overridden
from assistant.core.settings import Settings


def test_what_is_not_given_stays() -> None:
    assert overridden(Settings(), {"sampling.top_p": None, "model.n_ctx": None}) == Settings()


def test_what_is_given_counts() -> None:
    settings = overridden(Settings(), {"sampling.seed": 0, "chat.system_prompt": "", "model.path": "/m.gguf"})
    assert (settings.sampling.seed, settings.chat.system_prompt, settings.model.path) == (0, "", "/m.gguf")


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("sampling.temperature", -1.1, "--temperature"),
        ("sampling.temperature", float("nan"), "--temperature"),
        ("sampling.repeat_penalty", float("inf"), "--repeat-penalty"),
        ("sampling.top_p", 1.5, "--top-p"),
        ("sampling.max_tokens", -1, "--max-tokens"),
        ("model.n_ctx", -5, "--n-ctx"),
        ("model.mmproj", 7, "--mmproj"),
        ("chat.system_prompt", "x" * 100_001, "--system"),
    ],
)
def test_what_is_out_of_range_names_its_option(key: str, value: object, hint: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        overridden(Settings(), {key: value})
    assert caught.value.param_hint == hint


@given(st.floats(0, 5), st.integers(0, 1_000_000))
def test_everything_in_range_is_taken(temperature: float, top_k: int) -> None:
    settings = overridden(Settings(), {"sampling.temperature": temperature, "sampling.top_k": top_k})
    assert (settings.sampling.temperature, settings.sampling.top_k) == (temperature, top_k)


def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert model_options(Path("m.gguf"), Path("~/p.gguf")) == {
        "model.path": str(tmp_path / "m.gguf"),
        "model.mmproj": "/home/me/p.gguf",
    }


def test_the_projector_of_the_settings_goes_with_their_model_only() -> None:
    own = overridden(Settings(), {"model.mmproj": "/p.gguf"})
    assert overridden(own, model_options(None)).model.mmproj == "/p.gguf"
    assert overridden(own, model_options(Path("/m.gguf"))).model.mmproj == ""
    assert overridden(own, model_options(None, Path("/q.gguf"))).model.mmproj == "/q.gguf"
