"""The home's certificate authority: private, made once, and accepted by strict verifiers."""

from __future__ import annotations

import ssl
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from proxy.authority import FILE, ensure
from proxy.home import open_home
from rules.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """A whole TLS handshake in memory."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = server.wrap_bio(to_server, to_client, server_side=True)
    other = client.wrap_bio(to_client, to_server, server_hostname=name)
    done = {one: False, other: False}
    for _ in range(6):
        for side in (other, one):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            done[side] = True
    assert all(done.values())


def test_its_folder_and_key_are_private_and_its_public_part_is_not(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    ensure(home)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (home.ca, home.ca / FILE, home.ca_pem)]
    assert modes == [0o700, 0o600, 0o644]


def test_the_public_part_holds_no_key(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    ensure(home)
    assert b"PRIVATE" not in home.ca_pem.read_bytes()


def test_a_second_start_keeps_it(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    assert ensure(home).certificate == ensure(home).certificate


def test_first_runs_at_the_same_time_agree(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    found: list[x509.Certificate] = []
    threads = [threading.Thread(target=lambda: found.append(ensure(home).certificate)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("name", ["good.example", "xn--bcher-kva.example", "a." * 40 + "example"])
def test_a_leaf_is_accepted_by_strict_verification(tmp_path: Path, name: str) -> None:
    home = open_home(tmp_path / "home")
    pem = tmp_path / "leaf.pem"
    pem.write_bytes(ensure(home).leaf(name).pem())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(home.ca_pem))
    assert client.verify_flags & ssl.VERIFY_X509_STRICT
    shake_hands(server, client, name)


@pytest.mark.parametrize("name", ["192.0.2.1", "2001:db8::1"])
def test_a_leaf_for_an_address_names_the_address(tmp_path: Path, name: str) -> None:
    leaf = ensure(open_home(tmp_path / "home")).leaf(name)
    names = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == [name]


def test_the_authority_can_only_sign_leaves_and_leaves_can_sign_nothing(tmp_path: Path) -> None:
    authority = ensure(open_home(tmp_path / "home"))
    own = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    leaf = (
        authority.leaf("a.example")
        .certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        .value
    )
    assert (own.ca, own.path_length, leaf.ca) == (True, 0, False)


def test_a_leaf_does_not_use_the_authoritys_key(tmp_path: Path) -> None:
    authority = ensure(open_home(tmp_path / "home"))
    assert authority.leaf("a.example").certificate.public_key() != authority.certificate.public_key()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_damaged_file_is_a_clear_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    home = open_home(tmp_path / "home")
    ensure(home)
    (home.ca / FILE).write_bytes(content)
    with pytest.raises(StairgateError) as caught:
        ensure(home)
    assert (caught.value.problems[0].code, caught.value.exit_code) == ("ca-unusable", 65)
    assert (home.ca / FILE).read_bytes() == content


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    home, other = open_home(tmp_path / "home"), open_home(tmp_path / "other")
    ensure(home)
    ensure(other)
    key = (home.ca / FILE).read_bytes().partition(b"-----BEGIN CERTIFICATE")[0]
    certificate = (other.ca / FILE).read_bytes().partition(b"-----BEGIN CERTIFICATE")[2]
    (home.ca / FILE).write_bytes(key + b"-----BEGIN CERTIFICATE" + certificate)
    with pytest.raises(StairgateError) as caught:
        ensure(home)
    assert "do not belong together" in caught.value.problems[0].cause
