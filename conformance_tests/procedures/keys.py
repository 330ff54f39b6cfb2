"""Keys: whether a child's account on the product's machine gets at the private key of its authority."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests import account
from conformance_tests.judge import Judgement
from conformance_tests.observation import measured
from conformance_tests.procedures.harm import descendants
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

ITEMS = ("file", "folder-copy", "process-memory")
_SIGN = b"PRIVATE KEY-----"
_LARGEST = 1 << 20
_EXPECTED = "the account gets nothing of the key"


async def carry_out(session: Session, case: Case) -> list[Observation]:  # noqa: ARG001 - a procedure is told its case
    """No settings: every file of the product's folder and every process of it is tried."""
    account.refuse_where_alone()
    work, leader = session.running.work, session.running.process.pid
    alive = await session.is_alive()
    keys = [str(path) for path in work.rglob("*") if path.is_file() and _holds_key(path)]
    pids = [leader, *descendants(leader)]
    got = {
        "file": account.as_child(lambda: [path for path in keys if _is_read(path)]) or [],
        "folder-copy": account.as_child(lambda: _copied(work)) or [],
        "process-memory": account.as_child(lambda: [pid for pid in pids if _is_read(f"/proc/{pid}/mem")])
        or [],
    }
    tried = {"file": len(keys), "folder-copy": len(keys), "process-memory": len(pids)}
    observations = []
    for item in ITEMS:
        said = f"{len(got[item])} of {tried[item]} could be read."
        outcome = Outcome.FAILED if got[item] else Outcome.PASSED if alive else Outcome.CANNOT_TELL
        observations.append(measured(item, Judgement(outcome, said), item=item, expected=_EXPECTED))
    return observations


def _holds_key(path: Path) -> bool:
    with path.open("rb") as file:
        return _SIGN in file.read(_LARGEST)


def _is_read(path: str) -> bool:
    """As the child: whether it opens."""
    with suppress(OSError), Path(path).open("rb"):
        return True
    return False


def _copied(work: Path) -> list[str]:
    """As the child: the files with a key among those that a walk through the folder comes by."""
    found = []
    for path in work.rglob("*"):
        with suppress(OSError):
            if path.is_file() and _holds_key(path):
                found.append(str(path))
    return found
