"""The window where a conversation no longer fits into the context."""

from __future__ import annotations

from assistant.core.events import SummaryProgressed
from tests.fakes.fake_engine import Stall
from tests.screenshots.studio import Studio


def overflow(studio: Studio) -> None:
    """The choice, what follows from it, pins, and an answer that is continued."""
    studio.open(settings={"model.n_ctx": "512", "sampling.max_tokens": "100"})
    app, texts = studio.window.app, studio.texts
    studio.open_conversation(0)
    _fill(studio)
    studio.shot("overflow-choice")
    stall = Stall()
    studio.engine.will_answer(stall, *texts.coffee[0][1][:160])
    app.conversation.makeRoom(_last_id(studio), "summarise")
    studio.window.wait_until(stall.reached.is_set)
    turn = app.conversation._running()
    studio.window.services.bus.publish(
        SummaryProgressed(
            request_id=turn.request_id, conversation_id=app.conversation.conversationId, n_done=6, n_total=12
        )
    )
    studio.shot("overflow-summing")
    stall.go_on()
    studio.wait_for_turn()
    studio.window.click(studio.of_type("RoomLine")[0].childItems()[0])
    studio.point_away()
    studio.shot("overflow-summary")
    app.conversation.pin(app.conversation.lastQuestionId(), True)
    studio.window.wait_until(lambda: any(message.pinned for message in app.conversation.messages.newest_first()))
    studio.settle()
    studio.point(studio.of_type("UserTurn")[-1])
    studio.shot("overflow-pinned")
    studio.window.click(studio.window.item("moreButton"))
    studio.point_away()
    studio.shot("overflow-menu")
    studio.escape()
    studio.window.window.resize(600, 760)
    app.conversation.setOverflow("stop")
    _fill(studio)
    studio.shot("overflow-narrow")


def cut_off(studio: Studio) -> None:
    """An answer that reached its longest length."""
    studio.open(settings={"sampling.max_tokens": "60"})
    studio.open_conversation(0)
    studio.engine.will_answer(*studio.texts.streamed)
    studio.send(studio.texts.follow_up)
    studio.wait_for_turn()
    studio.shot("cut-off")


def _fill(studio: Studio) -> None:
    """Ask until the context is full."""
    conversation = studio.window.app.conversation
    for _ in range(90):  # the fake engine counts words, of which Chinese has few
        studio.engine.will_answer(*studio.texts.coffee[0][1])
        studio.send(studio.texts.follow_up)
        studio.wait_for_turn()
        branch = studio.window.services.conversations.branch(conversation.conversationId)
        if branch[-1].error is not None:
            return
    raise AssertionError("the context did not fill up")


def _last_id(studio: Studio) -> str:
    conversation = studio.window.app.conversation
    return studio.window.services.conversations.branch(conversation.conversationId)[-1].id
