"""Keeps QML from loading anything from the network.

Process: app. Thread rule: Qt calls all of this from its own loader threads too.

Local files are another matter: Qt reads those that rich text names directly, so `rich_text` writes no address but
those of its own formulas. A ``QQmlAbstractUrlInterceptor`` written in Python is no help: the loader thread would wait
for Python's lock while the GUI thread, holding it inside one of Qt's functions, waits for the loader thread.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QIODevice, QObject, QUrl
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest
from PySide6.QtQml import QQmlNetworkAccessManagerFactory

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
