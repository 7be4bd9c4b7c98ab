"""Apply a revision to a plan's content, and say in words what differs between two."""

import copy
from typing import Any

from balmis.contexts.campaigns.plan.format import RevisionEntry


def apply_revision(
    content: dict[str, Any], revision: RevisionEntry
) -> tuple[dict[str, Any], list[tuple[tuple[str, ...], str]]]:
    """The content after the revision, and what it names that is not there."""
    changed = copy.deepcopy(content)
    missing: list[tuple[tuple[str, ...], str]] = []
    for address, value in revision.set.items():
        *way, last = address.split("/")
        holder = _find(changed, way)
        if isinstance(holder, dict):
            holder[last] = value
        else:
            missing.append((("set", address), f"there is nothing at '{'/'.join(way)}' to change"))
    for name, entries in revision.add.items():
        changed.setdefault(name, []).extend(copy.deepcopy(entries))
    return changed, missing


def _find(value: Any, way: list[str]) -> Any:
    for step in way:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            value = next((v for v in value if isinstance(v, dict) and v.get("code") == step), None)
        else:
            return None
    return value


def differences(before: Any, after: Any, where: str = "") -> list[str]:
    """Each difference as a line: 'sites/halla/status: planned → open'."""
    if isinstance(before, dict) and isinstance(after, dict):
        lines = []
        for key in dict.fromkeys([*before, *after]):
            lines += differences(before.get(key), after.get(key), f"{where}/{key}".lstrip("/"))
        return lines
    if _coded(before) and _coded(after):
        old = {str(v["code"]): v for v in before}
        new = {str(v["code"]): v for v in after}
        return differences(old, new, where)
    if before == after:
        return []
    return [f"{where}: {_short(before)} → {_short(after)}"]


def _coded(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) and "code" in v for v in value)


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k}: {_short(v)}" for k, v in list(value.items())[:6]) + ")"
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "…"
