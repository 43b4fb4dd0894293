"""What every view-model of the window works with.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.gui.background import Background
from assistant.gui.event_bridge import EventBridge
from assistant.gui.running_turns import RunningTurns
from assistant.gui.turn_starter import TurnStarter
from assistant.services.services import Services


@dataclass(frozen=True, slots=True)
class WindowContext:
    """The services, and how the window reaches them without waiting.

    Attributes:
        services: The services.
        background: For the database and the settings: short work.
        engine_background: For what reads model files or waits for the engine, which may take as long as an answer.
        bridge: What happens.
        turns: The turns under way.
        starter: Asks for turns.
    """

    services: Services
    background: Background
    engine_background: Background
    bridge: EventBridge
    turns: RunningTurns
    starter: TurnStarter
