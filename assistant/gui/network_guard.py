"""Keeps QML from loading anything that is not part of the app: no network, no stray file.

Process: app. Thread rule: Qt calls all of this from its own loader threads too.

The first two classes refuse the network. The third decides about addresses in QML before anything is opened. Images
inside rich text do not pass it: Qt reads local ones directly, so the Markdown renderer must never write an ``<img>``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QUrl
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest
from PySide6.QtQml import QQmlAbstractUrlInterceptor, QQmlNetworkAccessManagerFactory

log = logging.getLogger(__name__)

# No protocol of this name exists: Qt answers with an error, and nothing is opened.
_REFUSED = "refused:"


class RefusingNetworkManager(QNetworkAccessManager):
    """Refuses every request, to whatever address."""

    def createRequest(
        self,
        op: QNetworkAccessManager.Operation,
        request: QNetworkRequest,
        outgoingData: QIODevice | None = None,
    ) -> QNetworkReply:
        """Answer with a reply that has failed; called by Qt for every request."""
        log.warning("refused to load an address with the scheme %r", request.url().scheme())
        return super().createRequest(self.Operation.GetOperation, QNetworkRequest(QUrl(_REFUSED)))


class RefusingNetworkFactory(QQmlNetworkAccessManagerFactory):
    """Gives every part of the QML engine a `RefusingNetworkManager`; the engine does not own it."""

    def create(self, parent: QObject) -> QNetworkAccessManager:
        """A manager for one loader thread; called by Qt."""
        return RefusingNetworkManager(parent)


class UrlGuard(QQmlAbstractUrlInterceptor):
    """Lets through Qt's resources, the folders given, and images of the providers given.

    Args:
        folders: The app's own resources and the engine's import paths.
        image_providers: Names behind ``image://``.
    """

    def __init__(self, folders: Iterable[Path | str], image_providers: Iterable[str]) -> None:
        super().__init__()
        self._folders = tuple(os.path.join(os.path.normcase(os.path.abspath(folder)), "") for folder in folders)
        self._image_providers = frozenset(image_providers)

    def intercept(self, path: QUrl | str, type: QQmlAbstractUrlInterceptor.DataType) -> QUrl:
        """The address itself, or one that cannot be loaded; called by Qt."""
        url = QUrl(path)
        if self.allows(url):
            return url
        log.warning("refused to load an address with the scheme %r", url.scheme())
        return QUrl(_REFUSED)

    def allows(self, url: QUrl) -> bool:
        """Whether the address is part of the app."""
        match url.scheme():
            case "qrc" | "":
                return True
            case "image":
                return url.host() in self._image_providers
            case "file":
                path = os.path.normcase(os.path.normpath(url.toLocalFile()))
                return not url.host() and path.startswith(self._folders)
        return False
