"""The seal: the kernel keeps the lab closed, not good manners.

`enter` runs a program in its own user, network, mount, PID, IPC and UTS namespaces; `prove` says, from
inside, what the kernel shows of that. Measured: without a user namespace of its own a lab made by root is not
sealed, because `nsenter` leads back out; with one, the kernel refuses.

Knows nothing of sites, products or cases.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Seal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OUTER = "STAIRGATE_LAB_OUTER"
_KINDS = ("user", "net", "mnt", "pid", "ipc")
_CLONE = (
    os.CLONE_NEWUSER | os.CLONE_NEWNET | os.CLONE_NEWNS | os.CLONE_NEWPID | os.CLONE_NEWIPC | os.CLONE_NEWUTS
)
# Addresses everybody knows; asked for inside the namespace before it has a route: the kernel itself answers.
_FAMOUS = (("1.1.1.1", 443), ("8.8.8.8", 53), ("2606:4700:4700::1111", 443))
_FULL_MAP = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was shown about the closing of the lab; printed in the header of every result file.

    Attributes:
        seal: what keeps it apart, in the standard's word; NONE where one proof failed.
        user_map: `full` (the product can run as a really different user) or `single`.
        proofs: name of each proof and whether it held.
        kernel: the kernel's release.
        not_covered: what no network namespace closes.
    """

    seal: Seal
    user_map: str
    proofs: Mapping[str, bool]
    kernel: str
    not_covered: tuple[str, ...] = ("AF_VSOCK sockets can still be created",)

    def sentence(self) -> str:
        """The proof in words: what held, how users are mapped, the kernel, and what is not covered."""
        held = ", ".join(name for name, holds in self.proofs.items() if holds)
        return f"{held}; user map {self.user_map}; kernel {self.kernel}; {'; '.join(self.not_covered)}"

    def as_json(self) -> dict[str, object]:
        """The proof as plain JSON values."""
        return {
            **asdict(self),
            "seal": str(self.seal),
            "proofs": dict(self.proofs),
            "not_covered": list(self.not_covered),
        }


def enter(program: Callable[[], int]) -> int:
    """Run `program` as the first process of new namespaces and return its exit code.

    Args:
        program: called inside, with `/proc`, `/run`, `/dev/shm` and `/tmp` private and loopback up.

    Raises:
        StairgateError: with exit code 69, where the system refuses user namespaces.
    """
    outer = json.dumps({**namespaces(), "pid_outside": os.getpid()})
    asked_read, asked_write = os.pipe()
    done_read, done_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(asked_read)
        os.close(done_write)
        _become_sealed(asked_write, done_read, outer, program)
    os.close(asked_write)
    os.close(done_read)
    try:
        answer = os.read(asked_read, 200).decode()
        if answer != "unshared":
            os.waitpid(child, 0)
            raise StairgateError(
                Problem(
                    code="no-namespaces",
                    place="lab",
                    cause=f"This system refused the lab its namespaces: {answer or 'no reason given'}.",
                    hint="Allow unprivileged user namespaces (sysctl, AppArmor), or run as root.",
                ),
                exit_code=Exit.MISSING,
            )
        os.write(done_write, _map_users(child).encode())
    finally:
        os.close(asked_read)
        os.close(done_write)
    previous = {
        number: signal.signal(number, lambda got, _: os.kill(child, got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return os.waitstatus_to_exitcode(status)


def _map_users(child: int) -> str:
    """Give the child's user namespace its users: 65,536 of them where we may, else one."""
    proc = Path(f"/proc/{child}")
    try:
        (proc / "uid_map").write_text(f"0 {os.getuid()} 1" if os.getuid() else f"0 0 {_FULL_MAP}")
        if os.getuid():
            (proc / "setgroups").write_text("deny")
        (proc / "gid_map").write_text(f"0 {os.getgid()} 1" if os.getuid() else f"0 0 {_FULL_MAP}")
    except OSError:
        # Root without the right to map everybody (a container): map ourselves only.
        (proc / "setgroups").write_text("deny")
        (proc / "uid_map").write_text(f"0 {os.getuid()} 1")
        (proc / "gid_map").write_text(f"0 {os.getgid()} 1")
        return "single"
    return "single" if os.getuid() else "full"


def _become_sealed(asked: int, done: int, outer: str, program: Callable[[], int]) -> NoReturn:
    """In the forked child: leave the old namespaces, fork their first process, wait for it, die with it."""
    try:
        os.unshare(_CLONE)
    except OSError as error:
        os.write(asked, (error.strerror or str(error)).encode())
        os._exit(Exit.MISSING)
    _die_with_parent()  # only now: new credentials clear the wish
    os.write(asked, b"unshared")
    user_map = os.read(done, 100).decode()
    os.close(asked)
    os.close(done)
    if user_map not in {"full", "single"}:
        os._exit(Exit.MISSING)
    first = os.fork()
    if first:
        # This process only passes signals on; if it is killed, the lab dies too (PR_SET_PDEATHSIG below).
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda got, _: os.kill(first, got))
        _, status = os.waitpid(first, 0)
        os._exit(
            max(0, os.waitstatus_to_exitcode(status)) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        )
    code: int = Exit.MISSING
    # The first process of a pid namespace hears only the signals it has asked for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _die_with_parent()
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        os.environ[OUTER] = json.dumps({**json.loads(outer), "user_map": user_map})
        for command in (
            ["mount", "--make-rprivate", "/"],
            ["mount", "-t", "proc", "proc", "/proc"],
            ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
            ["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm"],  # noqa: S108 - a fresh one, made here
            ["ip", "link", "set", "lo", "up", "mtu", "1500"],
        ):
            subprocess.run(command, check=True, capture_output=True)
        code = program()
    except subprocess.CalledProcessError as error:
        print(f"lab: {' '.join(error.cmd)}: {error.stderr.decode().strip()}", file=sys.stderr)  # noqa: T201
    except StairgateError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the child's only way to say it
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 - the outermost edge of a forked process: anything else would run the parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    """Ask the kernel to kill us when our parent dies: prctl(PR_SET_PDEATHSIG, SIGKILL)."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)


def namespaces() -> dict[str, str]:
    """The namespaces of this process: kind -> `kind:[inode]`."""
    return {kind: str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in _KINDS}


def prove() -> Proof:
    """What the kernel shows of the seal, asked before any route is laid.

    Returns:
        A proof whose `seal` is NAMESPACE only if everything held.
    """
    outer = json.loads(os.environ.get(OUTER, "{}"))
    mine = namespaces()
    proofs = {f"own {kind} namespace": outer.get(kind) not in {None, mine[kind]} for kind in _KINDS}
    # Asked inside only: from an unsealed machine nothing may be sent to anybody, not even to see it fail.
    inside = all(proofs.values())
    proofs["only loopback"] = inside and _links() == ["lo"]
    proofs["no way out by nsenter"] = inside and _refused_back(int(outer["pid_outside"]))
    proofs["the world is unreachable"] = proofs["only loopback"] and all(
        _unreachable(*famous) for famous in _FAMOUS
    )
    proofs["no inherited sockets"] = not _inherited_sockets()
    sealed = bool(outer) and all(proofs.values())
    return Proof(
        seal=Seal.NAMESPACE if sealed else Seal.NONE,
        user_map=outer.get("user_map", "none"),
        proofs=proofs,
        kernel=platform.release(),
    )


def _links() -> list[str]:
    listed = subprocess.run(["ip", "-j", "link"], check=True, capture_output=True).stdout
    return sorted(link["ifname"] for link in json.loads(listed))


def _refused_back(outside: int) -> bool:
    """Whether the process we came from is out of reach: not to be seen, or not to be entered."""
    command = ["nsenter", "-t", str(outside), "-n", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode != 0


def _unreachable(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) in {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def _inherited_sockets() -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        # Standard streams may be a socket of whoever started us; the product never gets them.
        if target.startswith("socket:") and int(descriptor.name) > 2:
            found.append(target)
    return found
