"""A driver: a program of the vendor's that does to the product what a command line and a template can't.

It speaks JSON lines over its standard input and output: one object a line, one answer to each, in order
(`schemas/driver.schema.json`). Each verb beyond `start` is a capability of its own. The driver never reports
results; it only obeys. One that dies, falls silent or answers garbage is an error, never a pass.
"""

from __future__ import annotations

import asyncio
import functools
import json
import socket
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from conformance_tests import product
from conformance_tests.adapter import fill

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from conformance_tests.product import Running

PROTOCOL = 1
VERBS = ("configure", "settings", "journal", "clock", "update", "child")
_LONGEST = 16 << 20  # bytes of one answer; a journal's export is the longest


class DriverError(Exception):
    """The driver died, fell silent, or said what the protocol doesn't know."""


class RefusedError(Exception):
    """There is no driver, it lacks the verb, or it said that it can't do this."""


class Driver:
    """A running driver. After one `DriverError` it is gone, and every further question is one too."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        patience: float,
    ) -> None:
        """Made by `start`."""
        self.process = process
        self.verbs: frozenset[str] = frozenset()
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._asked = 0
        self._broke = ""

    async def ask(self, verb: str, **arguments: Any) -> Mapping[str, Any]:
        """Ask it to do something and wait for its answer.

        Raises:
            RefusedError: it lacks the verb, or says that it can't.
            DriverError: it broke, now or earlier.
        """
        if self._broke:
            raise DriverError(self._broke)
        if verb in VERBS and verb not in self.verbs:
            msg = f"the driver does not offer `{verb}`"
            raise RefusedError(msg)
        self._asked += 1
        try:
            async with asyncio.timeout(self._patience):
                self._writer.write(json.dumps({"id": self._asked, "do": verb, **arguments}).encode() + b"\n")
                await self._writer.drain()
                line = await self._reader.readline()
        except TimeoutError:
            self._end(f"the driver did not answer `{verb}` within {self._patience:g} s")
        except (OSError, ValueError) as error:
            self._end(f"the driver broke at `{verb}`: {error}")
        if not line.endswith(b"\n"):
            self._end(f"the driver ended at `{verb}`")
        answer = self._understand(line, verb)
        if not answer["ok"]:
            raise RefusedError(answer.get("because") or f"the driver refused `{verb}` and gave no reason")
        return answer

    def stop(self) -> None:
        """End it, however it feels about that."""
        self._writer.close()
        self.process.kill()
        self.process.wait()

    def _understand(self, line: bytes, verb: str) -> Mapping[str, Any]:
        try:
            answer = json.loads(line)
        except ValueError:
            self._end(f"the driver answered `{verb}` with no JSON: {line[:60]!r}")
        complaint = next((error.message for error in _answers().iter_errors(answer)), "")
        if complaint:
            self._end(f"the driver's answer to `{verb}` is none: {complaint}")
        if answer["id"] != self._asked:
            self._end(f"the driver answered question {answer['id']}, not {self._asked}")
        return dict(answer)

    def _end(self, why: str) -> Any:
        self._broke = why
        self.stop()
        raise DriverError(why)


async def start(running: Running, variables: Mapping[str, str]) -> Driver:
    """Start the driver of a product beside it: same user, same namespace, same folder.

    Args:
        running: the product, started.
        variables: what the adapter's templates were filled with.

    Raises:
        DriverError: it did not say what it can do.
        StairgateError: its program is not on this machine.
    """
    adapter = running.adapter
    ours, theirs = socket.socketpair()
    with running.log.open("ab") as output, theirs:
        process = product.spawn(
            [fill(word, variables, adapter.place("driver")) for word in adapter.driver],
            running.work,
            separate=running.separate,
            output=output,
            speech=theirs,
        )
    ours.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_LONGEST)
    driver = Driver(process, reader, writer, adapter.driver_patience)
    told = await driver.ask(
        "start",
        protocol=PROTOCOL,
        work=variables["WORK"],
        listen=variables["LISTEN"],
        lists=variables["LISTS"],
        ca=variables["CA"],
        profile=variables["PROFILE"],
    )
    driver.verbs = frozenset(told.get("verbs", ()))
    return driver


@functools.cache
def _answers() -> jsonschema_rs.Draft202012Validator:
    text = (resources.files(__package__) / "schemas" / "driver.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return jsonschema_rs.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/answer"})
