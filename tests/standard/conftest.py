"""A small standard on disk, whole and sound, for tests to break in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A busy machine is no failure: what is slow is measured in benchmarks/.
settings.register_profile("standard", deadline=None)
settings.load_profile("standard")

GAMBLING = """\
id: content.gambling
number: "4.1.7"
title: Gambling is blocked
obligation: shall
since: "2026.1"
module: core
critical: false
text: The product shall block services that take stakes.
rationale: Few and well known.
applies_when: {stands: [forward-proxy, dns-resolver], capability: category-filtering, offered: required}
assumptions: []
criteria:
  - id: content.gambling/known-sites
    text: The draw supports that 90 in 100 are blocked.
    method: automated
    level: basic
    evidence: drawn
    measure:
      {kind: rate_at_least, population: gambling, at_least: 0.9, confidence: 0.95, draw: 200, misses: 12}
references: []
history:
  - {edition: "2026.1", change: First published.}
"""
LABEL = """\
id: content.label
number: "4.4.4"
title: Labels are read
obligation: should
since: "2026.1"
module: core
critical: true
text: The product should block a page that labels itself.
rationale: Labels cost nothing.
applies_when: {stands: [forward-proxy], capability: labels, offered: where-offered}
assumptions: []
criteria:
  - id: content.label/variants
    text: Each variant is blocked.
    method: automated
    level: basic
    evidence: written
    measure: {kind: every, set: variants}
  - id: content.label/told
    text: The guide names the labels read.
    method: inspection
    level: basic
    evidence: none
    measure: {kind: checklist, items: [{id: named, question: "Does the guide name each label?"}]}
references: []
history:
  - {edition: "2026.1", change: First published.}
"""
FILES = {
    "clauses/content/gambling.yaml": GAMBLING,
    "clauses/content/label.yaml": LABEL,
    "annexes/sets/variants.yaml": (
        "id: variants\ntitle: Variants\nitems:\n  - {id: meta, text: In the page}\n"
        "  - {id: header, text: In the header}\n"
    ),
    "annexes/populations.yaml": (
        "populations:\n  - {id: gambling, title: Gambling, definition: Sites that take stakes.}\n"
    ),
    "annexes/capabilities.yaml": (
        "capabilities:\n  - {id: category-filtering, title: Categories, definition: Decides by subject.}\n"
        "  - {id: labels, title: Labels, definition: Reads age labels.}\n"
    ),
    "editions/2026.1.yaml": (
        'id: "2026.1"\ntitle: Edition\nstatus: draft\ndate: "2026-11-21"\nsummary: A small one.\n'
        "stands:\n  - {id: forward-proxy, title: Proxy, text: The client is told its address.}\n"
        "settings:\n  - {id: home, title: Home, text: A household.}\n"
        'sections:\n  - {number: "4", title: Content, module: core}\n'
        "clauses: [content.gambling, content.label]\n"
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a small, sound standard."""
    folder = tmp_path / "standard"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def mend(home: Path) -> Callable[[str, str, str], None]:
    """Replaces one piece of text in one file of that standard."""

    def replace(name: str, old: str, new: str) -> None:
        path = home / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
