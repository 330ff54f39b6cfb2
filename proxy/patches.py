"""What makes mitmproxy's own core quicker, each small, each checked against the source it was written for.

A replacement goes in only where the source of what it replaces is one it was tested with; elsewhere
mitmproxy's own code stays: slower, never open. Installed by our own master only, once a process.

1. `server_event` runs hooks where they stand, without a task and a lock for each.
2. Messages are not type-checked field by field when they are made.
3. `Headers` are searched by an index of their names, without decoding every value for each look.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mitmproxy import http
from mitmproxy.coretypes import multidict
from mitmproxy.proxy import commands, events
from mitmproxy.proxy import server as stock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from proxy.connection import Connection

logger = logging.getLogger(__name__)

# The beginnings of SHA-256 over the source of what is replaced, in mitmproxy 12.2.3 and 12.3.1.
TESTED = {
    "server_event": frozenset({"729fedc448351e77"}),
    "type_check": frozenset({"f65088e210cd9cc1"}),
    "headers": frozenset({"802851e58e603d2e"}),
}


def fingerprint(*parts: Callable[..., Any]) -> str:
    """The beginning of SHA-256 over the source of functions."""
    text = "".join(inspect.getsource(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sources() -> dict[str, str]:
    """The fingerprint of what each patch replaces, in the mitmproxy that is installed."""
    handler = stock.ConnectionHandler
    headers, plain = _stock["Headers"], multidict._MultiDict  # noqa: SLF001 - mitmproxy's own class
    return {
        "server_event": fingerprint(handler.server_event, handler.hook_task),
        "type_check": fingerprint(_stock["post_init"]),
        "headers": fingerprint(headers["get_all"], plain.__getitem__, plain.get_all),
    }


def install(connection_class: type[Connection]) -> tuple[str, ...]:
    """Put in what fits.

    Args:
        connection_class: our own handler; the first patch goes there and not into mitmproxy.

    Returns:
        The names of the patches that are in force.
    """
    found = sources()
    fitting = tuple(name for name, print_ in found.items() if print_ in TESTED[name])
    for name in found.keys() - set(fitting):
        logger.warning("patch %s does not know this mitmproxy and stays out: slower, as safe", name)
    if "server_event" in fitting:
        connection_class.server_event = server_event  # type: ignore[method-assign,assignment]
    if "type_check" in fitting:
        http.MessageData.__post_init__ = _trust  # type: ignore[method-assign]
    if "headers" in fitting:
        http.Headers.get = _get  # type: ignore[method-assign,assignment]
        http.Headers.get_all = _get_all  # type: ignore[method-assign]
        http.Headers.__contains__ = _contains  # type: ignore[method-assign,assignment]
    return fitting


_stock: dict[str, Any] = {
    "post_init": http.MessageData.__post_init__,
    "Headers": {"get_all": http.Headers.get_all},
}


async def server_event(self: Connection, event: events.Event) -> None:
    """`ConnectionHandler.server_event` with hooks inline; the order of everything else is mitmproxy's."""
    async with self._server_event_lock:
        # No await beyond this point.
        self.timeout_watchdog.register_activity()
        pending = deque([event])
        try:
            while pending:
                for command in self.layer.handle_event(pending.popleft()):
                    if isinstance(command, commands.StartHook):
                        (data,) = command.args()
                        later = self.master.table.run_now(command.name, data)
                        if later is not None:
                            self.start_task(
                                _finish_hook(self, command, later), f"handle_hook({command.name})"
                            )
                        elif command.blocking:
                            pending.append(events.HookCompleted(command))
                    else:
                        _obey(self, command)
        except Exception:  # noqa: BLE001 - as mitmproxy does; our `log` closes the connection
            self.log("mitmproxy has crashed!", logging.ERROR, exc_info=True)


async def _finish_hook(
    connection: Connection, hook: commands.StartHook, later: Coroutine[Any, Any, None]
) -> None:
    with connection.timeout_watchdog.disarm():
        await later
    if hook.blocking:
        await connection.server_event(events.HookCompleted(hook))


def _obey(connection: Connection, command: commands.Command) -> None:
    """Carry out a command that is no hook, as mitmproxy does."""
    if isinstance(command, commands.OpenConnection):
        if command.connection in connection.transports:
            raise RuntimeError("the connection is open already")
        task = connection.start_task(
            connection.open_connection(command), f"server connection handler {command.connection.address}"
        )
        connection.transports[command.connection] = stock.ConnectionIO(handler=task)
    elif isinstance(command, commands.RequestWakeup):
        connection.wakeup_timer.add(connection.start_task(connection.wakeup(command), "wakeup timer"))
    elif isinstance(command, commands.ConnectionCommand) and command.connection not in connection.transports:
        pass  # closed already
    elif isinstance(command, commands.SendData):
        writer = connection.transports[command.connection].writer
        if writer is not None and not writer.is_closing():
            writer.write(command.data)
    elif isinstance(command, commands.CloseTcpConnection):
        connection.close_connection(command.connection, command.half_close)
    elif isinstance(command, commands.CloseConnection):
        connection.close_connection(command.connection, half_close=False)
    elif isinstance(command, commands.Log):
        connection.log(command.message, command.level)
    else:
        raise TypeError(f"unexpected command: {command}")


def _trust(_message: object) -> None:
    """What mitmproxy's own parsers make is of the right types."""


_INDEX = "stairgate-index"


@lru_cache(maxsize=1024)
def _key(name: str | bytes) -> bytes:
    return (name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name).lower()


def _index(headers: http.Headers) -> dict[bytes, list[bytes]]:
    """The values by their names in lower case: made once, as a score of looks go to each head."""
    fields = headers.fields
    made: tuple[object, dict[bytes, list[bytes]]] | None = headers.__dict__.get(_INDEX)
    if made is not None and made[0] is fields:
        return made[1]
    index: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        index.setdefault(name.lower(), []).append(value)
    headers.__dict__[_INDEX] = fields, index
    return index


def _get_all(self: http.Headers, name: str | bytes) -> list[str]:
    return [value.decode("utf-8", "surrogateescape") for value in _index(self).get(_key(name), ())]


def _get(self: http.Headers, name: str | bytes, default: Any = None) -> Any:
    values = _get_all(self, name)
    return ", ".join(values) if values else default


def _contains(self: http.Headers, name: object) -> bool:
    return isinstance(name, str | bytes) and _key(name) in _index(self)
