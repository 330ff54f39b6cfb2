"""A list on its way in: fetched or copied, looked at, and not yet in use."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit

from .copies import copy_source, fingerprint, remove_copy, unpack_source
from .downloads import Unchanged, download, is_remote
from .list_makers import maker_of
from .list_survey import Survey, category_of, survey
from .list_timing import write_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .compilation import Progress
    from .home import Home
    from .subscription_file import Subscription


@dataclass(slots=True)
class Incoming:
    """A copy that is not yet in use.

    Attributes:
        folder: the copy.
        subscription: as it will be when the copy is in use.
        survey: what it holds.
        unknown: category folders that were left out.
        fresh_for: seconds the server says that its answer stays fresh; 0 for nothing said.
    """

    folder: Path
    subscription: Subscription
    survey: Survey
    unknown: list[str] = field(default_factory=list)
    fresh_for: float = 0

    @property
    def path(self) -> Path:
        """The file or tree to read."""
        return self.folder / self.subscription.read


def fetch(
    home: Home, wanted: Subscription, progress: Progress | None, *, now: datetime
) -> Incoming | Unchanged:
    """Copy a source into a folder of its own and look at it.

    Args:
        home: where copies are kept.
        wanted: the subscription; its ETag and Last-Modified are those of the copy in use.
        progress: told how it goes.
        now: aware.

    Returns:
        The new copy, or that the server says that nothing is new.

    Raises:
        StairgateError: no list (65), no category for it (64), not to be had (69); nothing is left behind.
    """
    parent = home.lists / wanted.name
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=parent))
    has_copy = bool(wanted.copy) and (parent / wanted.copy).is_dir()
    unknown: list[str] = []

    def is_known(name: str) -> bool:
        if category_of(name) is None and name not in unknown:
            unknown.append(name)
        return category_of(name) is not None

    def tell(what: str) -> Callable[[int], None] | None:
        return None if progress is None else lambda done: progress(what, done, None)

    try:
        etag = last_modified = ""
        fresh_for = 0.0
        if is_remote(wanted.source):
            fetched = download(
                wanted.source,
                folder,
                # "Not modified" is of use only to whoever still has the copy.
                etag=wanted.etag if has_copy else "",
                last_modified=wanted.last_modified if has_copy else "",
                progress=None
                if progress is None
                else lambda done, total: progress(f"fetching {wanted.name}", done, total),
            )
            if isinstance(fetched, Unchanged):
                remove_copy(folder)
                return fetched
            etag, last_modified, fresh_for = fetched.etag, fetched.last_modified, fetched.fresh_for
            path = unpack_source(fetched.path, wanted.source, wanted=is_known)
        else:
            path = copy_source(Path(wanted.source), folder, wanted=is_known)
        if path.is_file() and wanted.category is None:
            raise _uncategorised(wanted)  # noqa: TRY301 - the copy is removed below like any other refused one
        found = survey(
            path,
            source=wanted.source,
            category=wanted.category,
            form=wanted.format,
            progress=tell(f"reading {wanted.name}"),
        )
        sha256, size = fingerprint(folder)
    except BaseException:
        remove_copy(folder)
        if not any(parent.iterdir()):
            parent.rmdir()
        raise
    maker, head, came = maker_of(wanted.source), found.head, write_time(now)
    subscription = replace(
        wanted,
        read_as="squidguard" if path.is_dir() else ", ".join(sorted(found.formats)),
        copy=folder.name,
        read=str(path.relative_to(folder)),
        sha256=sha256,
        size=size,
        entries=found.entries,
        categories=dict(found.categories),
        skipped=dict(found.skipped),
        licence=head.licence or (maker.licence if maker else ""),
        attribution=head.attribution or (maker.attribution if maker else ""),
        dated=head.dated,
        stated=head.stated,
        expires=head.expires,
        hours=wanted.hours or (maker.hours if maker else ""),
        etag=etag,
        last_modified=last_modified,
        changed=came,
        checked=came,
        heard=came,
        failures=0,
        trouble="",
    )
    return Incoming(folder, subscription, found, unknown, fresh_for)


def _uncategorised(wanted: Subscription) -> StairgateError:
    return StairgateError(
        Problem(
            code="list-category-missing",
            place=wanted.source,
            cause="A single file does not say what category its names belong to.",
            hint=f"Repeat with --category:  stairgate lists add {wanted.name} SOURCE --category gambling",
        ),
        exit_code=Exit.USAGE,
    )
