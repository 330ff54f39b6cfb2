"""The document as one HTML file: contents beside the text; clauses, criteria, sets and terms are anchors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standard.render.page import fill, stylesheet

from .blocks import runs

if TYPE_CHECKING:
    from .blocks import Document


def render(document: Document) -> str:
    """The whole document."""
    return fill("document.html.j2", document=document, runs=runs, more_css=stylesheet("document.css"))
