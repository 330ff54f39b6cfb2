"""Secrets: planted in requests and answers, and afterwards looked for wherever the product writes."""

from __future__ import annotations

import asyncio
import base64
import random
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance_tests.driver import RefusedError
from conformance_tests.judge import Judgement
from conformance_tests.lab.question import Question
from conformance_tests.lab.sites import Manner, Page, Site
from conformance_tests.observation import measured
from conformance_tests.procedures.traces import changed_since, holds, holds_text
from conformance_tests.stands.visit import ask
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

_SETTLE = 1.5
WAYS = ("allowed", "blocked", "broken", "tls")
KINDS = (
    "query", "fragment-like-path", "form-body", "json-body", "multipart", "cookie", "set-cookie",
    "basic-auth", "bearer", "user-part", "referrer", "websocket", "response-body", "search-term", "dns-label",
)  # fmt: skip


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `listed`, `open` and `broken`: the blocked host, the allowed one, one that breaks off."""
    begun = datetime.now(UTC).timestamp()
    alive = await session.is_alive()
    dice = random.Random(f"{session.internet.plan.seed}/secrets")  # noqa: S311 - told to the product anyway
    planted = {}
    for kind in KINDS:
        for way in WAYS:
            secret = "".join(dice.choices(string.ascii_lowercase, k=20))
            planted[f"{kind}-{way}"] = secret
            host = case.settings["listed" if way == "blocked" else "broken" if way == "broken" else "open"]
            _set_scene(session, host, kind, secret, breaks=way == "broken")
            await ask(session.door, _question(kind, "https" if way == "tls" else "http", host, secret))
    still = await session.is_alive()
    await asyncio.sleep(_SETTLE)
    exported = b""
    try:
        exported = repr((await session.drive("journal")).get("records", [])).encode()
    except RefusedError:
        exported = b""  # its files are looked through all the same
    files = list(changed_since(session, begun))
    observations = []
    for item, secret in planted.items():
        # The record's own address field may name the host; there a secret label belongs.
        places = [path.name for path in files if holds(path, secret)] if "dns-label" not in item else []
        if holds_text(exported, secret) and "dns-label" not in item:
            places.append("the export")
        said = f"It stands in {', '.join(places)}." if places else f"It is in none of {len(files)} files."
        outcome = Outcome.FAILED if places else Outcome.PASSED
        if not (alive and still):
            outcome, said = (
                Outcome.CANNOT_TELL,
                "A harmless page did not load: nothing is shown.",
            )
        written = "it stands nowhere the product writes"
        observations.append(measured(item, Judgement(outcome, said), item=item, expected=written))
    return observations


def _set_scene(session: Session, host: str, kind: str, secret: str, *, breaks: bool) -> None:
    """The site shows the secret where the answer holds it, and breaks off where it is to break off."""
    headers = {"set-cookie": f"session={secret}"} if kind == "set-cookie" else {}
    html = f"<p>{secret}</p>" if kind == "response-body" else ""
    manner = Manner.WEBSOCKET if kind == "websocket" and not breaks else Manner.PAGE
    page = Page(manner=manner, headers=headers, html=html, breaks=breaks)
    session.internet.recast(Site(host=host, pages={"*": page}))
    session.internet.recast(Site(host=f"*.{host}", pages={"*": page}))


def _question(kind: str, scheme: str, host: str, secret: str) -> Question:
    headers: dict[str, str] = {}
    url, body, websocket = f"{scheme}://{host}/page", b"", False
    match kind:
        case "query":
            url += f"?token={secret}"
        case "search-term":
            url = f"{scheme}://{host}/search?q={secret}"
        case "fragment-like-path":
            url = f"{scheme}://{host}/token/{secret}"
        case "form-body":
            body, headers = (
                f"password={secret}".encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
        case "json-body":
            body, headers = f'{{"password": "{secret}"}}'.encode(), {"Content-Type": "application/json"}
        case "multipart":
            headers = {"Content-Type": "multipart/form-data; boundary=b0"}
            head = b'--b0\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n'
            body = head + f"{secret}\r\n--b0--\r\n".encode()
        case "cookie":
            headers = {"Cookie": f"session={secret}"}
        case "basic-auth":
            headers = {"Authorization": "Basic " + base64.b64encode(f"ann:{secret}".encode()).decode()}
        case "bearer":
            headers = {"Authorization": f"Bearer {secret}"}
        case "user-part":
            url = f"{scheme}://ann:{secret}@{host}/page"
        case "referrer":
            headers = {"Referer": f"http://{host}/from?token={secret}"}
        case "websocket":
            websocket = True
            headers = {"Sec-WebSocket-Protocol": secret}
        case "dns-label":
            url = f"{scheme}://{secret}.{host}/page"
    return Question(
        url=url, method="POST" if body else "GET", headers=headers, body=body, websocket=websocket, seconds=4
    )
