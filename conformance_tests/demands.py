"""What an answer must be like besides blocked or allowed: status, headers, elements of a block. Pure.

A case names its demands by word. What a product's block page looks like is said by its adapter, and decides
only whether something was told, never whether the page was blocked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance_tests.judge import Judgement
from conformance_tests.parts import ELEMENTS
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance_tests.lab.question import Answer
    from conformance_tests.parts import Probe

_REASONS = {15, 17}  # RFC 8914 4.16 Blocked, 4.18 Filtered
# What a browser fetches by itself while it shows a page; a plain link is not among it.
_FETCHED = re.compile(
    r"""(?:\ssrc(?:set)?\s*=\s*["']?|<link\b[^>]*\shref\s*=\s*["']?|url\(\s*["']?|@import\s+["'])"""
    r"""(?:https?:)?//([^/"'\s)>]+)""",
    re.IGNORECASE,
)


def fetched(answer: Answer) -> frozenset[str]:
    """The hosts, each with its port where it has one, that a browser would fetch parts of this page from."""
    return frozenset(_FETCHED.findall(answer.text.decode("utf-8", "replace")))


def check(
    probe: Probe, answer: Answer, marks: Mapping[str, str], *, own: frozenset[str], issuer: str
) -> Judgement:
    """Whether an answer meets what its probe demands.

    Args:
        probe: its `demands`, with `lacks` and `headers` among its options.
        answer: what the client got.
        marks: element of a block page -> pattern found in it; from the adapter.
        own: hosts that the product answers for itself; its page may load from them.
        issuer: the common name of the lab's authority.

    Returns:
        Passed, failed with the first demand not met, or untested where the adapter names no marks.
    """
    if {"elements", *ELEMENTS} & set(probe.demands) and not marks:
        return Judgement(Outcome.UNTESTED, "The adapter does not say what its block page looks like.")
    missed = next(_missed(probe, answer, marks, own, issuer), "")
    return Judgement(Outcome.FAILED if missed else Outcome.PASSED, missed or "The answer was as demanded.")


def _missed(
    probe: Probe, answer: Answer, marks: Mapping[str, str], own: frozenset[str], issuer: str
) -> Iterator[str]:
    text = answer.text.decode("utf-8", "replace")
    for demand in probe.demands:
        match demand:
            case "status" if answer.status not in {403, 451}:
                yield f"The block came with status {answer.status}, not with 403 or 451."
            case "no-store" if "no-store" not in answer.header("cache-control").lower():
                yield f"Cache-Control was {answer.header('cache-control')!r}: the block may be kept."
            case "elements":
                yield from (_lacking(one) for one in ELEMENTS if not _has(marks, one, text))
            case "is-a-block" | "by-what" | "why" | "what-to-do" if not _has(marks, demand, text):
                yield _lacking(demand)
            case "silent":
                for host in sorted(fetched(answer) - own):
                    yield f"The block page loads something from {host}."
            case "lacks":
                yield from (f"The page holds {part!r}." for part in probe.lacks if part in text)
                names = [name for name, _ in answer.headers]
                yield from (f"A header {name!r} was made." for name in names if name == "x-injected")
            case "reason" if not _REASONS & {code for one in answer.found for code in one.reasons}:
                yield "The filtered answer carries no extended error 15 or 17."
            case "negative":
                for one in answer.found:
                    if one.manner not in {"nxdomain", "nodata"}:
                        yield f"The answer was not a negative one: {one.sentence}."
            case "headers":
                for name, value in probe.headers.items():
                    if answer.header(name) != value:
                        yield f"{name} came as {answer.header(name)!r}, sent as {value!r}."
            case "tls-1.2" | "tls-1.3" if answer.protocol < f"TLSv{demand[4:]}":
                yield f"The client was spoken to in {answer.protocol or 'no TLS'}, not in {demand}."
            case "issuer" if answer.issuer != issuer:
                yield f"The client was shown a certificate by {answer.issuer!r}, not by the origin's issuer."


def measure(word: str, answer: Answer, *, product: str) -> float:
    """An amount of an answer: a word of `parts.MEASURES`.

    Args:
        word: `lifetime`, the longest TTL of an answer in seconds; `requests-elsewhere`, what a browser would
            fetch from other hosts while it shows the page; `seconds`, from the connection to the answer;
            `safe-preference`, whether the origin was told one.
        answer: what the client got.
        product: the product's own host.
    """
    if word == "seconds":
        return answer.milliseconds / 1000
    if word == "safe-preference":
        # The page shows the headers that reached its origin.
        return float(bool(re.search(rb'"prefer": "[^"]*safe', answer.text)))
    if word == "lifetime":
        return max((one.lifetime for one in answer.found), default=0)
    text = answer.text.decode("utf-8", "replace")
    return sum(product not in {host, host.rpartition(":")[0]} for host in _FETCHED.findall(text))


def _has(marks: Mapping[str, str], element: str, text: str) -> bool:
    return element in marks and re.search(marks[element], text, re.IGNORECASE) is not None


def _lacking(element: str) -> str:
    return f"The block does not show the element {element!r}."
