"""The second program of one control: when the first is gone, it takes the port and relays whatever is asked.

A real watchdog that keeps "the internet working" does just that. It ends as soon as the control is started
again, or its folder is gone. Run as a program: `python -m conformance_tests.controls.watchdog A:P DIR PID`.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from conformance_tests.controls.decision import split_target

_LOOK = 0.02


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        head = await reader.readuntil(b"\r\n\r\n")
        url = head.split(b" ")[1].decode("latin-1")
        _, host, port, target = split_target(url)
        source, sink = await asyncio.open_connection(host, port)
        sink.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        while data := await source.read(65536):
            writer.write(data)
        sink.close()
    writer.close()


async def _watch(listen: str, folder: Path, pid: int) -> None:
    marker = folder / "gate.pid"
    while _reads(marker) and not _is_gone(pid):
        await _pause()
    host, _, port = listen.rpartition(":")
    if not _reads(marker):
        return
    server = await asyncio.start_server(_relay, host, int(port), reuse_port=True)
    async with server:
        while _reads(marker) == str(pid):
            await _pause()


async def _pause() -> None:
    await asyncio.sleep(_LOOK)


def _reads(marker: Path) -> str:
    with suppress(OSError):
        return marker.read_text()
    return ""


def _is_gone(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def main() -> None:
    """Watch, relay, end."""
    asyncio.run(_watch(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
