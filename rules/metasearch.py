"""Metasearch instances, told by their shape: programs that anybody runs under any name, and that ask others.

A list can't name them all. SearXNG and its kin send parameters with a search that no other site sends
together, and write their own name into their pages. Pure: text in, a finding or None out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .decision import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

_CATEGORY = "unsafe_search"
_MAY_BE_ONE = re.compile(r"categor(?:y_|ies=)|(?:\A|&)[^=&]*%", re.IGNORECASE)
_BESIDE = frozenset({"time_range", "safesearch", "theme", "engines", "pageno", "image_proxy"})
"""Parameters of which SearXNG's form sends at least one beside its categories."""
_MAKERS = re.compile(r"(searxng|searx|whoogle|4get|librex|librey|metager|yacy)\b")


def may_be_metasearch(query: str) -> bool:
    """The quick first question to a query: False where `of_query` finds nothing in it."""
    return _MAY_BE_ONE.search(query) is not None


def of_query(query: str) -> Finding | None:
    """The finding of a request that searches at a metasearch instance.

    Args:
        query: of the address, as sent.
    """
    if not may_be_metasearch(query):
        return None
    names = {unquote_plus(part.partition("=")[0]).lower() for part in query.split("&")}
    sorted_ = "categories" in names or any(name.startswith("category_") for name in names)
    if "q" in names and sorted_ and not names.isdisjoint(_BESIDE):
        return _finding("its parameters are those of SearXNG")
    return None


def of_page(metas: Iterable[tuple[str, str]]) -> Finding | None:
    """The finding of a page that such a program made.

    Args:
        metas: name and content of the page's meta elements, in lower case.
    """
    for name, content in metas:
        if name == "generator" and (maker := _MAKERS.match(content.strip())):
            return _finding(f"the page says that {maker[1]} made it")
    return None


def _finding(why: str) -> Finding:
    because = f"it is a search that asks other engines, and nothing forces their safe mode: {why}"
    return Finding(category=_CATEGORY, because=because, shape=True)
