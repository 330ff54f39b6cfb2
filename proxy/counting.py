"""Counts the bytes of a connection that mitmproxy holds: one addition a chunk, at the edge of its streams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy.stay import Stay


class Counted(asyncio.StreamReaderProtocol):
    """asyncio's own protocol for streams, which also counts what comes in."""

    stay: Stay | None = None

    def data_received(self, data: bytes) -> None:
        """Count and pass on."""
        if self.stay is not None:
            self.stay.up += len(data)
        super().data_received(data)


def count_written(writer: asyncio.StreamWriter, stay: Stay) -> None:
    """Count what goes out by this writer."""
    write = writer.write

    def counted(data: bytes) -> None:
        stay.down += len(data)
        write(data)

    writer.write = counted  # type: ignore[method-assign,assignment]
