"""What context checks found out about model files, wherever those lie.

Process: app. Thread: any.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from assistant.core.context_check import ContextCheck, best_method
from assistant.core.errors import ModelNotFound
from assistant.core.memory_estimate import KvType
from assistant.core.model_digest import file_digest
from assistant.core.rope import RopeMethod
from assistant.hub.gguf_file import unreadable_model
from assistant.services.chosen_model import fingerprint
from assistant.storage.context_checks import ContextCheckFiles

log = logging.getLogger(__name__)


class ContextResults:
    """Finds and keeps what was measured of a model.

    Args:
        files: Where it is kept.
    """

    def __init__(self, files: ContextCheckFiles) -> None:
        self._files = files
        self._digests: dict[tuple[Path, int, int], str] = {}

    def of(self, model: Path) -> ContextCheck | None:
        """What is known of a model file; None if there is nothing.

        Raises:
            ModelNotFound: There is no such file.
        """
        return None if self._files.is_empty else self._files.load(self._digest(model))

    def best_method(self, model: Path, n_ctx: int, kv_type: KvType) -> RopeMethod | None:
        """The method that was found to read best at about this length; None if that was not measured.

        Args:
            model: The model file.
            n_ctx: Context length, tokens.
            kv_type: Type of the KV cache.
        """
        try:
            check = self.of(model)
        except ModelNotFound as error:  # the engine will say so
            log.warning("no context check of %s: %s", model, error.info.cause)
            return None
        return best_method(check, n_ctx, kv_type) if check is not None else None

    def change(self, model: Path, change: Callable[[ContextCheck | None], ContextCheck]) -> ContextCheck:
        """Keep what becomes of what is known of a model file now.

        Args:
            model: The model file.
            change: Gives what is to be kept; called once, while nobody else changes it.

        Returns:
            What was kept.

        Raises:
            ModelNotFound: There is no such file.
            DataFolderUnusable: It cannot be written; what was known still is.
        """
        return self._files.change(self._digest(model), change)

    def picture(self, model: Path) -> Path:
        """Where the picture lies, whether it is there or not; raises `ModelNotFound`."""
        return self._files.picture(self._digest(model))

    def _digest(self, model: Path) -> str:
        key = (model, *fingerprint(model))
        if key not in self._digests:
            try:
                self._digests[key] = file_digest(str(model))
            except OSError as error:
                raise unreadable_model(model, error) from error
        return self._digests[key]
