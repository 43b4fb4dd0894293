"""The composition root: builds the services of one process. All wiring is here.

Process: app. Thread: once, at the start.
"""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

from assistant.clients.converter_client import ConverterClient
from assistant.clients.engine_client import EngineClient
from assistant.clients.image_client import ImageClient
from assistant.core.errors import DataFolderUnusable, FamulusError
from assistant.core.paths import DataPaths
from assistant.services.adapters import AdapterService
from assistant.services.attachments import AttachmentService
from assistant.services.chat import ChatService
from assistant.services.context_check import ContextCheckService
from assistant.services.context_results import ContextResults
from assistant.services.deletion import DeletionService
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.services.load_ladder import LoadLadder
from assistant.services.model_choices import ModelChoices
from assistant.services.model_loading import ModelLoading
from assistant.services.services import Services
from assistant.services.snapshots import ConversationSnapshots
from assistant.services.turn_context import TurnContext
from assistant.storage.attachment_files import AttachmentFiles
from assistant.storage.context_checks import ContextCheckFiles
from assistant.storage.conversations import ConversationStore
from assistant.storage.data_folder import HOME_VARIABLE, data_folder
from assistant.storage.database import Database
from assistant.storage.drafts_file import DraftsFile
from assistant.storage.file_list import FileList
from assistant.storage.rungs_file import RungsFile
from assistant.storage.settings_file import SettingsFile

log = logging.getLogger(__name__)

_MAX_LOG_BYTES = 1024 * 1024
_N_OLD_LOGS = 3


def build_services() -> Services:
    """Open the data folder and build everything on top of it.

    Answers that another process left behind when it died are marked as interrupted.

    Raises:
        DataFolderUnusable: The data folder cannot be made or written.
        DatabaseFailed: The database cannot be opened.
    """
    paths = DataPaths(data_folder())
    _prepare(paths)
    _log_to_file(paths.logs)
    database = Database(paths.database)
    conversations = ConversationStore(database, paths.locks)
    _recover(conversations)
    settings, drafts = SettingsFile(paths.settings), DraftsFile(paths.drafts)
    engine = EngineClient(paths.home, paths.logs)
    images = ImageClient(paths.home, paths.logs)
    bus = EventBus()
    snapshots = ConversationSnapshots(paths, settings)
    ladder = LoadLadder(RungsFile(paths.load_rungs))
    results = ContextResults(ContextCheckFiles(paths.context_checks))
    loading = ModelLoading(engine, bus, snapshots, ladder, results)
    library = LibraryService(engine, bus, paths.verified_files, ladder, loading)
    adapters = AdapterService(library, FileList(database, "adapter_file"), ConverterClient(paths.home, paths.logs))
    attachments = AttachmentService(AttachmentFiles(paths), images, conversations, drafts)
    context = TurnContext(conversations=conversations, engine=engine, library=library, attachments=attachments, bus=bus)
    return Services(
        paths=paths,
        settings=settings,
        drafts=drafts,
        database=database,
        conversations=conversations,
        engine=engine,
        library=library,
        model_choices=ModelChoices(FileList(database, "model_file"), library),
        adapters=adapters,
        attachments=attachments,
        chat=ChatService(context),
        context_checks=ContextCheckService(library, results, images),
        deletion=DeletionService(conversations, engine, snapshots, attachments, bus),
        bus=bus,
    )


def _prepare(paths: DataPaths) -> None:
    try:
        paths.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(paths.home.iterdir()):
            paths.home.chmod(0o700)  # a folder made ahead; one that holds other things is not ours alone
        for folder in (paths.logs, paths.locks):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(
            "The data folder {folder} cannot be used: {reason}.",
            remedy="Make it writable, or choose another with the environment variable {variable}.",
            cause=repr(error),
            folder=str(paths.home),
            variable=HOME_VARIABLE,
            reason=error.strerror or "unknown reason",
        ) from error


def _recover(conversations: ConversationStore) -> None:
    try:
        conversations.answers.recover().result()
    except FamulusError as error:  # for example a full disk: there is still everything to read
        log.warning("interrupted answers were not marked: %s (%s)", error, error.info.cause)


def _log_to_file(logs: Path) -> None:
    logging.raiseExceptions = False  # a log that cannot be written must not fill the terminal with tracebacks
    handler = logging.handlers.RotatingFileHandler(
        logs / "app.log", maxBytes=_MAX_LOG_BYTES, backupCount=_N_OLD_LOGS, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"))
    root = logging.getLogger("assistant")
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    root.propagate = False
