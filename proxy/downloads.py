"""Getting a list from an http(s) address, with manners and without trust.

Asks only for what changed, and refuses what can't be a list: errors, web pages, nothing, too much. What comes
in is written into a folder of the caller's; putting it to use is `proxy.subscriptions`'.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LARGEST = 512 * 1024 * 1024
"""Bytes of one list, unpacked. The largest public one (4.5 million names) has 110 MB."""
LONGEST = 900.0
"""Seconds after which a download is given up, however it trickles."""
_SLOWEST = httpx.Timeout(30.0, connect=10.0)
_MOST_REDIRECTS = 5
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body")
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What came in.

    Attributes:
        path: the file as it was served.
        etag: the answer's ETag, empty where there was none.
        last_modified: the answer's Last-Modified, empty where there was none.
        fresh_for: seconds the server says that this stays fresh; 0 for nothing said.
    """

    path: Path
    etag: str
    last_modified: str
    fresh_for: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says that nothing is new; `fresh_for` as in `Download`."""

    fresh_for: float = 0


class UnservedError(StairgateError):
    """A list can't be had now; `wish` is the seconds the server asks to wait, 0 for nothing said."""

    wish: float = 0


def is_remote(source: str) -> bool:
    """Whether a source is fetched over the network and not read from this machine."""
    return source.lower().startswith(("http://", "https://"))


def download(
    source: str,
    folder: Path,
    *,
    etag: str = "",
    last_modified: str = "",
    progress: Callable[[int, int | None], None] | None = None,
    largest: int = LARGEST,
    clock: Callable[[], float] = time.monotonic,
) -> Download | Unchanged:
    """Fetch a list into `folder`.

    Args:
        source: an http or https address.
        folder: exists; the file is called as the address's last part.
        etag: of the copy at hand; asked with If-None-Match (RFC 9110, 13.1.2).
        last_modified: of the copy at hand; asked with If-Modified-Since.
        progress: told the bytes so far and, where known, in all.
        largest: more bytes than this are refused.
        clock: seconds; a download that takes more than `LONGEST` of them is given up.

    Returns:
        What came in, or that nothing has changed.

    Raises:
        StairgateError: unreachable or an error answer (69); a web page, empty or too large (65).
    """
    headers = {"User-Agent": "stairgate (household list update)", "Accept-Encoding": "gzip, identity"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    give_up = clock() + LONGEST
    try:
        with _open(source, headers) as answer:
            fresh_for = _fresh_for(answer.headers.get("cache-control", ""))
            if answer.status_code == httpx.codes.NOT_MODIFIED and (etag or last_modified):
                return Unchanged(fresh_for=fresh_for)
            if answer.status_code != httpx.codes.OK:
                raise _unserved(source, answer)
            if "html" in answer.headers.get("content-type", "").lower():
                raise _web_page(source)
            path = folder / (_file_name(answer.url.path) or "list")

            def tell(done: int, total: int | None) -> None:
                if clock() > give_up:
                    raise httpx.ReadTimeout(f"it takes longer than {LONGEST // 60:.0f} minutes")
                if progress is not None:
                    progress(done, total)

            _write(answer, path, source, tell, largest)
            return Download(
                path=path,
                etag=answer.headers.get("etag", ""),
                last_modified=answer.headers.get("last-modified", ""),
                fresh_for=fresh_for,
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _refusal(
            "list-unreachable",
            source,
            f"The list can't be fetched: {str(error) or type(error).__name__}.",
            "Check the address and the connection; the last good copy stays in use.",
            Exit.MISSING,
        ) from error


@contextlib.contextmanager
def _open(source: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """Ask for an address and follow where it leads; never from https to http, where anyone could answer."""
    with httpx.Client(timeout=_SLOWEST) as client:
        url = httpx.URL(source)
        for _ in range(_MOST_REDIRECTS + 1):
            with client.stream("GET", url, headers=headers) as answer:
                if not answer.has_redirect_location:
                    yield answer
                    return
                following = answer.next_request
            if following is None or (url.scheme == "https" and following.url.scheme != "https"):
                raise httpx.UnsupportedProtocol("it leads from https to an address that is not")
            url = following.url
    raise httpx.TooManyRedirects(f"it leads on more than {_MOST_REDIRECTS} times")


_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})")


def _fresh_for(cache_control: str) -> float:
    """Seconds of `max-age` (RFC 9111, 5.2.2.1); 0 where it is not given or must not be used."""
    found = _MAX_AGE.search(cache_control.lower())
    return 0 if found is None or "no-" in cache_control.lower() else float(found[1])


def _unserved(source: str, answer: httpx.Response) -> UnservedError:
    wish = answer.headers.get("retry-after", "")
    error = UnservedError(
        Problem(
            code="list-not-served",
            place=source,
            cause=f"The server answered {answer.status_code} {answer.reason_phrase}.",
            hint="Check the address in a browser, or try again later; the last good copy stays in use.",
        ),
        exit_code=Exit.MISSING,
    )
    # As a date it says the same; servers that mean it send seconds (RFC 9110, 10.2.3).
    error.wish = float(wish) if wish.isascii() and wish.isdigit() and len(wish) < 9 else 0
    return error


def _write(
    answer: httpx.Response,
    path: Path,
    source: str,
    tell: Callable[[int, int | None], None],
    largest: int,
) -> None:
    """Write the body and check what a list can't be; gzip files stay packed, whoever reads them unpacks."""
    length = answer.headers.get("content-length")
    total = int(length) if length is not None and length.isdecimal() else None
    written = 0
    with path.open("xb") as file:
        for chunk in answer.iter_bytes(_CHUNK):
            if written == 0 and chunk.lstrip()[:15].lower().startswith(_HTML):
                raise _web_page(source)
            written += len(chunk)
            if written > largest:
                raise _refusal(
                    "list-too-large",
                    source,
                    f"The list has more than {largest // 1024 // 1024} MiB.",
                    "Use a smaller edition of it; the last good copy stays in use.",
                )
            file.write(chunk)
            tell(answer.num_bytes_downloaded, total)
    if written == 0:
        raise _refusal(
            "list-empty",
            source,
            "The download is empty.",
            "Check the address in a browser; the last good copy stays in use.",
        )


def _file_name(path: str) -> str:
    """The last part of an address's path, as a harmless file name."""
    name = urlsplit(path).path.rstrip("/").rpartition("/")[2]
    kept = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "._-"))
    return kept.lstrip(".")[-80:]


def _web_page(source: str) -> StairgateError:
    return _refusal(
        "list-is-a-web-page",
        source,
        "The address leads to a web page, not to a list.",
        "Use the address of the list's raw text; the last good copy stays in use.",
    )


def _refusal(code: str, place: str, cause: str, hint: str, exit_code: Exit = Exit.DATA) -> StairgateError:
    return StairgateError(Problem(code=code, place=place, cause=cause, hint=hint), exit_code=exit_code)
