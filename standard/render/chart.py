"""Two charts as SVG: what a sample supports beside what was asked, and an operating curve.

Pure: figures in, text out. Colours are CSS custom properties on screen and plain values on paper, so the same
drawing serves the HTML page and the PDF. Every chart says in words (its label) what it shows.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .tokens import LIGHT
from .wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from standard.figures import Rate

type Colour = Callable[[str], str]
type Curve = tuple[tuple[float, float], ...]

_STARTS = (0.95, 0.9, 0.8, 0.7, 0.5, 0.0)
_ENDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def on_screen(token: str) -> str:
    """A colour that follows the reader's light or dark theme."""
    return f"var(--{token})"


def on_paper(token: str) -> str:
    """A colour for print."""
    return LIGHT[token]


class _Seen(NamedTuple):
    """A rate of which every figure is known. Shares from 0 to 1."""

    seen: float
    low: float
    high: float
    bound: float
    asked: float
    is_floor: bool


def draw_interval(rate: Rate, colour: Colour = on_screen, *, width: int = 360) -> str:
    """An SVG of a rate: the needed range shaded, its interval as a bar, the deciding bound as a notch.

    Args:
        rate: what to draw.
        colour: `on_screen` or `on_paper`.
        width: in CSS pixels.

    Returns:
        The drawing, or "" where nothing was counted and there is nothing to draw.
    """
    if rate.seen is None or rate.bound is None or rate.wilson_low is None or rate.wilson_high is None:
        return ""
    value = _Seen(rate.seen, rate.wilson_low, rate.wilson_high, rate.bound, rate.asked, rate.is_floor)
    begin, end = _window(value)
    left, middle, span = 10, 17, width - 20

    def at(share: float) -> float:
        return left + span * (min(max(share, begin), end) - begin) / (end - begin)

    is_good = value.bound >= value.asked if value.is_floor else value.bound <= value.asked
    tone = colour("good" if is_good else "bad")
    zone = (value.asked, end) if value.is_floor else (begin, value.asked)
    parts = [
        _bar(left, left + span, middle, 2, f"fill:{colour('line')}"),
        _bar(at(zone[0]), at(zone[1]), middle, 22, f"fill:{colour('good-tint')}"),
        _upright(at(value.asked), 3, 31, f"stroke:{colour('ink')};stroke-width:1.2;stroke-dasharray:3 2"),
        _bar(at(value.low), at(value.high), middle, 8, f"fill:{tone};opacity:.38"),
        _upright(at(value.bound), middle - 8, middle + 8, f"stroke:{tone};stroke-width:2.6"),
        _dot(at(value.seen), middle, tone, colour("paper")),
    ]
    parts += _labels(begin, value.asked, end, at=at, y=43, colour=colour("quiet"))
    return _svg(width, 46, _say_interval(value), parts)


def draw_curve(rate: Rate, colour: Colour = on_screen, *, width: int = 360) -> str:
    """An SVG of a rate's operating curve: what chance a product with a given true rate has to pass.

    Args:
        rate: with its curve; the rate seen is marked on it.
        colour: `on_screen` or `on_paper`.
        width: in CSS pixels.

    Returns:
        The drawing, or "" where the rate has no curve.
    """
    if len(rate.curve) < 2:
        return ""
    curve = _worth_showing(tuple((point.true_rate, point.chance) for point in rate.curve))
    height, left, right, top, bottom = 170, 44, 14, 10, 34
    begin, end = curve[0][0], curve[-1][0]
    wide, high = width - left - right, height - top - bottom

    def x(true_rate: float) -> float:
        return left + wide * (true_rate - begin) / (end - begin)

    def y(chance: float) -> float:
        return top + high * (1 - chance)

    quiet = colour("quiet")
    parts = []
    for chance in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_bar(left, width - right, y(chance), 1, f"fill:{colour('line')}"))
        parts.append(_text(left - 6, y(chance) + 3.5, percent(chance), quiet, anchor="end"))
    if begin <= rate.asked <= end:
        dashes = f"stroke:{colour('ink')};stroke-width:1.2;stroke-dasharray:3 2"
        parts.append(_upright(x(rate.asked), top, top + high, dashes))
    path = " L".join(f"{x(true_rate):.1f} {y(chance):.1f}" for true_rate, chance in curve)
    parts.append(f'<path d="M{path}" style="fill:none;stroke:{colour("link")};stroke-width:2.2"/>')
    if rate.seen is not None and begin <= rate.seen <= end:
        parts.append(_dot(x(rate.seen), y(_between(curve, rate.seen)), colour("link"), colour("paper")))
    parts += _labels(begin, rate.asked, end, at=x, y=top + high + 14, colour=quiet)
    parts.append(_text(left + wide / 2, height - 5, "true rate of the product", quiet))
    return _svg(width, height, _say_curve(curve, rate), parts)


def _worth_showing(curve: Curve) -> Curve:
    """The part of a curve where something happens: long flat ends are cut to a little of each."""
    moving = [at for at, (_, chance) in enumerate(curve) if 0.0005 < chance < 0.9995]
    if len(moving) < 4:
        return curve
    margin = max(2, len(moving) // 6)
    return curve[max(0, moving[0] - margin) : moving[-1] + margin + 1]


def _between(curve: Curve, rate: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= rate <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (rate - x0) / (x1 - x0)
    return curve[-1][1]


def _window(value: _Seen) -> tuple[float, float]:
    shares = (value.seen, value.low, value.high, value.bound, value.asked)
    if value.is_floor:
        least = max(min(shares) - 0.01, 0)
        return next(start for start in _STARTS if start <= least), 1.0
    most = min(max(shares) * 1.08, 1)
    return 0.0, next(end for end in _ENDS if end >= most)


def _labels(
    begin: float, asked: float, end: float, *, at: Callable[[float], float], y: float, colour: str
) -> Iterable[str]:
    """Both ends of the axis and the threshold; an end the threshold's label would touch is left out."""
    near = 44
    if not begin < asked < end:
        yield _text(at(begin), y, percent(begin), colour, anchor="start")
        yield _text(at(end), y, percent(end), colour, anchor="end")
        return
    has_begin, has_end = at(asked) - at(begin) > near, at(end) - at(asked) > near
    if has_begin:
        yield _text(at(begin), y, percent(begin), colour, anchor="start")
    if has_end:
        yield _text(at(end), y, percent(end), colour, anchor="end")
    yield _text(at(asked), y, percent(asked), colour)


def _bar(begin: float, end: float, middle: float, thick: float, style: str) -> str:
    round_by = 4 if thick == 8 else 2 if thick > 8 else 0
    size = f'width="{max(end - begin, 1):.1f}" height="{thick:g}" rx="{round_by}"'
    return f'<rect x="{begin:.1f}" y="{middle - thick / 2:.1f}" {size} style="{style}"/>'


def _upright(x: float, top: float, bottom: float, style: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" style="{style}"/>'


def _dot(x: float, y: float, fill: str, rim: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2" style="fill:{fill};stroke:{rim};stroke-width:1.4"/>'


def _text(x: float, y: float, words: str, colour: str, *, anchor: str = "middle") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11"'
    return f'<text {place} style="fill:{colour}">{escape(words)}</text>'


def _svg(width: int, height: int, label: str, parts: Iterable[str]) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    name = f'font-family="Libertinus Serif" role="img" aria-label="{escape(label)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {name}>{"".join(parts)}</svg>'


def _say_interval(value: _Seen) -> str:
    relation = "at least" if value.is_floor else "at most"
    return (
        f"seen {percent(value.seen)}, 95 % interval {percent(value.low)} to {percent(value.high)}, "
        f"supports {relation} {percent(value.bound)}, asked {relation} {percent(value.asked)}"
    )


def _say_curve(curve: Curve, rate: Rate) -> str:
    relation = "at least" if rate.is_floor else "at most"
    half = min(curve, key=lambda point: abs(point[1] - 0.5))[0]
    return (
        f"operating curve for {relation} {percent(rate.asked)}: "
        f"a product whose true rate is about {percent(half)} has an even chance to pass"
    )
