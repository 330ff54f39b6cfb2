"""How the protection stands, read from the supervisor's board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxy.supervisor import OWN_SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.board import Board

WORKER = "worker-"
"""How the names of the gate's workers begin."""
JOURNAL = "journal"
"""The name of the journal's process."""


class Condition:
    """What the board says of the parts, in a parent's words."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @property
    def serving(self) -> bool:
        """Whether at least one worker answers clients."""
        return any(told["ready"] for name, told in self._parts() if name.startswith(WORKER))

    @property
    def journal_trouble(self) -> str:
        """Why nothing is being written; empty where all is well."""
        told = dict(self._parts()).get(JOURNAL)
        if told is not None and not told["ready"]:
            return (
                f"The journal is not being written at the moment: its process {told['why'] or 'is starting'}."
            )
        return str(self._board.read(JOURNAL).get("trouble", ""))

    @property
    def lost(self) -> int:
        """Decisions that could not be written into the journal since the start."""
        slots = [JOURNAL, *(name for name, _ in self._parts() if name.startswith(WORKER))]
        found = (self._board.read(name) for name in slots)
        return sum(int(told.get("lost", told.get("before", {}).get("lost", 0))) for told in found)

    def worries(self) -> Iterator[str]:
        """What needs a parent's eye, each a sentence."""
        workers = [told for name, told in self._parts() if name.startswith(WORKER)]
        down = [told for told in workers if not told["ready"]]
        if workers and len(down) == len(workers):
            yield (
                "The gate is not serving: devices that use it have no connection until it serves again. "
                f"Its last process {down[-1]['why'] or 'is starting'}."
            )
        elif down:
            number = f"{len(down)} of {len(workers)} processes of the gate {_are(len(down))}"
            yield f"{number} down: it {down[-1]['why'] or 'is starting'}."
        for name, told in self._parts():
            if told["failing"] and not name.startswith(WORKER) and name != JOURNAL:
                yield f"The part {name} does not run: it {told['why']}."

    def _parts(self) -> list[tuple[str, Any]]:
        return list(self._board.read(OWN_SLOT).get("parts", {}).items())


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
