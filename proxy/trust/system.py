"""The system's own store: Debian, Fedora, Arch, openSUSE, Alpine and their relatives; macOS; Windows.

On Linux a store is a folder of anchors and a tool that spreads them. Tried on Debian; the other folders and
commands are those of the systems' own manuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .place import Outcome, State, fingerprint_of, said, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .place import Run

_PREFIX = "stairgate-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """A folder of anchors on Linux, and the command that spreads them.

    Attributes:
        system: whose store it is.
        folder: where anchors lie.
        ending: how their files end.
        spread: the command.
        run: runs it.
        owner: the home's path, for the advice to repeat as root.
    """

    system: str
    folder: Path
    ending: str
    spread: tuple[str, ...]
    run: Run
    owner: str = ""
    kind: str = "system"

    @property
    def name(self) -> str:
        """Its name for people."""
        return f"the system ({self.system})"

    def look(self, certificates: Sequence[Path]) -> Outcome:
        """How it stands."""
        return self._outcome(certificates)

    def install(self, certificates: Sequence[Path]) -> Outcome:
        """Put our certificates there, take other ones of ours out, and spread."""
        wanted = {self._target(one): one.read_bytes() for one in certificates}
        try:
            changed = False
            for target, content in wanted.items():
                if not target.exists() or target.read_bytes() != content:
                    target.write_bytes(content)
                    target.chmod(0o644)
                    changed = True
            changed |= self._take_out({path for path in self._ours() if path not in wanted})
        except OSError as error:
            return self._refused(certificates, error, "install")
        return self._spread(certificates, changed=changed)

    def remove(self, certificates: Sequence[Path]) -> Outcome:
        """Take every certificate of ours out, and spread."""
        try:
            changed = self._take_out(set(self._ours()))
        except OSError as error:
            return self._refused(certificates, error, "remove")
        return self._spread(certificates, changed=changed)

    def _ours(self) -> list[Path]:
        return sorted(self.folder.glob(f"{_PREFIX}*{self.ending}"))

    def _target(self, certificate: Path) -> Path:
        title = title_of(certificate).rpartition(" ")[2]  # the digits that tell homes apart
        return self.folder / f"{_PREFIX}{title}{self.ending}"

    def _take_out(self, paths: set[Path]) -> bool:
        for path in paths:
            path.unlink(missing_ok=True)
        return bool(paths)

    def _spread(self, certificates: Sequence[Path], *, changed: bool) -> Outcome:
        done = self.run(self.spread) if changed else None
        if done is not None and done.returncode:
            return self._outcome(certificates, changed=True, because=said(done))
        return self._outcome(certificates, changed=changed)

    def _outcome(self, certificates: Sequence[Path], *, changed: bool = False, because: str = "") -> Outcome:
        there = {path for path in self._ours() if path.is_file()}
        trusted = all(
            self._target(one) in there and self._target(one).read_bytes() == one.read_bytes()
            for one in certificates
        )
        state = State.TRUSTED if trusted and certificates else State.OUTDATED if there else State.ABSENT
        return Outcome(place=self.name, path=str(self.folder), state=state, changed=changed, because=because)

    def _refused(self, certificates: Sequence[Path], error: OSError, verb: str) -> Outcome:
        seen = self._outcome(certificates)
        return Outcome(
            place=self.name,
            path=str(self.folder),
            state=seen.state,
            because=f"It can't be changed: {error.strerror or error}.",
            next=f"sudo stairgate trust {verb} --store system --home {self.owner}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keychain:
    """The System keychain of macOS, by `security`. Not tried on a Mac by us; its manual is what we know."""

    run: Run
    owner: str = ""
    path: str = "/Library/Keychains/System.keychain"
    kind: str = "system"

    @property
    def name(self) -> str:
        """Its name for people."""
        return "the system (macOS)"

    def look(self, certificates: Sequence[Path]) -> Outcome:
        """How it stands."""
        found = [self._has(one) for one in certificates]
        state = State.TRUSTED if found and all(found) else State.OUTDATED if any(found) else State.ABSENT
        return Outcome(place=self.name, path=self.path, state=state)

    def _has(self, certificate: Path) -> bool:
        done = self.run(("security", "find-certificate", "-a", "-Z", "-c", title_of(certificate), self.path))
        return fingerprint_of(certificate) in done.stdout

    def install(self, certificates: Sequence[Path]) -> Outcome:
        """Add and trust for web servers."""
        add = ("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-p", "ssl", "-k", self.path)
        return self._each(
            certificates, [(*add, str(one)) for one in certificates if not self._has(one)], "install"
        )

    def remove(self, certificates: Sequence[Path]) -> Outcome:
        """Delete by fingerprint, trust settings included."""
        words = [
            ("security", "delete-certificate", "-Z", fingerprint_of(one), "-t", self.path)
            for one in certificates
            if self._has(one)
        ]
        return self._each(certificates, words, "remove")

    def _each(self, certificates: Sequence[Path], commands: Sequence[tuple[str, ...]], verb: str) -> Outcome:
        troubles = [said(done) for done in map(self.run, commands) if done.returncode]
        seen = self.look(certificates)
        return Outcome(
            place=self.name,
            path=self.path,
            state=seen.state,
            changed=bool(commands) and not troubles,
            because=troubles[0] if troubles else "",
            next=f"sudo stairgate trust {verb} --store system --home {self.owner}" if troubles else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsRoot:
    """The store of trusted roots of a Windows machine, by its `certutil`. Not tried by us."""

    run: Run
    path: str = "LocalMachine\\Root"
    kind: str = "system"

    @property
    def name(self) -> str:
        """Its name for people."""
        return "the system (Windows)"

    def look(self, certificates: Sequence[Path]) -> Outcome:
        """How it stands."""
        found = [self._has(one) for one in certificates]
        state = State.TRUSTED if found and all(found) else State.OUTDATED if any(found) else State.ABSENT
        return Outcome(place=self.name, path=self.path, state=state)

    def _has(self, certificate: Path) -> bool:
        return self.run(("certutil", "-store", "Root", fingerprint_of(certificate))).returncode == 0

    def install(self, certificates: Sequence[Path]) -> Outcome:
        """Add to the trusted roots."""
        return self._each(
            certificates,
            [("certutil", "-addstore", "-f", "Root", str(one)) for one in certificates if not self._has(one)],
        )

    def remove(self, certificates: Sequence[Path]) -> Outcome:
        """Delete by fingerprint."""
        return self._each(
            certificates,
            [
                ("certutil", "-delstore", "Root", fingerprint_of(one))
                for one in certificates
                if self._has(one)
            ],
        )

    def _each(self, certificates: Sequence[Path], commands: Sequence[tuple[str, ...]]) -> Outcome:
        troubles = [said(done) for done in map(self.run, commands) if done.returncode]
        return Outcome(
            place=self.name,
            path=self.path,
            state=self.look(certificates).state,
            changed=bool(commands) and not troubles,
            because=troubles[0] if troubles else "",
            next="repeat in a terminal that was started as administrator" if troubles else "",
        )


# Folder of anchors, their ending, and the command that spreads them; the first folder that exists is taken.
LINUX: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Fedora", "etc/pki/ca-trust/source/anchors", ".pem", ("update-ca-trust", "extract")),
    ("openSUSE", "etc/pki/trust/anchors", ".pem", ("update-ca-certificates",)),
    ("Arch", "etc/ca-certificates/trust-source/anchors", ".crt", ("update-ca-trust", "extract")),
    ("Debian", "usr/local/share/ca-certificates", ".crt", ("update-ca-certificates",)),
)


def system_places(
    root: Path, platform: str, *, run: Run, owner: str
) -> list[Anchors | Keychain | WindowsRoot]:
    """The system's store; none where we know none.

    Args:
        root: the root of the file system.
        platform: as `sys.platform`.
        run: runs a tool.
        owner: the home's path, for advice.
    """
    if platform == "darwin":
        return [Keychain(run=run, owner=owner)]
    if platform == "win32":
        return [WindowsRoot(run=run)]
    for system, folder, ending, spread in LINUX:
        if (root / folder).is_dir():
            command = spread if root == Path("/") else _inside(root, folder, spread)
            return [
                Anchors(
                    system=system, folder=root / folder, ending=ending, spread=command, run=run, owner=owner
                )
            ]
    return []


def _inside(root: Path, folder: str, spread: tuple[str, ...]) -> tuple[str, ...]:
    """The command for a file system that is not the running one: an image, or a test."""
    if spread == ("update-ca-certificates",):
        return (
            *spread,
            *("--certsconf", str(root / "etc/ca-certificates.conf")),
            *("--certsdir", str(root / "usr/share/ca-certificates")),
            *("--localcertsdir", str(root / folder)),
            *("--etccertsdir", str(root / "etc/ssl/certs")),
            *("--hooksdir", str(root / "etc/ca-certificates/update.d")),
        )
    return ("chroot", str(root), *spread)
