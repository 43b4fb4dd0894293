"""Markdown without its marks, to be read on one line: not a parser, only what disturbs the eye.

Process: any. Thread rule: pure functions.

The marks are those of CommonMark (https://spec.commonmark.org) and of GitHub's tables and task lists. What may be
meant as it stands, like ``snake_case`` or ``2 * 3``, is left alone.
"""

from __future__ import annotations

import re

_FENCE_OR_RULE = re.compile(r"^[ >]*(?:(?:`{3,}|~{3,})[^`\n]*|(?:[-*_|:] *){3,})$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ >]*\|.*\|[ ]*$", re.MULTILINE)
_LINE_START = re.compile(r"^(?:[ ]*(?:>|(?:#{1,6}|[-*+] \[[ xX]\]|[-*+])(?= )))+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]*\)")
# The lengths are limited because every opening mark without an end is looked after so far.
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<!\w)([*_])(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)")
_CODE = re.compile(r"(`{1,2})(.{1,300}?)\1")


def without_marks(markdown: str) -> str:
    """The words of a Markdown text; line breaks stay."""
    text = _FENCE_OR_RULE.sub("", markdown)
    text = _TABLE_ROW.sub(lambda row: row[0].replace("|", " "), text)
    text = _LINE_START.sub("", text)
    text = _LINK.sub(r"\1", text)
    for pair in (_STRONG, _EMPHASIS, _CODE):
        text = pair.sub(r"\2", text)
    return text
