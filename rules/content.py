"""What an answer says of itself: its age labels, and what its words weigh, as findings for `rules.decide`.

Pure: bytes and headers in, findings out. What a person may see in spite of them is decided in `rules.decide`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from .decision import Finding
from .labels import Label, Scheme, metas, read_labels
from .metasearch import of_page
from .phrases import Score, matcher
from .presets import Profile
from .prose import read_page, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMITS: Mapping[Profile, int | None] = {
    Profile.EARLY: 40,
    Profile.CHILD: 40,
    Profile.TWEEN: 50,
    Profile.TEEN: 70,
    Profile.YOUNG_ADULT: 100,
    Profile.ADULT: None,
}
"""From how many points on words speak for a category; None: words are not weighed."""


class Form(StrEnum):
    """What a body is read as."""

    PAGE = "page"
    """HTML or plain text."""
    JSON = "json"
    """Texts in JSON; what looks like a label in them is a quotation."""


_HEAD = 16 * 1024  # bytes of a page that are searched for the program that made it
_ADULTS = 18
_ALMOST = 16


def examine(
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    charset: str | None = None,
    profile: Profile,
    form: Form = Form.PAGE,
) -> tuple[Finding, ...]:
    """The findings of one answer for one profile: labels first, then words, strongest first.

    Args:
        headers: names and values of the answer.
        body: its decompressed body, or the first part of it.
        charset: as the Content-Type names it.
        profile: whose limit counts.
        form: what the body is.
    """
    is_page = form is Form.PAGE
    labels = read_labels(headers, body if is_page else b"")
    found = [finding for label in labels if (finding := of_label(label))]
    head = body[:_HEAD].lower() if is_page else b""
    if b"generator" in head and (made := of_page(metas(head))):
        found.append(made)
    limit = LIMITS[profile]
    if limit is not None:
        words = read_page(body if is_page else unescape(body), charset)
        found += [of_score(score) for score in matcher().score(words) if score.points >= limit]
    return tuple(found)


def of_label(label: Label) -> Finding | None:
    """What a label speaks for: from 18 pornography, from 16 nudity (asked for, warned of), else nothing."""
    if label.age < _ALMOST:
        return None
    said = f"from {label.age} years" if label.scheme is Scheme.AGE_DE else label.value
    return Finding(
        category="pornography" if label.age >= _ADULTS else "nudity",
        because=f"the site labels itself for adults ({label.scheme}, {label.source}: {said})"
        if label.age >= _ADULTS
        else f"the site labels itself for older people ({label.scheme}, {label.source}: {said})",
        label=True,
    )


def of_score(score: Score, *, most: int = 5) -> Finding:
    """A score as a finding, with the phrases that weighed most and what was taken off."""
    added = [part for part in score.contributions if part.points > 0]
    shown = ", ".join(
        f"{part.text} {part.points}" + (f" ({part.count} times)" if part.count > 1 else "")
        for part in added[:most]
    )
    rest = f", and {len(added) - most} more" if len(added) > most else ""
    off = "".join(f"; less {-part.points} as {part.context}" for part in score.contributions if part.context)
    return Finding(category=score.category, because=f"{score.points} points of words: {shown}{rest}{off}")
