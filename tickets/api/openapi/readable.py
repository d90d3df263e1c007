"""The document as the page `/api/docs/` shows it: lists for tables, references by name."""

from __future__ import annotations

from .schemas import Schema


def readable(document: Schema) -> Schema:
    """Return the `groups` of operations by tag, and the `schemas` with a rule for each key."""
    operations = _operations(document)
    return {
        **document["info"],
        "groups": [
            {
                **tag,
                "operations": [
                    operation for operation in operations if tag["name"] in operation["tags"]
                ],
            }
            for tag in document["tags"]
        ],
        "schemas": [
            _schema(name, schema) for name, schema in document["components"]["schemas"].items()
        ],
    }


def _operations(document: Schema) -> list[Schema]:
    parameters = document["components"]["parameters"]
    return [
        {
            **operation,
            "method": method.upper(),
            "path": path,
            "parameters": [
                _parameter(parameters[_name(reference["$ref"])])
                for reference in (*item.get("parameters", []), *operation.get("parameters", []))
            ],
            "body": _schema_name(operation.get("requestBody", {})),
            "answers": [
                _answer(status, response) for status, response in operation["responses"].items()
            ],
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def _parameter(parameter: Schema) -> Schema:
    return {**parameter, "rule": rule(parameter["schema"])}


def _answer(status: str, response: Schema) -> Schema:
    return {
        "status": status,
        "description": response["description"],
        "headers": list(response.get("headers", {})),
        "schema": _schema_name(response),
    }


def _schema_name(holder: Schema) -> str:
    """Return the name of a body's or an answer's schema; "" if it has none."""
    for media in holder.get("content", {}).values():
        schema = media["schema"]
        return _name(schema.get("items", schema).get("$ref", ""))
    return ""


def _schema(name: str, schema: Schema) -> Schema:
    rows = [
        {
            "name": key,
            "required": key in schema["required"],
            "rule": rule(value),
            "description": value.get("description", ""),
        }
        for key, value in schema["properties"].items()
    ]
    return {"name": name, "description": schema.get("description", ""), "rows": rows}


def rule(schema: Schema) -> str:
    """Return a schema in a few words, such as "string, 1 to 200 characters"."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "enum" in schema:
        return " | ".join("null" if value is None else value for value in schema["enum"])
    return ", ".join([_type(schema), *_bounds(schema)])


def _type(schema: Schema) -> str:
    types = schema["type"]
    if types == "array":
        return f"list of {rule(schema['items'])}" if "items" in schema else "pair of values"
    if types == "object" and schema.get("properties"):
        return _object_type(schema["properties"])
    return types if isinstance(types, str) else " or ".join(types)


def _object_type(properties: Schema) -> str:
    keys = f"{{{', '.join(properties)}}}"
    rules = {rule(value) for value in properties.values()}
    return f"{keys}, each {rules.pop()}" if len(rules) == 1 else keys


def _bounds(schema: Schema) -> list[str]:
    bounds = []
    if "maxLength" in schema:
        low, high = schema.get("minLength", 0), f"{schema['maxLength']:,}"
        bounds.append(f"{low} to {high} characters" if low else f"up to {high} characters")
    if "maximum" in schema:
        bounds.append(f"{schema['minimum']} to {schema['maximum']}")
    elif "minimum" in schema:
        bounds.append(f"at least {schema['minimum']}")
    if "format" in schema:
        bounds.append(schema["format"])
    if "default" in schema:
        bounds.append(f"default {schema['default']}")
    return bounds


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
