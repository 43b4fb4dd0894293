"""Renders a block of an answer as what its row in QML shows.

Process: app. Thread: GUI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.gui.code_highlight import GrowingCode, highlight, language_name
from assistant.gui.markdown_blocks import Block, BlockKind
from assistant.gui.math_image import FORMULAS
from assistant.gui.render_style import RenderStyle
from assistant.gui.rich_text import FormulaImage, RichText


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """One row.

    Attributes:
        kind: What shows it.
        html: Rich text; empty for math and rules.
        plain: What Copy gives.
        language: Language of code, as people call it.
        source: Address of the image of a formula.
        image_width, image_height: Its size, logical pixels.
        seconds: How long the reasoning took; 0 is unknown.
        finished: False only for the row that is being written.
    """

    kind: BlockKind
    html: str = ""
    plain: str = ""
    language: str = ""
    source: str = ""
    image_width: float = 0.0
    image_height: float = 0.0
    seconds: float = 0.0
    finished: bool = True


class BlockRenderer:
    """Renders blocks in one style.

    Args:
        style: Colours and sizes.
    """

    def __init__(self, style: RenderStyle) -> None:
        self._style = style
        self._growing = GrowingCode()
        self._text = RichText(style, self._formula, self._highlight)

    def row(self, block: Block, finished: bool = True) -> RenderedBlock:
        """The row of a block of the answer; code that is being written costs only its new lines."""
        if block.kind is BlockKind.CODE:
            coloured = self._highlight(block.source, block.language) if finished else self._grown(block)
            html = self._text.code_paragraph(coloured)
            return RenderedBlock(
                block.kind, html, block.source, language=language_name(block.language), finished=finished
            )
        if block.kind is BlockKind.MATH:
            return self._math(block, finished)
        html = "" if block.kind is BlockKind.RULE else self._html(block)
        return RenderedBlock(block.kind, html, block.source, finished=finished)

    def inside(self, block: Block, finished: bool = True) -> str:
        """Rich text of a block inside the reasoning, which is one text."""
        if block.kind is BlockKind.CODE:
            coloured = self._highlight(block.source, block.language) if finished else self._grown(block)
            return self._text.code_box(coloured)
        if block.kind is BlockKind.MATH:
            return self._text.display_math(block.source)
        return "<hr>" if block.kind is BlockKind.RULE else self._html(block)

    def reasoning(self, parts: Sequence[str], source: str, finished: bool) -> RenderedBlock:
        """The row of the reasoning, from what `inside` gave for its blocks."""
        return RenderedBlock(BlockKind.REASONING, self._text.joined(parts), source, finished=finished)

    def _html(self, block: Block) -> str:
        return self._text.blocks(block.tokens) if block.tokens else self._text.plain(block.source)

    def _math(self, block: Block, finished: bool) -> RenderedBlock:
        image = self._formula(block.source, is_display=True)
        if image is None:
            return self.row(Block(BlockKind.CODE, block.source, "latex"), finished)
        return RenderedBlock(
            block.kind,
            plain=block.source,
            source=image.url,
            image_width=image.width,
            image_height=image.height,
            finished=finished,
        )

    def _grown(self, block: Block) -> str:
        return self._growing.highlight(block.source, block.language, self._style.dark)

    def _formula(self, latex: str, is_display: bool) -> FormulaImage | None:
        return FORMULAS.typeset(latex, is_display, self._style)

    def _highlight(self, code: str, language: str) -> str:
        return highlight(code, language, self._style.dark)
