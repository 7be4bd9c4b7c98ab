"""Measure the shape of the house, beside what it was and what it is held to.

Usage: python tools/shape.py [--check]
`before` is version 0.1.0 and `goal` what the house is on its way to. With `--check` a figure beyond what it
is held to ends with status 1: what is held only moves towards the goal. Coverage is read from coverage.json
where `make coverage` has left one.
"""

import ast
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POST = "request.POST"
CORRECTED = "correction__isnull=True"
WITHOUT = "FROM clinic_dosecorrection"
FLOORS = {"core": 95.0, "flows and contexts": 90.0}  # of branches and lines, in per cent


@cache
def python(*folders: str) -> tuple[Path, ...]:
    paths = (p for f in folders for p in sorted((ROOT / f).rglob("*.py")))
    return tuple(p for p in paths if "migrations" not in p.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(*folders: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for path in python(*folders):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def template_lines() -> list[int]:
    paths = (ROOT / "balmis").rglob("*.html")
    return sorted(len(line) for p in paths for line in p.read_text("utf-8").split("\n"))


def at(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def skips() -> int:
    here = Path(__file__).resolve()
    paths = (p for p in python("balmis", "tests", "bench", "tools") if p != here)
    return sum(p.read_text("utf-8").count("# fmt: skip") for p in paths)


def gerunds() -> int:
    return sum(p.stem.endswith("ing") for p in python("balmis"))


def read_by_hand() -> int:
    """Values that a view takes out of what was sent, instead of a form."""
    return sum(_reads(function) for function in functions("balmis/web"))


def _reads(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = {POST, *_kept(function)}
    return sum(_is_read(node, names) for node in ast.walk(function))


def _kept(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Names under which it keeps what was sent, or is given it."""
    for argument in function.args.args:
        if argument.annotation and ast.unparse(argument.annotation) == "QueryDict":
            yield argument.arg
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                yield from (
                    ast.unparse(name) for name, value in pairs if POST in ast.unparse(value)
                )


def _is_read(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("get", "getlist") and ast.unparse(node.func.value) in names
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) in names


def live_doses() -> int:
    """Places that say for themselves what a live dose is."""
    texts = [p.read_text("utf-8") for p in python("balmis")]
    return sum(t.count(CORRECTED) + t.count(f"NOT EXISTS (SELECT 1 {WITHOUT}") for t in texts)


def machines() -> int:
    source = tree(ROOT / "balmis/core/states.py")
    found = [n for n in source.body if isinstance(n, ast.AnnAssign) and n.value]
    table = next(n.value for n in found if ast.unparse(n.target) == "ALL")
    return len(table.keys) if isinstance(table, ast.Dict) else 0


def many_parameters() -> float:
    """Share of functions of flows with more than five, in per cent."""
    counts = [len(f.args.args) + len(f.args.kwonlyargs) for f in functions("balmis/flows")]
    return round(100 * sum(n > 5 for n in counts) / len(counts), 1)


def any_in_web() -> int:
    names = (n for p in python("balmis/web") for n in ast.walk(tree(p)) if isinstance(n, ast.Name))
    return sum(n.id == "Any" for n in names)


def rooms(floor: str) -> set[tuple[str, str]]:
    """Which room of a floor imports which other."""
    found = set()
    for path in python(f"balmis/{floor}"):
        here = path.relative_to(ROOT / "balmis" / floor).parts[0].removesuffix(".py")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                if parts[:2] == ["balmis", floor] and len(parts) > 2 and parts[2] != here:
                    found.add((here, parts[2]))
    return found


def two_way() -> int:
    arrows = [rooms(floor) for floor in ("core", "contexts", "flows", "web")]
    return sum((b, a) in found and a < b for found in arrows for a, b in found)


def file_lines() -> list[int]:
    counts = (p.read_text("utf-8").count("\n") for p in python("balmis"))
    return sorted(n for n in counts if n)


def function_lines() -> list[int]:
    return sorted((f.end_lineno or f.lineno) - f.lineno + 1 for f in functions("balmis"))


def covered(*folders: str) -> float | None:
    """Share of lines and branches of these folders that tests reach, in per cent; None: not measured."""
    report = ROOT / "coverage.json"
    if not report.exists():
        return None
    files = json.loads(report.read_text())["files"].items()
    sums = [f["summary"] for name, f in files if name.startswith(folders)]
    reached = sum(s["covered_lines"] + s.get("covered_branches", 0) for s in sums)
    known = sum(s["num_statements"] + s.get("num_branches", 0) for s in sums)
    return round(100 * reached / known, 1) if known else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: at most `goal`, or with `floor` at least; `held` where it has not come so far yet."""

    name: str
    before: str
    now: Callable[[], float | None]
    goal: float
    held: float | None = None
    floor: bool = False

    def within(self, value: float, bound: float) -> bool:
        return value >= bound if self.floor else value <= bound

    def row(self) -> tuple[str, bool]:
        """Its line of the table, and whether it is within what it is held to."""
        value, held = self.now(), self.goal if self.held is None else self.held
        if value is None:
            now, words, kept = "not measured", "", True
        else:
            now, kept = f"{value:g}", self.within(value, held)
            words = "" if self.within(value, self.goal) else "short of the goal"
            words = words if kept else "BEYOND"
        goal, bound = (f"{'≥' if self.floor else '≤'} {n:g}" for n in (self.goal, held))
        return (
            f"{self.name:44}{self.before:>8}{now:>14}{goal:>9}{bound:>9}   {words}".rstrip(),
            kept,
        )


FIGURES = (
    Figure("fmt: skip", "1808", skips, 30),
    Figure("longest template line", "2744", lambda: template_lines()[-1], 160),
    Figure("template line, p90", "472", lambda: at(template_lines(), 0.9), 100),
    Figure("modules named by gerunds", "99", gerunds, 15),
    Figure("values read from POST by hand", "193", read_by_hand, 20),
    Figure("places that say what a live dose is", "24", live_doses, 1),
    Figure("machines in states.py", "5", machines, 11, floor=True),
    Figure("functions of flows with > 5 parameters, %", "7.3", many_parameters, 2),
    Figure("Any in web", "253", any_in_web, 60),
    Figure("rooms that import each other", "1", two_way, 0),
    Figure("lines of a file, p50", "108", lambda: at(file_lines(), 0.5), 108),
    Figure("lines of a file, p90", "241", lambda: at(file_lines(), 0.9), 241),
    Figure("lines of a file, most", "552", lambda: file_lines()[-1], 552),
    Figure("lines of a function, p50", "8", lambda: at(function_lines(), 0.5), 8),
    Figure("lines of a function, p90", "21", lambda: at(function_lines(), 0.9), 21, held=24),
    Figure("lines of a function, most", "60", lambda: function_lines()[-1], 60),
    Figure(
        "covered, core, %",
        "–",
        lambda: covered("balmis/core/"),
        FLOORS["core"],
        floor=True,
    ),
    Figure(
        "covered, flows and contexts, %",
        "–",
        lambda: covered("balmis/flows/", "balmis/contexts/"),
        FLOORS["flows and contexts"],
        floor=True,
    ),
)


def main() -> None:
    rows = [figure.row() for figure in FIGURES]
    print(f"{'':44}{'before':>8}{'now':>14}{'goal':>9}{'held':>9}")
    for line, _ in rows:
        print(line)
    if "--check" in sys.argv and not all(kept for _, kept in rows):
        sys.exit("The house has grown beyond its shape; see CONTRIBUTING.md.")


if __name__ == "__main__":
    main()
