"""From the copies at hand to the pack in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit
from rules.pack import Pack, Source, build
from rules.starter import sources as starter_sources

from .list_survey import category_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rules.pack import BuildReport

    from .home import Home
    from .subscription_file import Subscription

type Progress = Callable[[str, int, int | None], None]
"""Told what is going on, how far it is, and of how much where that is known."""


def compile_lists(home: Home, lists: Iterable[Subscription], progress: Progress | None = None) -> BuildReport:
    """Compile our starter lists and the copies of `lists` into the home's pack, in one step.

    Raises:
        StairgateError: a copy is damaged (65) or the folder can't be written (69); the old pack stays.
    """
    home.pack.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return build(
            _sources(home, lists),
            home.pack,
            categorise=lambda _list, name: category_of(name),
            progress=None
            if progress is None
            else lambda file, done: progress(f"compiling {file}", done, None),
        )
    except OSError as error:
        raise StairgateError(
            Problem(
                code="pack-not-written",
                place=str(home.pack),
                cause=f"The pack can't be written: {error.strerror or error}.",
                hint="Make room or mend the folder's permissions and repeat; the old pack stays in use.",
            ),
            exit_code=Exit.MISSING,
        ) from error


def is_current(home: Home, lists: Iterable[Subscription]) -> bool:
    """Whether the home's pack can be opened and holds just our starter lists and the copies of `lists`.

    It does not after an update of Stairgate itself, after a disk fault, or where a command was cut off before
    it had written both the pack and `lists.yaml`.
    """
    try:
        pack = Pack.open(home.pack)
    except StairgateError:
        return False
    held = {name: about["built_at"] for name, about in pack.lists.items()}
    pack.close()
    return held == {source.list: source.built_at for source in _sources(home, lists)}


def _sources(home: Home, lists: Iterable[Subscription]) -> list[Source]:
    return [*starter_sources(), *(_source(home, one) for one in lists)]


def _source(home: Home, one: Subscription) -> Source:
    return Source(
        list=one.name,
        category=one.category,
        path=home.lists / one.name / one.copy / one.read,
        format=one.format,
        built_at=one.changed,
    )
