"""The console's routes and what every answer of it carries. Served on loopback only, without scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import door
from .today import gather, today_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Engine

    from proxy.live import Live

    from .condition import Condition
    from .today import Today

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the first address holds the key
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_OPEN = {"/style.css", "/icon.svg"}


def _local_now() -> datetime:
    return datetime.now().astimezone()


def make_app(
    live: Live,
    engine: Engine,
    *,
    key: str,
    hosts: frozenset[str],
    proxy: str,
    condition: Condition,
    clock: Callable[[], datetime] = _local_now,
) -> FastAPI:
    """The console.

    Args:
        live: the rules in force.
        engine: the journal's database.
        key: what the link holds.
        hosts: the values of Host that are ours (`door.hosts_of`).
        proxy: where the gate listens, for the page.
        condition: how the parts of the gate are.
        clock: the time, aware; the day begins and ends by the policy's time zone.
    """
    app = FastAPI(title="Stairgate console", docs_url=None, redoc_url=None)
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    @app.middleware("http")
    async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = _refuse(request, templates, key=key, hosts=hosts, now=clock())
        if answer is None:
            answer = await call_next(request)
        answer.headers.update(_HEADERS)
        return answer

    def _today() -> Today:
        return gather(
            live, engine, proxy=proxy, condition=condition, now=clock().astimezone(live.rules.policy.zone)
        )

    @app.get("/", response_class=HTMLResponse)
    def _page() -> HTMLResponse:
        """Today, for people."""
        return HTMLResponse(templates.get_template("today.html").render(today=_today()))

    @app.get("/today.json")
    def _twin() -> JSONResponse:
        """Today, for programs."""
        return JSONResponse(today_json(_today()))

    @app.get("/style.css", include_in_schema=False)
    def _style() -> FileResponse:
        return FileResponse(_HERE / "static" / "style.css", media_type="text/css")

    @app.get("/icon.svg", include_in_schema=False)
    def _icon() -> FileResponse:
        return FileResponse(_HERE / "static" / "icon.svg", media_type="image/svg+xml")

    return app


def _refuse(
    request: Request, templates: Environment, *, key: str, hosts: frozenset[str], now: datetime
) -> Response | None:
    """The answer to whoever may not come in, the exchange of the key for a session, or None: come in."""
    if cause := door.wrong_address(request.headers, hosts):
        return _closed(templates, cause)
    given = request.query_params.get("key")
    if given is not None and request.url.path == "/" and request.method == "GET":
        if not door.key_fits(given, key):
            return _closed(templates, "The key in this link is not the key of this console.")
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            door.COOKIE,
            door.make_session(key, now=now.astimezone(UTC)),
            max_age=door.SESSION_SECONDS,
            httponly=True,
            samesite="strict",
        )
        return answer
    if request.url.path in _OPEN:
        return None
    if not door.session_holds(request.cookies.get(door.COOKIE, ""), key, now=now.astimezone(UTC)):
        return _closed(
            templates, "Open the console with the whole link that “stairgate up” prints in its terminal."
        )
    return None


def _closed(templates: Environment, cause: str) -> HTMLResponse:
    return HTMLResponse(templates.get_template("closed.html").render(cause=cause), status_code=403)
