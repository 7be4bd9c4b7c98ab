"""What the program's own source says, read from its syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "balmis"


@dataclass(frozen=True, slots=True)
class Module:
    """A source file: its name as it is imported, and its tree."""

    name: str
    tree: ast.Module


@cache
def modules(folder: Path = PROGRAM) -> tuple[Module, ...]:
    """All modules below the folder, without migrations, in the order of their names."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder.parent).with_suffix("").parts
        if "migrations" not in inside:
            name = ".".join(p for p in inside if p != "__init__")
            found.append(Module(name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


# ---- the environment ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable:
    """A use of the environment. `name` is empty where it is no literal."""

    name: str
    default: str | None = None  # where the code states one


def variables(tree: ast.Module) -> Iterator[Variable]:
    """What is read by `os.environ[…]`, `.get`, `.setdefault`, `.pop`, `in os.environ` or `os.getenv`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _asks(node.func) and node.args:
            default = _text(node.args[1]) if len(node.args) > 1 else None
            yield Variable(_text(node.args[0]) or "", default)
        elif isinstance(node, ast.Subscript) and _is_environ(node.value):
            yield Variable(_text(node.slice) or "")
        elif isinstance(node, ast.Compare) and any(map(_is_environ, node.comparators)):
            yield Variable(_text(node.left) or "")


def _asks(func: ast.expr) -> bool:
    if not isinstance(func, ast.Attribute):
        return isinstance(func, ast.Name) and func.id == "getenv"
    if func.attr == "getenv":
        return True
    return func.attr in ("get", "setdefault", "pop") and _is_environ(func.value)


def _is_environ(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id == "environ"
    )


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# ---- calls of the journal ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """One call of `audit.record`, `account_trail.record` or `outbox.publish`."""

    word: str  # the action or topic; '{…}' where a part is worked out
    module: str
    about: str = ""  # the kind of its subject, before the colon
    facts: tuple[str, ...] = field(default=())


def audited(module: Module) -> Iterator[Written]:
    """What the module writes to the audit trail, one for each action that can be read off."""
    calls = (_calls(module.tree, owner, "record") for owner in ("audit", "account_trail"))
    for inside, call in chain.from_iterable(calls):
        about = _beginning(call.args[1]) if len(call.args) > 1 else ""
        for word in _words(call.args[0], module.tree, inside):
            if not word.startswith("{"):  # else it only passes on what others write
                yield Written(word, module.name, about, _facts(call))


def published(module: Module) -> Iterator[Written]:
    """What the module puts into the outbox."""
    for inside, call in _calls(module.tree, "outbox", "publish"):
        for word in _words(call.args[0], module.tree, inside):
            yield Written(word, module.name, facts=_facts(call))


def _calls(tree: ast.Module, owner: str, name: str) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Calls `owner.name(…)`, each with the function it stands in."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                whose = node.func.value
                if node.func.attr == name and isinstance(whose, ast.Name) and whose.id == owner:
                    yield function, node


def _words(node: ast.expr, tree: ast.Module, inside: ast.FunctionDef) -> list[str]:
    """What this expression can be: a literal, one of two, a constant of the module, a text with a part
    that the function was given as a literal; else the expression itself."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_words(node.body, tree, inside), *_words(node.orelse, tree, inside)]
    if isinstance(node, ast.Name):
        return _constants(tree, node.id) or _given(tree, inside, node.id) or [f"{{{node.id}}}"]
    if isinstance(node, ast.JoinedStr):
        return _joined(node, tree, inside)
    return [f"{{{ast.unparse(node)}}}"]


def _joined(node: ast.JoinedStr, tree: ast.Module, inside: ast.FunctionDef) -> list[str]:
    found = [""]
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        found = [a + b for a in found for b in _words(inner, tree, inside)]
    return found


def _constants(tree: ast.Module, name: str) -> list[str]:
    return [
        text
        for node in tree.body
        if isinstance(node, ast.Assign) and (text := _text(node.value)) is not None
        for target in node.targets
        if isinstance(target, ast.Name) and target.id == name
    ]


def _given(tree: ast.Module, function: ast.FunctionDef, name: str) -> list[str]:
    """The literals with which the module calls its own function for this parameter."""
    names = [a.arg for a in function.args.args]
    if name not in names:
        return []
    at = names.index(name)
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function.name
        and len(node.args) > at
    ]
    return sorted({text for call in calls if (text := _text(call.args[at])) is not None})


def _beginning(node: ast.expr) -> str:
    """'lot' of f"lot:{lot.pk}"."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return (_text(node.values[0]) or "").rstrip(":")
    return ""


def _facts(call: ast.Call) -> tuple[str, ...]:
    known = ("actor", "now")
    return tuple(k.arg or "…" for k in call.keywords if k.arg not in known)


# ---- reasons -----------------------------------------------------------------------------------


def named(tree: ast.AST, owner: str = "Refused") -> set[str]:
    """Members of an enum that this part of a tree names."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == owner
    }


def refused(tree: ast.Module) -> set[str]:
    """Reasons with which the module refuses."""
    found: set[str] = set()
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) and node.args else None
        if isinstance(called, ast.Name) and called.id == "Refusal":
            found |= named(node.args[0])
    return found
