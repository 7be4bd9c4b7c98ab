"""Read YAML into plain values, remembering the line and column of everything.

The core schema of YAML 1.2: `no`, `on` and 08 are text or an error, never a surprise;
dates stay text until the format asks for a date; a key that stands twice is an error.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
VALUES = 500_000  # of a file, aliases opened
LIMIT = 4 * 1024 * 1024  # bytes of a campaign file

_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?(\d[\d_]*\.\d*|\.\d+|\d[\d_]*)([eE][-+]?\d+)?$")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the file: where, what, and what to write instead."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


@dataclass(slots=True)
class Document:
    """The values of a file and where each stands: (line, column), both from 1."""

    value: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> tuple[int, int]:
        """Where `path` stands; for something missing, where its parent does."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def problem(self, path: Path, message: str) -> None:
        self.problems.append(Problem(*self.place(path), message))


def read(text: str) -> Document:
    """Parse the text; syntax errors and repeated keys are in `problems`."""
    document = Document()
    if len(text.encode()) > LIMIT:
        document.problems.append(Problem(1, 1, f"the file is larger than {LIMIT >> 20} MiB"))
        return document
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.problems.append(Problem(line, column, _syntax(error)))
        return document
    except RecursionError:
        document.problems.append(Problem(1, 1, "the file is nested too deeply"))
        return document
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.problems.append(
            Problem(line, 1, f"a character that YAML does not allow: {error.reason}")
        )
        return document
    if node is None:
        document.problems.append(Problem(1, 1, "the file is empty"))
        return document
    try:
        document.value = _value(node, (), document, frozenset())
    except RecursionError:
        document.problems.append(Problem(1, 1, "the file is nested too deeply"))
    except _TooMany:
        document.problems.append(
            Problem(1, 1, f"the file holds more than {VALUES:,} values, aliases opened")
        )
    return document


class _TooMany(Exception):
    """Aliases of aliases make billions of values from a few lines."""


def _syntax(error: yaml.MarkedYAMLError) -> str:
    said = (error.problem or "not valid YAML").strip()
    if "mapping values are not allowed" in said:
        return "a ':' where none can be; put text that holds ': ' into quotes, or mend the indent"
    if "found character '\\t'" in said:
        return "a tab; indent with spaces"
    if "expected <block end>" in said or "did not find expected" in said:
        return f"the indent does not fit the lines above ({said})"
    return f"not valid YAML: {said}"


def _value(node: yaml.Node, path: Path, document: Document, above: frozenset[int]) -> Any:
    if id(node) in above:
        document.problems.append(
            Problem(
                node.start_mark.line + 1,
                node.start_mark.column + 1,
                "an alias that holds itself; write the value out",
            )
        )
        return None
    if len(document.places) >= VALUES:
        raise _TooMany
    document.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document, above)
    if isinstance(node, yaml.SequenceNode):
        return [_value(n, (*path, i), document, above) for i, n in enumerate(node.value)]
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode, path: Path, document: Document, above: frozenset[int]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in result:
            mark = key_node.start_mark
            document.problems.append(
                Problem(
                    mark.line + 1,
                    mark.column + 1,
                    f"the key '{key}' stands twice here; keep one of them",
                )
            )
            continue
        result[key] = _value(value_node, (*path, key), document, above)
        document.places[(*path, key)] = (
            key_node.start_mark.line + 1,
            key_node.start_mark.column + 1,
        )
    return result


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.match(text):
        return int(text.replace("_", ""))
    if _FLOAT.match(text) and not (text.lstrip("+-").startswith("0") and text.isdigit()):
        return float(text.replace("_", ""))
    return text
