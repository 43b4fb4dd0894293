"""Puts `resources/` into the wheel, as `assistant/resources`; an editable install reads them where they are.

Process: the builder's of the wheel. See https://hatch.pypa.io/latest/plugins/build-hook/custom/
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ResourcesHook(BuildHookInterface[Any]):
    """Adds the folder to every wheel but an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build; `version` is ``standard`` or ``editable``."""
        if version == "standard":
            for folder in ("qml", "icons", "i18n", "texts"):  # not the pictures of the README
                build_data["force_include"][f"resources/{folder}"] = f"assistant/resources/{folder}"
