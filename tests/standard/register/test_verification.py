"""`certify verify` needs the bundle alone, and every forgery is refused with its reason."""

from __future__ import annotations

import json
import zipfile
from copy import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standard import catalogue, result_file
from standard.errors import StairgateError
from standard.record import Corpus, CorpusList
from standard.register import bundle, keys, signing, verification
from tests.standard.register import runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standard.record import Header

ON = date(2026, 11, 23)
type Forge = Callable[..., Path]


def codes(path: Path, home: Path, *, on: date = ON) -> set[str]:
    return {problem.code for problem in verification.verify(path, on=on, published=home).problems}


def content(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_a_sound_bundle_holds(signed: Path, home: Path, key: Ed25519PrivateKey) -> None:
    found = verification.verify(signed, on=ON, published=home)

    assert found.problems == ()
    assert found.is_known_edition
    assert found.report is not None
    assert found.fingerprint == keys.fingerprint(key.public_key())


def test_what_was_drawn_from_is_declared_and_shown(
    write: Callable[..., Path], header: Header, home: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """Anyone who has the same lists, and the sealed set once it is opened, can make the draws again."""
    lists = (CorpusList(id="free", use="drawn", sha256="34" * 32),)
    corpus = Corpus(
        name="lists", lists=lists, sealed_root="56" * 32, sealed_source="free", sealed_members=500
    )
    results = write(replace(header, corpus=corpus), runs.drawn(4), name="with-corpus.jsonl")
    path = tmp_path / "with-corpus.zip"
    path.write_bytes(signing.sign(results, key, on=ON, home=home).content)

    found = verification.verify(path, on=ON, published=home)
    assert found.problems == ()
    assert found.declaration["run"]["corpus"] == {
        "name": "lists",
        "lists": [{"id": "free", "use": "drawn", "sha256": "34" * 32}],
        "sealed": {"root": "56" * 32, "source": "free", "members": 500},
    }
    assert found.report is not None
    digests = {one.of: one.sha256 for one in found.report.digests}
    assert digests["list drawn from free"] == "34" * 32
    assert digests["sealed set"] == "56" * 32
    assert result_file.load(results).header.corpus == corpus


def test_an_altered_declaration_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    def extend(declared: dict[str, Any]) -> None:
        declared["expires_on"] = "2099-01-01"

    assert {"wrong-signature", "declared-otherwise"} <= codes(forge(signed, {}, edit=extend), home)


def test_a_declaration_signed_again_after_altering_is_refused_by_the_records(
    signed: Path, home: Path, forge: Forge
) -> None:
    def extend(declared: dict[str, Any]) -> None:
        declared["expires_on"] = "2099-01-01"

    forged = forge(signed, {}, edit=extend, sign_with=Ed25519PrivateKey.generate())

    assert codes(forged, home) == {"declared-otherwise"}


def test_better_numbers_signed_again_are_refused(signed: Path, home: Path, forge: Forge) -> None:
    def improve(declared: dict[str, Any]) -> None:
        declared["numbers"][0]["seen"] = 1.0

    forged = forge(signed, {}, edit=improve, sign_with=Ed25519PrivateKey.generate())

    assert codes(forged, home) == {"declared-otherwise"}


def test_limits_taken_out_and_signed_again_are_refused(signed: Path, home: Path, forge: Forge) -> None:
    def hide(declared: dict[str, Any]) -> None:
        declared["limits"] = []

    forged = forge(signed, {}, edit=hide, sign_with=Ed25519PrivateKey.generate())

    assert codes(forged, home) == {"declared-otherwise"}


def test_certified_instead_of_declared_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    def boast(declared: dict[str, Any]) -> None:
        declared["status"] = "certified"

    forged = forge(signed, {}, edit=boast, sign_with=Ed25519PrivateKey.generate())

    assert codes(forged, home) == {"declared-otherwise"}


def test_altered_results_are_refused_by_hash_and_by_chain(signed: Path, home: Path, forge: Forge) -> None:
    altered = content(signed, bundle.RESULTS).replace(b'"failed"', b'"passed"')

    assert {"altered-file", "edited-results"} <= codes(forge(signed, {bundle.RESULTS: altered}), home)


def test_altered_results_signed_again_are_refused_by_the_chain(
    signed: Path, home: Path, forge: Forge
) -> None:
    altered = content(signed, bundle.RESULTS).replace(b'"failed"', b'"passed"')
    forged = forge(signed, {bundle.RESULTS: altered}, sign_with=Ed25519PrivateKey.generate())

    assert codes(forged, home) == {"edited-results"}


def test_cut_results_signed_again_are_refused(signed: Path, home: Path, forge: Forge) -> None:
    lines = content(signed, bundle.RESULTS).splitlines(keepends=True)
    forged = forge(signed, {bundle.RESULTS: b"".join(lines[:-1])}, sign_with=Ed25519PrivateKey.generate())

    assert "truncated-results" in codes(forged, home)


def test_a_loosened_edition_signed_again_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    name = "edition/clauses/content/gambling.yaml"
    loose = content(signed, name).replace(b"at_least: 0.9", b"at_least: 0.5")
    forged = forge(signed, {name: loose}, sign_with=Ed25519PrivateKey.generate())

    assert "edition-mismatch" in codes(forged, home)


def test_an_edition_of_ones_own_is_said_to_be_unknown(
    signed: Path, home: Path, mend: Callable[[str, str, str], None]
) -> None:
    mend("editions/2026.1.yaml", "summary: A small one.", "summary: Another one.")
    found = verification.verify(signed, on=ON, published=home)

    assert [problem.code for problem in found.problems] == ["unknown-edition"]
    assert not found.is_known_edition


def test_a_report_painted_green_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    painted = json.loads(content(signed, bundle.REPORT))
    for clause in painted["clauses"]:
        clause["verdict"] = "satisfied"
    forged = forge(
        signed, {bundle.REPORT: json.dumps(painted).encode()}, sign_with=Ed25519PrivateKey.generate()
    )

    assert codes(forged, home) == {"other-verdict"}


def test_a_failure_left_out_of_the_report_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    """Every verdict as it was, and the four misses gone from the report that people read."""
    painted = json.loads(content(signed, bundle.REPORT))
    failures = painted["clauses"][0]["criteria"][0]["failures"]
    assert len(failures) == 4
    failures.clear()
    forged = forge(
        signed, {bundle.REPORT: json.dumps(painted).encode()}, sign_with=Ed25519PrivateKey.generate()
    )

    assert codes(forged, home) == {"reported-otherwise"}


def test_a_page_of_ones_own_signed_again_is_said_to_be_another(
    signed: Path, home: Path, forge: Forge, key: Ed25519PrivateKey
) -> None:
    """Another version makes another page, so this refuses nothing; but nobody reads it unwarned."""
    sound = verification.verify(signed, on=ON, published=home)
    forged = forge(signed, {bundle.PAGE: b"<h1>CERTIFIED</h1>"}, sign_with=key)
    found = verification.verify(forged, on=ON, published=home)

    assert (sound.notes, found.problems) == ((), ())
    assert [note.partition(" ")[0] for note in found.notes] == ["report.html"]


def test_another_page_in_the_bundle_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    assert codes(forge(signed, {bundle.PAGE: b"<h1>CERTIFIED</h1>"}), home) == {"altered-file"}


def test_another_key_put_under_the_same_signature_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    signature = json.loads(content(signed, bundle.SIGNATURE))
    signature["public_key"] = keys.public_hex(Ed25519PrivateKey.generate().public_key())
    forged = forge(signed, {bundle.SIGNATURE: json.dumps(signature).encode()})

    assert "wrong-signature" in codes(forged, home)


def test_a_fingerprint_borrowed_from_another_key_is_refused(signed: Path, home: Path, forge: Forge) -> None:
    thief = Ed25519PrivateKey.generate()
    signature = json.loads(content(signed, bundle.SIGNATURE))
    signature["public_key"] = keys.public_hex(thief.public_key())
    signature["signature"] = thief.sign(content(signed, bundle.DECLARATION)).hex()
    forged = forge(signed, {bundle.SIGNATURE: json.dumps(signature).encode()})

    assert "other-key" in codes(forged, home)


def test_an_expired_declaration_does_not_hold(signed: Path, home: Path) -> None:
    assert codes(signed, home, on=date(2027, 11, 21)) == set()
    assert codes(signed, home, on=date(2027, 11, 22)) == {"expired"}


def test_a_declaration_from_the_future_does_not_hold(signed: Path, home: Path) -> None:
    assert codes(signed, home, on=date(2026, 11, 21)) == {"from-the-future"}


def test_the_edition_in_the_bundle_is_enough_to_grade_with(signed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(signed) as archive:
        archive.extractall(tmp_path / "out", [n for n in archive.namelist() if n.startswith(bundle.EDITION)])

    declared = json.loads(content(signed, bundle.DECLARATION))
    known = catalogue.load(tmp_path / "out" / "edition")
    assert known.editions["2026.1"].sha256 == declared["edition"]["sha256"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([bundle.DECLARATION, bundle.REPORT, bundle.SIGNATURE]),
    keys_=st.lists(st.integers(min_value=0, max_value=50), min_size=1, max_size=3),
    value=ANYTHING,
)
def test_a_forger_may_write_anything_anywhere_and_is_refused_in_words(
    signed: Path, home: Path, forge: Forge, name: str, keys_: list[int], value: Any
) -> None:
    """Put `value` somewhere into one of the JSON files: never a traceback, always a refusal."""
    data = json.loads(content(signed, name))
    before = json.dumps(data)
    spot: Any = data
    for key in keys_:
        inside = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        if not inside:
            break
        at = inside[key % len(inside)]
        if key == keys_[-1] or not isinstance(spot[at], (dict, list)):
            spot[at] = value
            break
        spot = spot[at]
    if json.dumps(data) == before:
        return

    try:
        problems = codes(forge(signed, {name: json.dumps(data).encode()}), home)
    except StairgateError as error:
        problems = {problem.code for problem in error.problems}
    assert problems
