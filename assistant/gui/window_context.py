"""What every view-model of the window works with.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from assistant.gui.background import Background
from assistant.gui.event_bridge import EventBridge
from assistant.gui.model_sight import ModelSight
from assistant.gui.picture_files import PictureFiles
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
        picture_background: For what copies, decodes and draws pictures, which may take seconds.
        bridge: What happens.
        turns: The turns under way.
        starter: Asks for turns.
        pictures: Where pictures of attachments are.
        sight: Whether the model can see.
    """

    services: Services
    background: Background
    engine_background: Background
    picture_background: Background
    bridge: EventBridge
    turns: RunningTurns
    starter: TurnStarter
    pictures: PictureFiles
    sight: ModelSight

    def close(self) -> None:
        """Do what was given to the background, but for pictures that nobody waits for any more; tell no more events."""
        self.services.attachments.stop()  # what is done before the end may wait for a picture
        self.background.close()
        self.engine_background.close()
        self.picture_background.close(drop=True)
        self.bridge.close()


def build_context(services: Services, parent: QObject) -> WindowContext:
    """Everything of one window, with `parent` as Qt's owner."""
    background = Background("window", parent)
    picture_background = Background("window-pictures", parent)
    bridge = EventBridge(services.bus, parent)
    turns = RunningTurns(services.chat, background, bridge, parent)
    return WindowContext(
        services=services,
        background=background,
        engine_background=Background("window-engine", parent),
        picture_background=picture_background,
        bridge=bridge,
        turns=turns,
        starter=TurnStarter(services, background, turns, parent),
        pictures=PictureFiles(services.attachments, picture_background, parent),
        sight=ModelSight(services, picture_background, bridge, turns, parent),
    )
