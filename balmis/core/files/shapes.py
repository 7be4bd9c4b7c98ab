"""Does a document have the shape its format asks for? Every problem in the words of the file."""

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import jsonschema
import msgspec

from balmis.core.files.reader import Document, Path

T = TypeVar("T", bound=msgspec.Struct)


@lru_cache
def schema_of(form: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """The JSON Schema of a document format."""
    made = msgspec.json.schema(form)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = title
    return made


@lru_cache
def _validator(form: type[msgspec.Struct]) -> Any:
    checker = jsonschema.FormatChecker(formats=["date"])
    return jsonschema.Draft202012Validator(schema_of(form, ""), format_checker=checker)


def shape(document: Document, form: type[T], *, name: str, what: str) -> T | None:
    """The document as `form`, or None and its problems: unknown keys, missing ones, wrong kinds.

    `name` is what its `format` must say; `what` is how people call such a file.
    """
    if isinstance(document.value, dict) and document.value.get("format") != name:
        document.problem(("format",), f"this is not a {what}; begin it with 'format: {name}'")
        return None
    for error in _validator(form).iter_errors(document.value):
        for path, message in _told(error):
            document.problem(path, message)
    if document.problems:
        return None
    try:
        return msgspec.convert(document.value, form, strict=False)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at ")
        document.problem(_path_in(where), words[:1].lower() + words[1:])
        return None


def _path_in(words: str) -> Path:
    """The place that msgspec names, like `$.reported[1].doses`."""
    return tuple(
        int(index) if index else key for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", words)
    )


def _told(error: jsonschema.ValidationError) -> Iterator[tuple[Path, str]]:
    """A schema error in the words of the file."""
    path: Path = tuple(error.absolute_path)
    name = f"'{path[-1]}'" if path else "the file"
    schema: Any = error.schema
    instance: Any = error.instance
    wanted: Any = error.validator_value
    kind = error.validator
    if kind == "additionalProperties":
        known = list(schema.get("properties", {}))
        for key in [k for k in instance if k not in known]:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean '{close[0]}'?" if close else f"possible here: {', '.join(known)}"
            yield (*path, key), f"the key '{key}' is not known; {hint}"
    elif kind == "required":
        missing = [k for k in wanted if k not in instance]
        yield path, f"{name} lacks {', '.join(repr(k) for k in missing)}"
    elif kind == "anyOf" and (inner := _inside(error)):
        for deeper in inner:
            yield from _told(deeper)
    elif kind == "anyOf":
        yield path, f"{name} is {_shown(error.instance)}; write {_kinds(wanted)}"
    elif kind == "enum":
        close = difflib.get_close_matches(str(error.instance), [str(w) for w in wanted], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield (
            path,
            f"{name} is {_shown(error.instance)}; write one of {', '.join(map(str, wanted))}{hint}",
        )
    elif kind == "type":
        yield path, f"{name} is {_shown(error.instance)}; write {_kinds([{'type': wanted}])}"
    elif kind == "format":
        yield path, f"{name} is {_shown(error.instance)}; write a date like 2021-02-26"
    elif kind in ("minimum", "maximum", "exclusiveMinimum"):
        word = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}[kind]
        yield path, f"{name} is {_shown(error.instance)}; write {word} {wanted}"
    elif kind == "pattern":
        described = schema.get("description", f"text of the form {wanted}")
        yield path, f"{name} is {_shown(error.instance)}; write {described}"
    elif kind in ("minItems", "minProperties"):
        yield path, f"{name} is empty; write at least {wanted} entr{'y' if wanted == 1 else 'ies'}"
    elif kind == "minLength":
        yield path, f"{name} is empty; write its text"
    else:
        yield path, f"{name}: {error.message}"


def _inside(error: jsonschema.ValidationError) -> list[jsonschema.ValidationError]:
    """What is wrong inside a mapping or list that may also be left out."""
    if not isinstance(error.instance, dict | list):
        return []
    return [e for e in error.context or () if e.validator != "type" or e.path]


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "true", False: "false"}[value]
    return repr(value)


_KIND_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "null": "nothing",
}


def _range(option: dict[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""


def _kinds(options: list[dict[str, Any]]) -> str:
    words = []
    for option in options:
        if option.get("format") == "date":
            words.append("a date like 2021-02-26")
        elif "pattern" in option and "description" in option:
            words.append(option["description"].rstrip("."))
        elif option.get("type") in _KIND_WORDS:
            words.append(_KIND_WORDS[option["type"]] + _range(option))
        elif "$ref" in option:
            words.append("a mapping")
    return " or ".join(w for w in dict.fromkeys(words) if w != "nothing") or "another value"
