"""Options of mitmproxy that would weaken the gate, and the bundle of trusted roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.options import Options

from proxy.options import HARMLESS, NEEDED, require, trust_bundle, weakened
from rules.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path


def good() -> Options:
    """The options as the gate sets them, with those an addon of mitmproxy adds."""
    options = Options()

    class Loader:
        def add_option(
            self, name: str, typespec: type, default: object, text: str, choices: object = None
        ) -> None:
            options.add_option(name, typespec, default, text, choices)  # type: ignore[arg-type]

    Proxyserver().load(Loader())
    options.update(**NEEDED)
    return options


def test_our_own_set_is_good() -> None:
    require(good())


def test_every_option_we_need_is_known_to_this_mitmproxy() -> None:
    assert [name for name in NEEDED if name not in good()] == []


@pytest.mark.parametrize("name", ["ssl_insecure", "rawtcp", "show_ignored_hosts", "http3"])
def test_a_weakening_switch_is_found(name: str) -> None:
    options = good()
    options.update(**{name: not NEEDED[name]})
    assert [problem.place for problem in weakened(options)] == [f"mitmproxy option {name}"]


def test_signing_with_a_public_key_is_refused_where_this_mitmproxy_can() -> None:
    """12.3 has an option that signs with a CA whose key is known to everyone."""
    options = good()
    for name in ("emudhra", "emudhra_old"):
        if name not in options:
            options.add_option(name, bool, False, "stands in for the option of mitmproxy 12.3")
    assert weakened(options) == []
    options.update(emudhra=True)
    assert [problem.place for problem in weakened(options)] == ["mitmproxy option emudhra"]


def test_all_are_reported_at_once() -> None:
    options = good()
    options.update(ssl_insecure=True, rawtcp=True, ignore_hosts=["x"])
    with pytest.raises(StairgateError) as caught:
        require(options)
    assert (len(caught.value.problems), caught.value.exit_code) == (3, 64)


def test_no_option_is_both_needed_and_free() -> None:
    assert not NEEDED.keys() & HARMLESS.keys()


def test_the_bundle_holds_the_webs_roots_and_the_households(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(b"-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n")
    bundle = trust_bundle(tmp_path, [own])
    assert bundle.read_bytes().count(b"BEGIN CERTIFICATE") > 100
    assert b"\nown\n" in bundle.read_bytes()


def test_a_changed_bundle_has_another_name_and_the_old_one_goes(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(b"-----BEGIN CERTIFICATE-----\n1\n")
    first = trust_bundle(tmp_path, [own])
    own.write_bytes(b"-----BEGIN CERTIFICATE-----\n2\n")
    second = trust_bundle(tmp_path, [own])
    assert first != second
    assert (first.exists(), second.exists()) == (False, True)


def test_files_that_can_not_be_trusted_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(StairgateError) as caught:
        trust_bundle(tmp_path, [tmp_path / "text.pem", tmp_path / "missing.pem"])
    assert [problem.place for problem in caught.value.problems] == [
        str(tmp_path / "text.pem"),
        str(tmp_path / "missing.pem"),
    ]
