"""Our CA into real certificate stores and out of them, by the systems' own tools, in a root of its own."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from proxy.authority import ensure
from proxy.home import open_home
from proxy.trust import State, find_places
from proxy.trust.place import run_tool, title_of
from proxy.trust.system import LINUX, system_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from proxy.trust import Place

needs_certutil = pytest.mark.skipif(not shutil.which("certutil"), reason="certutil is not installed")
needs_debian = pytest.mark.skipif(
    not shutil.which("update-ca-certificates"), reason="update-ca-certificates is not installed"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    home = open_home(tmp_path / "home")
    ensure(home)
    return home.ca_pem


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """The CA of another time."""
    home = open_home(tmp_path / "another")
    ensure(home)
    return home.ca_pem


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system laid out as Debian's, as far as its tool reads it."""
    root = tmp_path / "root"
    for folder in (
        "usr/local/share/ca-certificates",
        "usr/share/ca-certificates",
        "etc/ssl/certs",
        "etc/ca-certificates/update.d",
    ):
        (root / folder).mkdir(parents=True)
    (root / "etc/ca-certificates.conf").touch()
    return root


@pytest.fixture
def system(root: Path) -> Place:
    (place,) = system_places(root, "linux", run=run_tool, owner="/home/anna/stairgate")
    return place


def trusted_by(root: Path, certificate: Path) -> bool:
    """Whether OpenSSL accepts the CA with the bundle that the tool has made."""
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    if not bundle.exists() or not bundle.read_bytes().strip():
        return False
    words = ["openssl", "verify", "-no-CApath", "-CAfile", str(bundle), str(certificate)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@needs_debian
def test_debians_store_trusts_our_ca_after_install_and_not_after_remove(
    root: Path, system: Place, certificate: Path, another: Path
) -> None:
    # Debian's tool leaves the bundle alone where nothing is left to put into it; no real system is so bare.
    (root / "usr/local/share/ca-certificates/school.crt").write_bytes(another.read_bytes())
    assert not trusted_by(root, certificate)
    done = system.install([certificate])
    assert (done.state, done.changed, done.because) == (State.TRUSTED, True, "")
    assert trusted_by(root, certificate)
    done = system.remove([certificate])
    assert (done.state, done.changed) == (State.ABSENT, True)
    assert not trusted_by(root, certificate)


@needs_debian
def test_the_bundle_debian_makes_is_accepted_by_a_strict_client(
    root: Path, system: Place, certificate: Path
) -> None:
    system.install([certificate])
    context = ssl.create_default_context(cafile=str(root / "etc/ssl/certs/ca-certificates.crt"))
    (held,) = context.get_ca_certs()
    assert held["subject"][-1][-1] == ("commonName", title_of(certificate))


@needs_debian
def test_a_second_install_and_a_second_remove_change_nothing(system: Place, certificate: Path) -> None:
    system.install([certificate])
    assert not system.install([certificate]).changed
    system.remove([certificate])
    again = system.remove([certificate])
    assert (again.state, again.changed) == (State.ABSENT, False)


@needs_debian
def test_a_former_ca_of_ours_gives_way_to_the_new_one(
    root: Path, system: Place, certificate: Path, another: Path
) -> None:
    system.install([another])
    assert system.look([certificate]).state is State.OUTDATED
    system.install([certificate])
    assert trusted_by(root, certificate)
    assert not trusted_by(root, another)


@needs_debian
def test_while_one_ca_follows_another_both_are_trusted(
    root: Path, system: Place, certificate: Path, another: Path
) -> None:
    assert system.install([certificate, another]).state is State.TRUSTED
    assert trusted_by(root, certificate)
    assert trusted_by(root, another)


@needs_debian
def test_a_certificate_that_is_not_ours_stays(root: Path, system: Place, certificate: Path) -> None:
    theirs = root / "usr/local/share/ca-certificates/school.crt"
    theirs.write_bytes(certificate.read_bytes())
    system.install([certificate])
    system.remove([certificate])
    assert theirs.exists()


def test_a_store_that_may_not_be_written_says_what_to_run(certificate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "usr/local/share/ca-certificates"
    folder.mkdir(parents=True)
    (place,) = system_places(tmp_path, "linux", run=run_tool, owner="/home/anna/stairgate")
    shutil.rmtree(folder)
    folder.parent.mkdir(exist_ok=True, parents=True)
    folder.write_text("a file in the folder's place refuses root too")
    done = place.install([certificate])
    assert done.because.startswith("It can't be changed")
    assert done.next == "sudo stairgate trust install --store system --home /home/anna/stairgate"


@pytest.mark.parametrize(("name", "folder"), [(row[0], row[1]) for row in LINUX])
def test_each_linux_is_known_by_its_folder_of_anchors(tmp_path: Path, name: str, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (place,) = system_places(tmp_path, "linux", run=run_tool, owner="")
    assert name in place.name


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A user with a Firefox profile and a Chromium that has not made its database yet."""
    user = tmp_path / "anna"
    profile = user / ".mozilla/firefox/k3j.default"
    profile.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{profile}"], check=True)
    (user / ".config/chromium").mkdir(parents=True)
    return user


def browsers(user: Path) -> list[Place]:
    return [
        one for one in find_places(user=user, root=user / "none", platform="linux") if one.kind == "browsers"
    ]


def flags_in(folder: Path) -> list[str]:
    done = subprocess.run(
        ["certutil", "-L", "-d", f"sql:{folder}"], capture_output=True, text=True, check=True
    )
    return [
        line.rstrip().rpartition(" ")[2] for line in done.stdout.splitlines() if line.startswith("Stairgate")
    ]


@needs_certutil
def test_firefox_and_chromium_trust_our_ca_for_web_servers_alone(user: Path, certificate: Path) -> None:
    for place in browsers(user):
        done = place.install([certificate])
        assert (done.state, done.changed, done.because) == (State.TRUSTED, True, "")
    for folder in (".mozilla/firefox/k3j.default", ".pki/nssdb"):
        assert flags_in(user / folder) == ["C,,"]


@needs_certutil
def test_the_browsers_forget_our_ca(user: Path, certificate: Path) -> None:
    for place in browsers(user):
        place.install([certificate])
        assert place.remove([certificate]).state is State.ABSENT
        assert not place.remove([certificate]).changed
    assert flags_in(user / ".pki/nssdb") == []


@needs_certutil
def test_a_browser_trusts_no_former_ca_of_ours(user: Path, certificate: Path, another: Path) -> None:
    place = browsers(user)[0]
    place.install([another])
    assert place.look([certificate]).state is State.OUTDATED
    place.install([certificate])
    assert len(flags_in(user / ".mozilla/firefox/k3j.default")) == 1
    assert place.look([certificate]).state is State.TRUSTED


@needs_certutil
def test_a_damaged_database_is_said_and_left_alone(user: Path, certificate: Path) -> None:
    database = user / ".mozilla/firefox/k3j.default/cert9.db"
    database.write_bytes(b"no database")
    done = browsers(user)[0].install([certificate])
    assert done.state is State.UNKNOWN
    assert done.because
    assert database.read_bytes() == b"no database"


def test_without_certutil_it_says_which_package_brings_it(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / ".mozilla/firefox/x").mkdir(parents=True)
    (tmp_path / ".mozilla/firefox/x/cert9.db").touch()

    def missing(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return run_tool(["/nowhere/certutil", *words[1:]])

    (place,) = find_places(user=tmp_path, root=tmp_path / "none", platform="linux", run=missing)
    done = place.install([certificate])
    assert done.state is State.UNKNOWN
    assert "libnss3-tools" in done.next


class Recorder:
    """Stands in for the tools of systems that are not here: what would be run, and nothing else."""

    def __init__(self) -> None:
        self.words: list[Sequence[str]] = []

    def __call__(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.words.append(words)
        return subprocess.CompletedProcess(words, 1, "", "not here")


@pytest.mark.parametrize(
    ("platform", "word"), [("darwin", "add-trusted-cert"), ("win32", "-addstore")], ids=["macos", "windows"]
)
def test_on_other_systems_their_own_tool_is_asked(
    tmp_path: Path, certificate: Path, platform: str, word: str
) -> None:
    recorder = Recorder()
    (place,) = system_places(tmp_path, platform, run=recorder, owner="/home/anna")
    done = place.install([certificate])
    assert any(word in words for words in recorder.words)
    assert (done.state, done.because) == (State.ABSENT, "not here")
