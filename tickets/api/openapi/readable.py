"""The document as the page `/api/docs/` shows it: lists for tables, references by name. Pure."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]


def readable(document: Node) -> Node:
    """`groups` of operations by tag, and the `schemas`, each key with its rule in words."""
    operations = _operations(document)
    return {
        **document["info"],
        "groups": [
            {**tag, "operations": [one for one in operations if tag["name"] in one["tags"]]}
            for tag in document["tags"]
        ],
        "schemas": [
            _schema(name, schema) for name, schema in document["components"]["schemas"].items()
        ],
    }


def _operations(document: Node) -> list[Node]:
    known = document["components"]["parameters"]
    return [
        {
            **operation,
            "method": method.upper(),
            "path": path,
            "parameters": [
                _parameter(known[_last(one["$ref"])])
                for one in (*item.get("parameters", []), *operation.get("parameters", []))
            ],
            "body": _schema_name(operation.get("requestBody", {})),
            "answers": [_answer(status, one) for status, one in operation["responses"].items()],
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def _parameter(parameter: Node) -> Node:
    return {**parameter, "rule": rule(parameter["schema"])}


def _answer(status: str, response: Node) -> Node:
    return {
        "status": status,
        "description": response["description"],
        "headers": list(response.get("headers", {})),
        "schema": _schema_name(response),
    }


def _schema_name(holder: Node) -> str:
    """The schema behind a body or an answer; "" where it has none with a name."""
    for media in holder.get("content", {}).values():
        schema = media["schema"]
        return _last(schema.get("items", schema).get("$ref", ""))
    return ""


def _schema(name: str, schema: Node) -> Node:
    rows = [
        {
            "name": key,
            "required": key in schema["required"],
            "rule": rule(one),
            "description": one.get("description", ""),
        }
        for key, one in schema["properties"].items()
    ]
    return {"name": name, "description": schema.get("description", ""), "rows": rows}


def rule(schema: Node) -> str:
    """A schema in a few words, such as "string, 1 to 200 characters"."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "enum" in schema:
        return " | ".join(schema["enum"])
    kinds = schema["type"]
    words = kinds if isinstance(kinds, str) else " or ".join(kinds)
    if words == "array":
        words = f"list of {rule(schema['items'])}" if "items" in schema else "pair of values"
    if words == "object" and schema.get("properties"):
        words = f"{{{', '.join(schema['properties'])}}}"
    return ", ".join([words, *_bounds(schema)])


def _bounds(schema: Node) -> list[str]:
    found = []
    if "maxLength" in schema:
        low, high = schema.get("minLength", 0), f"{schema['maxLength']:,}".replace(",", " ")
        found.append(f"{low} to {high} characters" if low else f"up to {high} characters")
    if "maximum" in schema:
        found.append(f"{schema['minimum']} to {schema['maximum']}")
    elif "minimum" in schema:
        found.append(f"at least {schema['minimum']}")
    if "format" in schema:
        found.append(schema["format"])
    if "default" in schema:
        found.append(f"default {schema['default']}")
    return found


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
