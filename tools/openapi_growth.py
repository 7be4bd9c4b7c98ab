"""May the API's description follow the released one? It may only grow: see docs/explanation/api-changes.md.

Usage: python tools/openapi_growth.py
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOW, RELEASED = FOLDER / "openapi.json", FOLDER / "openapi-released.json"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
Node = dict[str, Any]


class Side(NamedTuple):
    """A schema as it was and as it is, and where it stands; `sent` by the client, or told to it."""

    was: Node
    now: Node
    at: str
    sent: bool


class Documents(NamedTuple):
    """Both descriptions, to look references up in."""

    released: Node
    now: Node


def broken(released: Node, now: Node) -> list[str]:
    """What a client of the released API could not rely on any more."""
    both = Documents(released, now)
    found: list[str] = []
    for path, methods in released["paths"].items():
        for method in METHODS:
            if method in methods:
                other = now["paths"].get(path, {}).get(method)
                at = f"{method.upper()} {path}"
                found += _call(both, methods[method], other, at) if other else [f"{at} is gone"]
    return list(dict.fromkeys(found))


def _call(both: Documents, was: Node, now: Node, at: str) -> Iterator[str]:
    yield from _parameters(both, was, now, at)
    yield from _body(both, was, now, at)
    for code, answer in was["responses"].items():
        code = str(code)
        other = {str(k): v for k, v in now["responses"].items()}.get(code)
        if other is None:
            yield f"{at}: the answer {code} is gone"
        elif schema := _schema(answer):
            yield from _differs(
                both, Side(schema, _schema(other) or {}, f"{at} → {code}", False), ()
            )


def _parameters(both: Documents, was: Node, now: Node, at: str) -> Iterator[str]:
    before = {(p["in"], p["name"]): p for p in was.get("parameters", [])}
    after = {(p["in"], p["name"]): p for p in now.get("parameters", [])}
    for key, one in before.items():
        if key not in after:
            yield f"{at}: the parameter {key[1]} is gone"
            continue
        side = Side(one.get("schema", {}), after[key].get("schema", {}), f"{at} ?{key[1]}", True)
        yield from _differs(both, side, ())
    for key, one in after.items():
        if one.get("required") and not before.get(key, {}).get("required"):
            yield f"{at}: the parameter {key[1]} is needed now"


def _body(both: Documents, was: Node, now: Node, at: str) -> Iterator[str]:
    before, after = was.get("requestBody"), now.get("requestBody")
    if after and after.get("required") and not (before and before.get("required")):
        yield f"{at}: a body is needed now"
    if before and not after:
        yield f"{at}: the body is gone"
    elif before and after:
        side = Side(_schema(before) or {}, _schema(after) or {}, f"{at} body", True)
        yield from _differs(both, side, ())


def _schema(part: Node) -> Node | None:
    content: Node = part.get("content", {}).get("application/json", {})
    return content.get("schema")


# ---- schemas -------------------------------------------------------------------------------------


def _differs(both: Documents, side: Side, seen: tuple[str, ...]) -> Iterator[str]:
    """What was taken from this schema, or is asked beyond it; `seen` ends circles of references."""
    yield from _kinds_differ(both, side)
    pair = f"{side.was.get('$ref', '')} {side.now.get('$ref', '')}"
    if pair in seen:
        return
    was, now = _found(both.released, side.was), _found(both.now, side.now)
    side, seen = Side(was, now, side.at, side.sent), (*seen, pair) if "#" in pair else seen
    yield from _words_differ(side)
    yield from _limits_differ(side)
    yield from _properties_differ(both, side, seen)
    if "items" in was and "items" in now:
        inner = Side(was["items"], now["items"], f"{side.at}[]", side.sent)
        yield from _differs(both, inner, seen)


def _found(document: Node, schema: Node) -> Node:
    """The schema itself, behind its reference and behind an 'or null'."""
    if "$ref" in schema:
        part: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        return _found(document, part)
    options = [o for o in schema.get("anyOf", schema.get("allOf", [])) if o.get("type") != "null"]
    return _found(document, options[0]) if len(options) == 1 else schema


def _kinds(document: Node, schema: Node) -> set[str]:
    if "anyOf" in schema:
        return set().union(*(_kinds(document, o) for o in schema["anyOf"]))
    if "$ref" in schema or "allOf" in schema:
        return _kinds(document, _found(document, schema))
    return {f"{schema['type']} {schema.get('format', '')}".strip()} if "type" in schema else set()


def _kinds_differ(both: Documents, side: Side) -> Iterator[str]:
    was, now = _kinds(both.released, side.was), _kinds(both.now, side.now)
    lost = was - now if side.sent else now - was
    if lost and was:
        before, after = " or ".join(sorted(was)), " or ".join(sorted(now)) or "anything"
        yield f"{side.at}: the type was {before}, and is {after}"


def _words_differ(side: Side) -> Iterator[str]:
    was, now = set(side.was.get("enum", [])), set(side.now.get("enum", []))
    if was and (now or not side.sent):
        for word in sorted(was - now):
            yield f"{side.at}: the word {word} is gone"
    if side.sent and now and not was:
        yield f"{side.at}: only some words are taken now"


def _limits_differ(side: Side) -> Iterator[str]:
    """What is taken may not become narrower."""
    if not side.sent:
        return
    for key in UPPER:
        if key in side.now and side.now[key] < side.was.get(key, float("inf")):
            yield f"{side.at}: {key} is {side.now[key]}, and was {side.was.get(key, 'none')}"
    for key in LOWER:
        if key in side.now and side.now[key] > side.was.get(key, float("-inf")):
            yield f"{side.at}: {key} is {side.now[key]}, and was {side.was.get(key, 'none')}"


def _properties_differ(both: Documents, side: Side, seen: tuple[str, ...]) -> Iterator[str]:
    was, now = side.was.get("properties", {}), side.now.get("properties", {})
    needed_then, needed_now = set(side.was.get("required", [])), set(side.now.get("required", []))
    for name, schema in was.items():
        if name not in now:
            yield f"{side.at}.{name} is gone"
            continue
        inner = Side(schema, now[name], f"{side.at}.{name}", side.sent)
        yield from _differs(both, inner, seen)
    if side.sent:
        yield from (f"{side.at}.{name} is needed now" for name in sorted(needed_now - needed_then))
    else:
        lost = (needed_then - needed_now) & set(now)
        yield from (f"{side.at}.{name} may be missing now" for name in sorted(lost))


def main() -> None:
    found = broken(*(json.loads(p.read_text(encoding="utf-8")) for p in (RELEASED, NOW)))
    if found:
        sys.exit("The API may only grow:\n" + "\n".join(f"  {line}" for line in found))


if __name__ == "__main__":
    main()
