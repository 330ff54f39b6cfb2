"""HTML pages from templates: one file, no script, nothing fetched, escaped by default."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from . import chart, tokens, wording

if TYPE_CHECKING:
    from standard.figures import Rate


def fill(template: str, **values: object) -> str:
    """The page made from `template` (a file name in `templates/`) and `values`, ending in a newline."""
    return _environment().get_template(template).render(css=_css(), **values).rstrip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("standard.render", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
    )
    environment.globals.update(
        marks=wording.MARKS,
        tones=wording.TONES,
        unexamined=wording.is_unexamined,
        why_unexamined=wording.why_unexamined,
        tallied=wording.tallied,
        measured=wording.measured,
        wilson=wording.wilson,
        section_number=wording.section_number,
        outcome=wording.outcome,
        thousands=wording.thousands,
        percent=wording.percent,
        count=wording.count,
        day=wording.day,
        minute=wording.minute,
        draw_interval=_interval,
        draw_curve=_curve,
    )
    return environment


@cache
def stylesheet(name: str) -> Markup:
    """One of our own stylesheets in `templates/`."""
    source = resources.files(__package__) / "templates" / name
    return Markup(source.read_text(encoding="utf-8"))  # noqa: S704 - our own stylesheet, no one else's text


@cache
def _css() -> Markup:
    return Markup(tokens.stylesheet()) + stylesheet("page.css")  # noqa: S704 - our own stylesheet


def _interval(rate: Rate) -> Markup:
    return Markup(chart.draw_interval(rate))  # noqa: S704 - the chart escapes its labels itself


def _curve(rate: Rate) -> Markup:
    return Markup(chart.draw_curve(rate))  # noqa: S704 - the chart escapes its labels itself
