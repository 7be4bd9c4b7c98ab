"""The API may only grow against the last released one; each way to break a client is seen."""

import copy
import json
from typing import Any

import pytest

from tools.openapi_growth import NOW, RELEASED, broken

Node = dict[str, Any]
STEP: Node = {
    "type": "object",
    "required": ["request_id", "kind"],
    "properties": {
        "request_id": {"type": "string", "format": "uuid"},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "by": {"anyOf": [{"type": "string", "maxLength": 150}, {"type": "null"}]},
        "after": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
    },
}
DOCUMENT: Node = {
    "paths": {
        "/steps": {
            "post": {
                "parameters": [
                    {
                        "in": "query",
                        "name": "since",
                        "schema": {"type": "string"},
                        "required": True,
                    },
                    {"in": "query", "name": "most", "schema": {"type": "integer", "maximum": 200}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Step"}}
                    },
                },
                "responses": {
                    200: {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}
                        }
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Step": STEP,
            "Kind": {"type": "string", "enum": ["dose", "seat"]},
            "Answer": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "integer"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "note": {"type": "string"},
                },
            },
        }
    },
}


def changed(*path: Any, to: Any = None) -> Node:
    """The document with something else at this path, or without it."""
    made = copy.deepcopy(DOCUMENT)
    part = made
    for step in path[:-1]:
        part = part[step]
    if to is None:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return made


SCHEMAS = ("components", "schemas")
PROPERTIES = (*SCHEMAS, "Step", "properties")
ANSWER = (*SCHEMAS, "Answer")
POST = ("paths", "/steps", "post")
BREAKS = {
    "a path": (("paths", "/steps"), None, "POST /steps is gone"),
    "a method": (POST, None, "POST /steps is gone"),
    "an answer": ((*POST, "responses", 200), None, "the answer 200 is gone"),
    "a parameter": ((*POST, "parameters", 1), None, "the parameter most is gone"),
    "the type of a parameter": (
        (*POST, "parameters", 0, "schema", "type"),
        "integer",
        "?since: the type was string",
    ),
    "a parameter that is needed now": (
        (*POST, "parameters", 1, "required"),
        True,
        "the parameter most is needed now",
    ),
    "a limit of a parameter": (
        (*POST, "parameters", 1, "schema", "maximum"),
        100,
        "maximum is 100, and was 200",
    ),
    "the body": ((*POST, "requestBody"), None, "the body is gone"),
    "a property of a request": ((*PROPERTIES, "by"), None, "body.by is gone"),
    "a property that is needed now": (
        (*SCHEMAS, "Step", "required"),
        ["request_id", "kind", "by"],
        "body.by is needed now",
    ),
    "the type of a property": (
        (*PROPERTIES, "request_id", "format"),
        "date",
        "the type was string uuid, and is string date",
    ),
    "null where it was taken": (
        (*PROPERTIES, "by"),
        {"type": "string"},
        "the type was null or string",
    ),
    "the type behind a list": (
        (*PROPERTIES, "after", "items"),
        {"type": "integer"},
        "after[]: the type was object",
    ),
    "a word": ((*SCHEMAS, "Kind", "enum"), ["dose"], "body.kind: the word seat is gone"),
    "words where any was taken": (
        (*PROPERTIES, "by"),
        {"type": "string", "enum": ["me"]},
        "only some words are taken now",
    ),
    "a property of an answer": ((*ANSWER, "properties", "id"), None, "→ 200.id is gone"),
    "an optional property of an answer": ((*ANSWER, "properties", "note"), None, ".note is gone"),
    "an answer that may lack it": ((*ANSWER, "required"), ["none"], ".id may be missing now"),
    "the type of an answer": ((*ANSWER, "properties", "id", "type"), "string", "was integer"),
    "null in an answer": (
        (*ANSWER, "properties", "note"),
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        ".note: the type",
    ),
}
GROWS = {
    "a path": (("paths", "/days"), {"get": {"responses": {}}}),
    "an answer": ((*POST, "responses", 202), {"description": "Later"}),
    "a parameter": (
        (*POST, "parameters"),
        [
            *DOCUMENT["paths"]["/steps"]["post"]["parameters"],
            {"in": "query", "name": "sort", "schema": {"type": "string"}},
        ],
    ),
    "a property of a request": ((*PROPERTIES, "device"), {"type": "string"}),
    "a request that asks for less": ((*SCHEMAS, "Step", "required"), ["kind"]),
    "a wider limit": ((*POST, "parameters", 1, "schema", "maximum"), 500),
    "a property of an answer": ((*ANSWER, "properties", "state"), {"type": "string"}),
    "a word": ((*SCHEMAS, "Kind", "enum"), ["dose", "seat", "call"]),
}


def test_the_api_has_only_grown_since_the_last_release():
    released, now = (json.loads(p.read_text(encoding="utf-8")) for p in (RELEASED, NOW))
    assert released["paths"], "the copy of the released API is empty"
    assert broken(released, now) == []


@pytest.mark.parametrize("case", BREAKS)
def test_what_breaks_a_client_is_seen(case):
    path, to, said = BREAKS[case]
    found = broken(DOCUMENT, changed(*path, to=to))
    assert any(said in line for line in found), found


@pytest.mark.parametrize("case", GROWS)
def test_what_only_grows_is_let_through(case):
    path, to = GROWS[case]
    assert broken(DOCUMENT, changed(*path, to=to)) == []
