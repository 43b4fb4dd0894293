from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.adapter import AdapterUse
from assistant.core.errors import GenerationFailed
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.comparison import Comparison
from assistant.gui.comparison_half import ComparisonHalf
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.tiny_adapter import write_random_adapter
from tests.tiny_gguf import write_tiny_model
from tests.unit.gui.rows import ids, texts

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def uses(services: Services, tmp_path: Path) -> tuple[AdapterUse, ...]:
    base = Path(services.settings.load().model.path)
    paths = [write_random_adapter(tmp_path / f"{name}.gguf", base, seed) for seed, name in enumerate(("one", "two"))]
    return tuple(AdapterUse(path=str(path)) for path in paths)


@pytest.fixture
def comparison(conversation: ConversationViewModel) -> Comparison:
    return conversation.comparison


@pytest.fixture
def answered(
    conversation: ConversationViewModel, engine: FakeEngine, ask: Callable[[str], None], uses: tuple[AdapterUse, ...]
) -> str:
    """Id of an answer that was made with two adapters; a second turn follows it."""
    engine.will_answer("With.")
    engine.will_answer("Later.")
    conversation.use_adapters(uses)
    ask("Question")
    ask("Next")
    return ids(conversation)[1]


def texts_of(comparison: Comparison) -> list[str]:
    return [half.message.text if half.message is not None else "" for half in halves(comparison)]


def halves(comparison: Comparison) -> tuple[ComparisonHalf, ComparisonHalf]:
    return comparison.withAdapters, comparison.without


def compare(conversation: ConversationViewModel, message_id: str, wait: Wait) -> None:
    """Compare, until both halves are at their end."""
    assert conversation.compare(message_id)
    wait(lambda: all(half.is_ended or half.errorTitle for half in halves(conversation.comparison)))


def test_only_what_is_missing_is_made_and_what_follows_stays_shown(
    answered: str, conversation: ConversationViewModel, engine: FakeEngine, comparison: Comparison, wait: Wait
) -> None:
    engine.will_answer("Without.")
    compare(conversation, answered, wait)
    assert texts_of(comparison) == ["With.", "Without."]
    assert (comparison.withAdapters.words, comparison.without.words) == ("one + two", "")
    assert texts(conversation) == ["Question", "With.", "Next", "Later."]
    assert len(engine.prompts) == 3
    assert [message.text for message in engine.prompts[-1]] == ["Question"]


def test_the_order_of_adapters_does_not_matter_and_a_strength_of_0_is_none(
    answered: str,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    comparison: Comparison,
    uses: tuple[AdapterUse, ...],
    services: Services,
    wait: Wait,
) -> None:
    one, two = uses
    silent = AdapterUse(path=one.path, scale=0.0)
    question = ids(conversation)[0]
    settings = services.settings.load()
    engine.will_answer("At nothing.")
    services.chat.answer(question, settings, (silent,), shown=False)
    wait(lambda: len(services.conversations.siblings(answered)) == 2)
    wait(lambda: services.conversations.siblings(answered)[1].text == "At nothing.")
    conversation.reload()
    wait(lambda: len(conversation.answers_of(question)) == 2)
    found = conversation.answers_of(question)[0]
    assert found.adapters == (one, two)
    asked = services.conversations.message(question)
    comparison.begin(asked, (two, one), answered)
    wait(lambda: texts_of(comparison) == ["With.", "At nothing."])
    assert len(engine.prompts) == 3


def test_the_version_that_was_asked_from_goes_before_newer_ones(
    answered: str, conversation: ConversationViewModel, engine: FakeEngine, comparison: Comparison, wait: Wait
) -> None:
    engine.will_answer("With, again.")
    conversation.regenerate(answered)
    wait(lambda: texts(conversation) == ["Question", "With, again."] and not conversation.generating)
    again = ids(conversation)[1]
    compare(conversation, answered, wait)
    assert texts_of(comparison) == ["With.", "Fine."]
    compare(conversation, again, wait)
    assert texts_of(comparison) == ["With, again.", "Fine."]


def test_answers_of_another_model_are_made_anew(
    answered: str,
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    comparison: Comparison,
    wait: Wait,
    tmp_path: Path,
) -> None:
    app.model.choose(str(write_tiny_model(tmp_path / "other.gguf")))
    wait(lambda: (app.model.name, app.model.state) == ("other", "ready"))
    engine.will_answer("Other with.")
    engine.will_answer("Other without.")
    compare(conversation, answered, wait)
    assert texts_of(comparison) == ["Other with.", "Other without."]
    assert {half.modelName for half in halves(comparison)} == {"other"}


def test_one_half_waits_for_the_other_and_failing_it_harms_none(
    answered: str, conversation: ConversationViewModel, engine: FakeEngine, comparison: Comparison, wait: Wait
) -> None:
    conversation.use_adapters(conversation.adapters[:1])
    later = ids(conversation)[3]
    stall = Stall()
    engine.will_answer(stall, GenerationFailed("It went wrong.", remedy="Try again."))
    engine.will_answer("Without.")
    assert conversation.compare(later)  # that answer's own, not those of the conversation by now
    assert comparison.withAdapters.words == "one + two"
    wait(lambda: comparison.without.begun and stall.reached.is_set())
    assert comparison.running
    assert not comparison.without.keepable
    stall.go_on()
    wait(lambda: comparison.without.errorTitle == "It went wrong.")
    assert comparison.without.errorRemedy == "Try again."
    assert comparison.withAdapters.message is not None
    comparison.retry(comparison.without)
    wait(lambda: texts_of(comparison)[1] == "Without.")
    assert comparison.without.errorTitle == ""
    assert comparison.without.tokensPerSecond == 20


def test_a_half_that_waits_is_taken_back(
    answered: str,
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    comparison: Comparison,
    wait: Wait,
) -> None:
    stall = Stall()
    compared = conversation.conversationId
    app.newChat()
    engine.will_answer("Elsewhere", stall)
    conversation.send("Another chat")
    wait(stall.reached.is_set)
    app.openConversation(compared)
    wait(lambda: not conversation.loading)
    assert conversation.compare(answered)
    wait(lambda: comparison.without.running and comparison.without.turn.request_id)
    assert not comparison.without.begun
    comparison.stop(comparison.without)
    wait(lambda: comparison.without.stopped)
    assert not comparison.without.keepable
    stall.go_on()
    wait(lambda: not app._context.turns.turns)
    assert len(conversation.answers_of(ids(conversation)[0])) == 1


def test_keeping_a_version_shows_it_and_hides_nothing_for_good(
    answered: str,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    comparison: Comparison,
    services: Services,
    wait: Wait,
) -> None:
    engine.will_answer("Without.")
    compare(conversation, answered, wait)
    comparison.keep(comparison.without)
    assert texts(conversation) == ["Question", "Without."]
    wait(lambda: services.conversations.branch(conversation.conversationId)[-1].text == "Without.")
    comparison.keep(comparison.withAdapters)
    assert texts(conversation) == ["Question", "With.", "Next", "Later."]
    comparison.keep(comparison.withAdapters)
    assert texts(conversation) == ["Question", "With.", "Next", "Later."]


def test_another_conversation_ends_it_and_the_answer_is_made_all_the_same(
    answered: str,
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    comparison: Comparison,
    services: Services,
    wait: Wait,
) -> None:
    stall = Stall()
    ended: list[bool] = []
    comparison.ended.connect(lambda: ended.append(True))
    engine.will_answer("With", stall, "out.")
    assert conversation.compare(answered)
    wait(lambda: stall.reached.is_set() and comparison.without.begun)
    app.newChat()
    assert ended == [True]
    assert (comparison.question, comparison.without.message) == ("", None)
    stall.go_on()
    wait(lambda: not app._context.turns.turns)
    assert [each.text for each in services.conversations.siblings(answered)] == ["With.", "Without."]


def test_what_is_being_made_is_not_made_twice(
    answered: str, conversation: ConversationViewModel, engine: FakeEngine, comparison: Comparison, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("With", stall, "out.")
    assert conversation.compare(answered)
    wait(lambda: stall.reached.is_set() and comparison.without.begun)
    assert conversation.compare(answered)
    stall.go_on()
    wait(lambda: texts_of(comparison) == ["With.", "Without."] and not conversation.generating)
    assert len(engine.prompts) == 3


def test_without_any_adapter_there_is_nothing_to_compare(
    conversation: ConversationViewModel, ask: Callable[[str], None], comparison: Comparison
) -> None:
    ask("Question")
    assert not conversation.compare(ids(conversation)[1])
    assert not conversation.compare("nothing")
    assert comparison.question == ""
