"""What the system says of a process: how long it has waited for a processor, and whether it waits for a disk.

From /proc; where there is none, nobody has ever waited.
"""

from __future__ import annotations

from pathlib import Path


def waited(pid: int) -> float:
    """Seconds the main thread of a process was ready to run and got no processor (proc(5), schedstat)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def waits_for_disk(pid: int) -> bool:
    """Whether the main thread sleeps where no signal wakes it: state D, paging or a slow disk."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2][
            1
        ] == ("D")
    except (OSError, IndexError):
        return False
