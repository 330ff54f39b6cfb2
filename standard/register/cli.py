"""The verbs `stairgate certify …`: from results to a declaration, and back.

At the edge: reads and writes files, asks the day, prints. Decides nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path  # noqa: TC003 - Typer reads annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .verification import Verification

app = typer.Typer(add_completion=False, no_args_is_help=True, help="From results to a declaration, and back.")

Day = Annotated[str, typer.Option("--on", metavar="DAY", help="The day, 2026-11-21; today by default.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def key(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the private key.")],
) -> None:
    """Make a key to sign with. Keep it private; publish its fingerprint where people know you.

    Example:  stairgate certify key --out key.pem
    """
    from . import keys

    made = keys.make(out)
    typer.echo(f"wrote {out} (readable by you only)\nfingerprint  {keys.fingerprint(made.public_key())}")


@app.command()
def declare(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A run's results.jsonl.")],
    key_file: Annotated[Path, typer.Option("--key", metavar="FILE", help="An Ed25519 private key (PEM).")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The bundle; declaration.zip beside RESULTS by default."),
    ] = None,
    on: Day = "",
) -> None:
    """Declare a run: write one signed bundle, or name every obstacle. Exit code 1 where there is one.

    Example:  stairgate certify declare out/results.jsonl --key key.pem
    """
    from . import keys, signing

    signed = signing.sign(results, keys.load(key_file), on=_day(on))
    target = out or results.with_name("declaration.zip")
    try:
        target.write_bytes(signed.content)
    except OSError as error:
        problem = Problem(
            code="unwritable-file",
            place=str(target),
            cause=f"The bundle can't be written: {error.strerror}.",
            hint="Name a file in a folder that exists and that you may write to.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error
    declared = signed.declaration
    typer.echo(f"DECLARED, not certified    {declared['sentence']}")
    typer.echo(f"  {len(declared['not_examined'])} criteria need a person: listed as not examined")
    typer.echo(f"  ends on      {declared['expires_on']}")
    if declared["edition"]["note"]:
        typer.echo(f"  edition      {declared['edition']['note']}")
    typer.echo(f"  fingerprint  {signed.fingerprint}")
    typer.echo(
        f"wrote {target} ({len(signed.content):,} bytes)\ncheck it:  stairgate certify verify {target}"
    )


@app.command()
def verify(
    bundle_file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle.")],
    on: Day = "",
    as_json: Json = False,
) -> None:
    """Check a bundle, offline: signature, hashes, and every verdict again. Exit code 1 where it fails.

    Example:  stairgate certify verify declaration.zip
    """
    from . import verification

    found = verification.verify(bundle_file, on=_day(on))
    if as_json:
        typer.echo(json.dumps(_as_data(found), ensure_ascii=False))
    else:
        _print(found)
    if found.problems:
        raise typer.Exit(int(Exit.FINDING))


def _print(found: Verification) -> None:
    from .declaration import FINGERPRINT_NOTE

    for problem in found.problems:
        typer.echo(f"{problem}\n")
    count = len(found.problems)
    if count:
        typer.echo(
            f"DOES NOT HOLD    {count} {'thing is' if count == 1 else 'things are'} wrong, named above"
        )
    else:
        product, edition = found.declaration["product"], found.declaration["edition"]
        typer.echo(f"HOLDS    declared for {product['name']} {product['version']}, edition {edition['id']}")
        typer.echo(f"  {found.declaration['sentence']} Every verdict was computed again from the records.")
        typer.echo(
            f"  {len(found.declaration['not_examined'])} criteria need a person and were not examined."
        )
        typer.echo(
            f"  declared on {found.declaration['declared_on']}, ends on {found.declaration['expires_on']}"
        )
        for line in _drawn(found.declaration["run"].get("corpus")):
            typer.echo(f"  {line}")
        if found.declaration["edition"]["note"]:
            typer.echo(f"  {found.declaration['edition']['note']}")
        typer.echo("  Declared by its supplier; not certified.")
        for note in found.notes:
            typer.echo(f"  note: {note}")
    if found.fingerprint:
        typer.echo(f"  fingerprint  {found.fingerprint}\n  {FINGERPRINT_NOTE}")


def _drawn(corpus: Mapping[str, Any] | None) -> Iterator[str]:
    """What was drawn from, a line each: who has the same lists can make the draws again."""
    if corpus is None:
        return
    said = {"drawn": "drawn from", "given": "given to the product"}
    for one in corpus["lists"]:
        yield f"{said[one['use']]}  {one['id']} of {corpus['name']}, sha256 {one['sha256']}"
    if "sealed" in corpus:
        sealed = corpus["sealed"]
        yield f"sealed set  {sealed['members']} members of {sealed['source']}, root {sealed['root']}"


def _as_data(found: Verification) -> dict[str, object]:
    return {
        "holds": not found.problems,
        "problems": [asdict(problem) for problem in found.problems],
        "notes": list(found.notes),
        "product": found.declaration.get("product"),
        "edition": found.declaration.get("edition"),
        "is_known_edition": found.is_known_edition,
        "verdict": None if found.report is None else found.report.verdict.value,
        "declared_on": found.declaration.get("declared_on"),
        "expires_on": found.declaration.get("expires_on"),
        "corpus": found.declaration.get("run", {}).get("corpus"),
        "fingerprint": found.fingerprint,
    }


def _day(text: str) -> date:
    if not text:
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = Problem(
            code="wrong-day", place="--on", cause=f"{text!r} is not a day.", hint="Write it as 2026-11-21."
        )
        raise StairgateError(problem, exit_code=Exit.USAGE) from error
