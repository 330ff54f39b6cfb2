"""What a person sees: block page and error page, in the reader's language, with help services."""

from __future__ import annotations

from .render import render_block, render_error

__all__ = ["render_block", "render_error"]
