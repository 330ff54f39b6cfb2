"""Breaks a module in many small ways and tells which breaks its tests do not notice.

    python tests/mutate.py rules/schedule.py tests/rules/test_schedule.py [--only 12,40] [--every 1]

Each mutant changes one operator, constant or condition of the module's syntax tree. Its tests run in a forked
process that imports the changed module; property tests run with few, fixed examples. A mutant that no test
notices is printed with its line. Exit code 0 where all were noticed, 1 otherwise. Not collected by pytest.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import jsonschema  # noqa: F401 - imported before the fork, so that no mutant pays for it
import pydantic  # noqa: F401 - as above
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 60
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.Continue: ast.Break,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Every changed tree with its line and what was changed."""
    left_alone = {
        id(inner) for outer in ast.walk(tree) for part in _unspoken(outer) for inner in ast.walk(part)
    }
    for place, node in enumerate(ast.walk(tree)):
        for change, apply in changes(node) if id(node) not in left_alone else ():
            mutant = copy.deepcopy(tree)
            twin = next(other for number, other in enumerate(ast.walk(mutant)) if number == place)
            apply(twin)
            yield getattr(node, "lineno", 0), change, mutant


def _unspoken(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of a node that do nothing when the program runs: annotations, decorators, imports for types."""
    match node:
        case ast.FunctionDef():
            yield from (*node.decorator_list, *([node.returns] if node.returns else []))
        case ast.ClassDef():
            yield from node.decorator_list
        case ast.arg(annotation=ast.expr() as part) | ast.AnnAssign(annotation=part):
            yield part
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield node
        case _:
            return


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """What can be changed at a node: a description, and a function that does it to the node's twin."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                if swap := SWAPS.get(type(operator)):
                    yield (
                        f"{type(operator).__name__} -> {swap.__name__}",
                        lambda twin, index=index, swap=swap: twin.ops.__setitem__(index, swap()),
                    )
        case ast.BoolOp() | ast.BinOp() if swap := SWAPS.get(type(node.op)):
            yield (
                f"{type(node.op).__name__} -> {swap.__name__}",
                lambda twin, swap=swap: setattr(twin, "op", swap()),
            )
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda twin: _wrap(twin, "operand")
        case ast.Constant(value=bool()):
            yield f"{node.value} -> {not node.value}", lambda twin: setattr(twin, "value", not twin.value)
        case ast.Constant(value=int() | float()):
            yield f"{node.value} -> {node.value + 1}", lambda twin: setattr(twin, "value", twin.value + 1)
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition turned round", lambda twin: _wrap(twin, "test")
        case ast.comprehension(ifs=[_, *_]):
            yield "filter turned round", lambda twin: twin.ifs.__setitem__(0, _negated(twin.ifs[0]))
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield f"{name} -> {CALLS[name]}", lambda twin: setattr(twin.func, "id", CALLS[twin.func.id])
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "returns None", lambda twin: setattr(twin, "value", ast.Constant(None))
        case _:
            return


def _wrap(twin: Any, field: str) -> None:
    setattr(twin, field, _negated(getattr(twin, field)))


def _negated(value: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), value)


class OneChanged(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - the protocol's
        """Itself for the one module."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            self.path,
            loader=self,
            submodule_search_locations=[str(self.path.parent)] if self.path.name == "__init__.py" else None,
        )

    def exec_module(self, module: Any) -> None:
        """Run the changed tree."""
        exec(compile(ast.fix_missing_locations(self.tree), str(self.path), "exec"), vars(module))  # noqa: S102 - that is the point


def is_noticed(name: str, path: Path, tree: ast.Module, tests: list[str]) -> bool:
    """Whether the tests fail on a changed module, in a process of their own."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        sys.meta_path.insert(0, OneChanged(name, path, tree))
        hypothesis.settings.register_profile(
            "mutate",
            max_examples=25,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )
        hypothesis.settings.load_profile("mutate")
        try:
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", *tests])
        except BaseException:  # noqa: BLE001 - a mutant that breaks the import is noticed too
            code = 1
        os._exit(int(code != 0))
    return os.waitpid(child, 0)[1] != 0


def main() -> int:
    """Run, print the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", type=Path)
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--every", type=int, default=1, help="take only each n-th mutant")
    parser.add_argument("--only", default="", help="numbers of mutants, with commas")
    arguments = parser.parse_args()
    path = (ROOT / arguments.module).resolve()
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    if is_noticed(name, path, ast.parse(source), arguments.tests):
        sys.exit("the tests fail without any change")
    chosen = {int(number) for number in arguments.only.split(",") if number}
    begin, tried, survivors = time.monotonic(), 0, 0
    for number, (line, change, mutant) in enumerate(mutants(tree)):
        if number % arguments.every or (chosen and number not in chosen):
            continue
        tried += 1
        if not is_noticed(name, path, mutant, arguments.tests):
            survivors += 1
            text = source.splitlines()[line - 1].strip()
            sys.stdout.write(f"{arguments.module}:{line}  #{number}  {change}    {text}\n")
            sys.stdout.flush()
    seconds = time.monotonic() - begin
    sys.stdout.write(f"{arguments.module}: {tried} mutants, {survivors} not noticed, {seconds:.0f} s\n")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
