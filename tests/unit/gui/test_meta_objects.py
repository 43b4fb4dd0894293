"""Objects that come and go with answers: QML keeps something for every meta-object that it has seen, for ever."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtCore")

from PySide6.QtCore import QAbstractListModel

from assistant.gui.answer_model import AnswerModel
from assistant.gui.block_list_model import BlockListModel
from assistant.gui.render_style import RenderStyle


@pytest.mark.parametrize("kind", [AnswerModel, BlockListModel])
def test_an_object_has_the_meta_object_of_its_class(qapp: object, kind: type[QAbstractListModel]) -> None:
    model = AnswerModel(RenderStyle.of_theme(False, 1.0, 1.0)) if kind is AnswerModel else kind()
    # A signal connected to a method that is no slot gives the object a meta-object of its own, with that one more.
    assert model.metaObject().methodCount() == kind.staticMetaObject.methodCount()
