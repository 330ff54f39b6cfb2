"""The document as PDF."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from standard.render.chart import draw_curve, on_paper
from standard.render.typesetter import typeset
from standard.render.wording import day

from .blocks import Bullets, ClauseBlock, CurveFigure, Paragraph, Table, runs

if TYPE_CHECKING:
    from .blocks import Block, Document


def render(document: Document) -> bytes:
    """The whole document, dated by its edition."""
    data = {
        "edition": document.edition,
        "title": document.title,
        "status": document.status,
        "day": day(document.date),
        "summary": document.summary,
        "sha256": document.sha256,
        "counts": document.counts,
        "chapters": [
            {
                "number": chapter.number,
                "title": chapter.title,
                "anchor": chapter.anchor,
                "is_annex": chapter.is_annex,
                "nature": chapter.nature,
                "starts_page": any(isinstance(block, ClauseBlock) for block in chapter.blocks),
                "blocks": [_block(block) for block in chapter.blocks],
            }
            for chapter in document.chapters
        ],
    }
    return typeset("document.typ", data, at=document.date)


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": block.kind, "runs": runs(block.text)}
        case Table():
            rows = [[runs(cell) for cell in row] for row in block.rows]
            return {**asdict(block), "rows": rows}
        case Bullets():
            return {"kind": block.kind, "items": [runs(item) for item in block.items]}
        case CurveFigure():
            drawn = [
                {"caption": caption, "svg": draw_curve(rate, on_paper)} for caption, rate in block.curves
            ]
            return {"kind": block.kind, "curves": drawn}
        case _:
            return asdict(block)
