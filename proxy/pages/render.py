"""Pages as bytes: the block page and the error page.

No script, nothing from anywhere else, everything escaped, readable without sight and on a phone. It knows
decisions and texts, and no connection.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from rules.address import redact
from rules.decide import Reason
from rules.explain import explain
from rules.presets import Action
from rules.search import UNSAFE
from rules.taxonomy import CATEGORIES

from . import languages
from .accepting import wants_data
from .contacts import ALWAYS, contacts

if TYPE_CHECKING:
    from jinja2 import Template

    from rules.decide import Decision, Request
    from rules.policy import Policy

    from .languages import Texts

_LONGEST_SHOWN = 300  # characters of an address on a page
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# The button leads back to this address only, and nobody may lay the page under another to be clicked.
_WITH_BUTTON = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Where these come to stand; nobody outside can write such a mark into a page.
_ADDRESS, _BUTTON = secrets.token_hex(16).encode(), secrets.token_hex(16).encode()
_MARKS = re.compile(b"(%b|%b)" % (_ADDRESS, _BUTTON))
_FRAMES = 256  # pages kept without their address: at most 2 MB
_CALM = frozenset({Action.ASK, Action.WARN})


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    text: str


@cache
def _template(name: str) -> Template:
    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def render_block(
    decision: Decision,
    request: Request,
    policy: Policy,
    accept_language: str = "",
    accept: str = "",
    *,
    button: str = "",
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that is not served.

    Args:
        decision: why not; its action is `block`, `ask` or `warn`.
        request: what was asked for.
        policy: for the country, whose help services are shown.
        accept_language: the header of that name.
        accept: the header of that name.
        button: where a button on the page leads that goes on past a warning; empty: there is none.

    Returns:
        Status, headers and body. A page where a person is waiting for one; a problem in JSON where a program
        asks for that (RFC 9457); otherwise (an image, a script, a fetch) one plain line.
    """
    texts = languages.choose(accept_language)
    title = _category_title(decision, texts)
    if not request.page_load and wants_data(accept):
        body = _problem(decision, request, policy, texts)
        return 403, _HEADERS | {"content-type": "application/problem+json"}, body
    if not request.page_load:
        reason = texts[_reason_key(decision)].format(category=title)
        said = (texts["closed_by"], title and f"{title}.", reason, *_steps(decision, texts)[-1:])
        line = " ".join(filter(None, said)) + "\n"
        return 403, _HEADERS | {"content-type": "text/plain; charset=utf-8"}, line.encode()
    parts = _frame(_Said.of(decision, request), policy.country, texts.tag, has_button=bool(button))
    address = redact(request.address) if request.address is not None else request.text
    shown, leads = escape(address[:_LONGEST_SHOWN]), escape(button)
    own = {_ADDRESS: shown.encode(), _BUTTON: leads.encode()}
    page = b"".join([own.get(part, part) for part in parts])
    return (
        403,
        _HEADERS | {"content-security-policy": _WITH_BUTTON} if button else dict(_HEADERS),
        page,
    )


class _Said(NamedTuple):
    """All that a page says but the address itself: the same for the neighbours of an address."""

    site: str
    because: str
    action: Action
    reason: Reason
    category: str | None
    rule: str

    @classmethod
    def of(cls, decision: Decision, request: Request) -> _Said:
        rule = decision.rule
        return cls(
            request.address.host if request.address is not None else "",
            explain(decision, request),
            decision.action,
            decision.reason,
            decision.category,
            "" if rule is None else f"{rule.list} · {rule.file}:{rule.line} · {rule.entry}",
        )


@lru_cache(maxsize=_FRAMES)
def _frame(said: _Said, country: str, language: str, *, has_button: bool) -> tuple[bytes, ...]:
    """The block page in pieces; two of them are the marks of the address and of where the button leads."""
    texts = languages.load(language)
    title = _category_title(said, texts)
    page = _template("block.html").render(
        texts=texts,
        heading=texts[_heading_key(said)],
        site=said.site[:_LONGEST_SHOWN],
        reason=texts[_reason_key(said)].format(category=title),
        category=title,
        steps=_steps(said, texts),
        contacts=contacts(country, said.category),
        always=ALWAYS,
        help_first=said.category in {"self_harm", "child_abuse"},
        details=_details(said, texts),
        calm=said.action in _CALM,
        button=_BUTTON.decode() if has_button else "",
    )
    return tuple(_MARKS.split(page.encode()))


def _problem(decision: Decision, request: Request, policy: Policy, texts: Texts) -> bytes:
    """Everything the page says, for a program and whoever reads what it shows."""
    title = _category_title(decision, texts)
    address = redact(request.address) if request.address is not None else request.text
    rule = decision.rule
    problem = {
        "type": "urn:stairgate:not-served",
        "title": texts[_heading_key(decision)],
        "status": 403,
        "detail": texts[_reason_key(decision)].format(category=title),
        "by": texts["who"],
        "address": address[:_LONGEST_SHOWN],
        "action": str(decision.action),
        "reason": str(decision.reason),
        "category": decision.category,
        "category_title": title or None,
        "because": explain(decision, request),
        "rule": rule and {"list": rule.list, "file": rule.file, "line": rule.line, "entry": rule.entry},
        "steps": _steps(decision, texts),
        "help": [
            {"name": contact.name, "web": contact.web, "phone": contact.phone or None}
            for contact in contacts(policy.country, decision.category)
        ],
    }
    return json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def render_error(status: int, message: str, refused: str, accept_language: str = "") -> bytes:
    """The page where a site could not be reached; says plainly that nothing was blocked.

    Args:
        status: the HTTP status it goes out with.
        message: what went wrong, from the network; shown small.
        refused: where the address is one that clients are refused: what lies there; else empty.
        accept_language: the header of that name.
    """
    texts = languages.choose(accept_language)
    kind = "refused" if refused else _error_kind(status, message)
    page = _template("error.html").render(
        texts=texts,
        heading=texts[f"errors.{kind}.heading"],
        sentence=texts[f"errors.{kind}.sentence"],
        step=texts[f"errors.{kind}.step"],
        message=(refused or message)[:_LONGEST_SHOWN],
        status=status,
    )
    return page.encode()


def _error_kind(status: int, message: str) -> str:
    lowered = message.lower()
    if status < 500:
        return "request"
    if "certificate" in lowered or "tls" in lowered or "ssl" in lowered:
        return "certificate"
    return "name" if "no address found" in lowered else "unreachable"


def _category_title(decision: Decision | _Said, texts: Texts) -> str:
    if decision.category is None:
        return ""
    own = texts.get(f"categories.{decision.category}")
    category = CATEGORIES.get(decision.category)
    return own or (category.title if category is not None else decision.category)


def _heading_key(decision: Decision | _Said) -> str:
    if decision.action in _CALM:
        return f"headings.{decision.action}"
    if decision.reason is Reason.FAILURE:
        return "headings.failure"
    return "headings.block"


def _reason_key(decision: Decision | _Said) -> str:
    if decision.action in _CALM:
        return f"reasons.{decision.action}" if decision.category else "reasons.unknown"
    if decision.reason is Reason.BYPASS and decision.category is None:
        return "reasons.disagreement"
    if decision.reason is Reason.CATEGORY and decision.category is None:
        return "reasons.unknown"
    if decision.reason is Reason.BUDGET and decision.category is None:
        return "reasons.budget_of_all"
    return f"reasons.{decision.reason}"


def _steps(decision: Decision | _Said, texts: Texts) -> list[str]:
    if decision.reason is Reason.FAILURE:
        return [texts["steps.again"], texts["steps.tell"]]
    if decision.reason is Reason.ILLEGAL:
        return [texts["steps.back"], texts["steps.not_your_fault"]]
    if decision.action is Action.ASK:
        return [texts["steps.ask"], texts["steps.back"]]
    if decision.category == UNSAFE:
        return [texts["steps.search"], texts["steps.mistake"]]
    return [texts["steps.back"], texts["steps.mistake"]]


def _details(said: _Said, texts: Texts) -> list[_Part]:
    parts = [
        _Part(texts["details.address"], _ADDRESS.decode()),
        _Part(texts["details.because"], said.because),
    ]
    category = CATEGORIES.get(said.category or "")
    if category is not None:
        parts.append(_Part(texts["details.meaning"], category.meaning))
    if said.rule:
        parts.append(_Part(texts["details.rule"], said.rule))
    return parts
