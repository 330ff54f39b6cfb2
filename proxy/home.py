"""The home folder: the one place where the gate keeps its state, and what lies where in it.

Knows paths and permissions only. What goes into the files is the business of those who own them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "STAIRGATE_HOME"
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of everything the gate keeps.

    Attributes:
        path: the folder itself, 0700.
    """

    path: Path

    @property
    def policy(self) -> Path:
        """The household's policy, written by hand."""
        return self.path / "policy.yaml"

    @property
    def pack(self) -> Path:
        """The compiled lists in use."""
        return self.path / "packs" / "current.pack"

    @property
    def lists(self) -> Path:
        """Our copies of list sources, one folder a list."""
        return self.path / "lists"

    @property
    def subscriptions(self) -> Path:
        """Which lists are subscribed to, and what is known of them."""
        return self.path / "lists.yaml"

    @property
    def ca(self) -> Path:
        """The private folder of our CA."""
        return self.path / "ca"

    @property
    def ca_pem(self) -> Path:
        """The public part of our CA: the file people install."""
        return self.path / "ca.pem"

    @property
    def next_ca_pem(self) -> Path:
        """The public part of the CA that will follow; there only while devices have to learn it."""
        return self.path / "ca-next.pem"

    @property
    def journal(self) -> Path:
        """The journal's database."""
        return self.path / "journal.db"

    @property
    def running(self) -> Path:
        """Locked by the gate that runs on this home; see `proxy.running`."""
        return self.path / "gate.lock"

    @property
    def journal_files(self) -> tuple[Path, ...]:
        """The journal's database and what SQLite keeps beside it."""
        return tuple(self.journal.with_name(self.journal.name + end) for end in ("", "-wal", "-shm"))

    @property
    def parts(self) -> tuple[Path, ...]:
        """Everything we keep here, whether it is there or not; whoever adds a file names it here."""
        return (
            *(self.policy, self.pack.parent, self.lists, self.subscriptions, self.ca, self.ca_pem),
            *(self.next_ca_pem, self.console_key, *self.journal_files, self.running, self.path / ".lock"),
            *(self.household.with_name(self.household.name + end) for end in ("", "-wal", "-shm")),
        )

    @property
    def household(self) -> Path:
        """The household's state: minutes used, overrides, warnings clicked away."""
        return self.path / "household.db"

    @property
    def console_key(self) -> Path:
        """The secret in the console's link, 0600."""
        return self.path / "console.key"


def locate(folder: Path | None = None) -> Path:
    """The home folder's path: `folder`, else the variable STAIRGATE_HOME, else the system's data folder."""
    if folder is not None:
        return folder.expanduser().absolute()
    from_variable = os.environ.get(VARIABLE)
    if from_variable:
        return Path(from_variable).expanduser().absolute()
    # Imported here: most calls name the folder, and explain must start quickly.
    from platformdirs import user_data_path

    return user_data_path("stairgate", appauthor=False).absolute()


def open_home(folder: Path | None = None) -> Home:
    """Find or make the home folder and make sure that it can be written and that only its owner can read it.

    Args:
        folder: what `--home` said; None looks at STAIRGATE_HOME and then at the system's place for data.

    Raises:
        StairgateError: exit code 69 where the folder can't be made, is no folder, or can't be written.
    """
    path = locate(folder)
    try:
        path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) != _PRIVATE_FOLDER:
            _close_to_others(path)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error
    return Home(path)


def _close_to_others(path: Path) -> None:
    """Make an existing folder private, if it is empty or ours: `--home /tmp` must not lock /tmp."""
    home = Home(path)
    ours = any(part.exists() for part in (home.policy, home.subscriptions, home.ca, home.pack))
    if not ours and any(path.iterdir()):
        raise StairgateError(
            Problem(
                code="not-a-home",
                place=str(path),
                cause="This folder holds other things and is open to other accounts of this machine.",
                hint=f"Name a new or empty folder with --home DIR or the variable {VARIABLE}.",
            ),
            exit_code=Exit.MISSING,
        )
    path.chmod(_PRIVATE_FOLDER)


def _unwritable(path: Path, error: OSError) -> StairgateError:
    return StairgateError(
        Problem(
            code="home-not-writable",
            place=str(path),
            cause=f"The home folder can't be written: {error.strerror or error}.",
            hint=f"Name another folder with --home DIR or the variable {VARIABLE}, or mend its permissions.",
        ),
        exit_code=Exit.MISSING,
    )


@contextlib.contextmanager
def lock(home: Home) -> Iterator[None]:
    """Hold the home folder's lock: one command at a time changes lists and packs; a second one waits."""
    import fcntl

    descriptor = os.open(home.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes, *, mode: int = _PRIVATE_FILE) -> None:
    """Put `content` at `path` in one step: a reader sees the old file or the new one, never half of either.

    Args:
        path: the file to replace; its folder exists.
        content: all of it.
        mode: the permissions of the new file.

    Raises:
        StairgateError: exit code 69 where the folder can't be written (full, read-only, not ours).
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def console_key(home: Home) -> str:
    """The secret in the console's link, made at the first call; 256 bits, URL-safe."""
    with contextlib.suppress(FileNotFoundError):
        key = home.console_key.read_text(encoding="ascii").strip()
        if len(key) >= 43:  # 32 bytes in base64; a shorter one was cut off or made by hand
            home.console_key.chmod(_PRIVATE_FILE)
            return key
    key = secrets.token_urlsafe(32)
    replace_file(home.console_key, key.encode("ascii"))
    return key
