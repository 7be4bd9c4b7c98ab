"""Parts of ARCHITECTURE.md that are drawn from the house itself: the tree of packages, the tables."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (
    "core",
    "contexts",
    "flows",
    "gate",
    "web",
    "api",
    "worker",
    "config",
    "demo",
    "cli",
    "presets",
)
WIDTH = 15  # of the names in the drawing
SHOWN = {"append_only": "append-only", "no_delete": "never deleted"}
HIDDEN = ("no_truncate", "reference_changed")  # of every append-only, every kept table
MARK = "<!-- {name}: drawn by 'python tools/docs.py' -->"
END = "<!-- end of {name} -->"


def with_parts(text: str) -> str:
    """ARCHITECTURE.md with its drawn parts as they are now. Raises ValueError without their markers."""
    made = {"tree": tree(ROOT / "balmis"), "tables": tables()}
    for name, lines in made.items():
        text = replaced(text, name, "\n".join(lines))
    return text


def replaced(text: str, name: str, part: str) -> str:
    """The text with this part between its markers."""
    begin, end = MARK.format(name=name), END.format(name=name)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"The text must hold each marker of '{name}' once: {begin} … {end}")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{part}\n{end}{rest.partition(end)[2]}"


def tree(root: Path) -> list[str]:
    """The packages down to the second level, each with the first sentence of its docstring."""
    lines = ["```", f"{root.name}/"]
    known = [f for f in FLOORS if (root / f / "__init__.py").exists()]
    floors = [*known, *(p.name for p in packages(root) if p.name not in FLOORS)]
    for n, floor in enumerate(floors):
        last = n == len(floors) - 1
        lines.append(_line("└── " if last else "├── ", root / floor))
        rooms = packages(root / floor)
        for m, room in enumerate(rooms):
            branch = "└── " if m == len(rooms) - 1 else "├── "
            lines.append(_line(("    " if last else "│   ") + branch, room))
    return [*lines, "```"]


def packages(folder: Path) -> list[Path]:
    return sorted(p.parent for p in folder.glob("*/__init__.py") if p.parent.name != "migrations")


def _line(branch: str, package: Path) -> str:
    name = f"{package.name}/".ljust(WIDTH + 8 - len(branch))
    return f"{branch}{name} {said(package / '__init__.py')}"


def said(path: Path) -> str:
    """The first sentence of a module's docstring. Raises ValueError when there is none."""
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not words:
        raise ValueError(f"{path} does not say what its package is for: give it a docstring")
    return first_sentence(words)


def first_sentence(words: str) -> str:
    paragraph = " ".join(words.partition("\n\n")[0].split())
    return re.split(r"(?<=[.?])\s+(?=[A-Z`])", paragraph)[0]


def tables() -> Iterator[str]:
    """Every table, by context from the bottom up: what it holds, and what the database keeps true."""
    from django.apps import apps

    for context in apps.get_app_configs():
        if not context.name.startswith("balmis.contexts."):
            continue
        room = context.name.rpartition(".")[2]
        label = f" (tables `{context.label}_…`)" if context.label != room else ""
        yield f"\n**{room}**{label}\n\n| table | holds | the database keeps |\n|---|---|---|"
        for model in context.get_models():
            words = first_sentence(model.__doc__ or "").replace("|", "\\|")
            yield f"| `{model._meta.db_table}` | {words} | {', '.join(_kept(model))} |"


def _kept(model: Any) -> Iterator[str]:
    triggers = [t.name for t in getattr(model._meta, "triggers", [])]
    yield from (SHOWN.get(t, f"`{t}`") for t in sorted(triggers) if t not in HIDDEN)
    if any(f.name == "request_id" and f.unique for f in model._meta.fields):
        yield "a request once"
    yield from (f"`{c.name}`" for c in model._meta.constraints)
