"""JSON Schemas: of responses from their types, of request bodies from their forms."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from django import forms

from ...files.received import ReceivedFile
from ...forms.fields import EmailField, MomentField, OneLineField, PlainTextField
from ...forms.files import UploadField
from ...vocabulary import Status
from ..http import BodyRules
from ..shapes import STORABLE

Schema = dict[str, Any]
JSON_TYPES: Mapping[Any, str] = {
    ReceivedFile: "string",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}

# --- answers ------------------------------------------------------------------------


class Components:
    """The schemas that have a name. They are added as types refer to them."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def schema(self, hint: Any) -> Schema:
        """Return the schema of a type, which may carry notes as `shapes.py` says."""
        origin, arguments = get_origin(hint), get_args(hint)
        if is_typeddict(hint):
            return self._reference(hint)
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin is list:
            return {"type": "array"} | _unless_any("items", self.schema(arguments[0]))
        if origin is dict:
            return self._mapping(*arguments)
        if origin in (Union, UnionType):
            return {"type": [JSON_TYPES[kind] for kind in arguments]}
        return {} if hint is Any else {"type": JSON_TYPES[hint]}

    def _reference(self, shape: Any) -> Schema:
        name = shape.__name__.removesuffix("Json")
        if name not in self.schemas:
            self.schemas[name] = {}  # keeps the order in which shapes are met
            hints = get_type_hints(shape, include_extras=True)
            optional = {key for key, hint in hints.items() if get_origin(hint) is NotRequired}
            properties = {
                key: self.schema(get_args(hint)[0] if key in optional else hint)
                for key, hint in hints.items()
            }
            required = [key for key in properties if key not in optional]
            description = " ".join((shape.__doc__ or "").split())
            self.schemas[name] = closed_object(properties, required, description)
        return reference("schemas", name)

    def _annotated(self, hint: Any, *notes: Any) -> Schema:
        schema = self.schema(hint)
        for note in notes:
            if isinstance(note, str):
                schema["description"] = note
            elif isinstance(note, dict):
                schema |= note
            else:
                schema["enum"] = _values(note)
        return schema

    def _mapping(self, key: Any, value: Any) -> Schema:
        """Return an object with every value of the enumeration as a key, or with any keys."""
        if get_origin(key) is Annotated:
            members = _values(get_args(key)[1])
            return closed_object({member: self.schema(value) for member in members}, members)
        return {"type": "object"} | _unless_any("additionalProperties", self.schema(value))


def _unless_any(keyword: str, schema: Schema) -> Schema:
    return {keyword: schema} if schema else {}


def _values(enumeration: Any) -> list[str]:
    return [str(member) for member in getattr(enumeration, "values", enumeration)]


def closed_object(
    properties: Mapping[str, Schema], required: list[str], description: str = ""
) -> Schema:
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def reference(section: str, name: str) -> Schema:
    return {"$ref": f"#/components/{section}/{name}"}


# --- bodies -------------------------------------------------------------------------

# What a field's name says beyond its kind.
BODY_NOTES: Mapping[str, Schema] = {
    "title": {"description": "One line. Surrounding white space is removed."},
    "category": {"description": "If left out on create, triage chooses."},
    "priority": {"description": "If left out on create, triage chooses."},
    "status": {"default": Status.OPEN.value},
    "assignee": {"description": "An agent's username."},
    "into": {"description": "The ticket that stays."},
    "comment": {"description": "The comment that it belongs to. Without it, the description."},
    "same_requester": {
        "description": "That both tickets are from one person although one has no address."
    },
    "suggestion_id": {
        "description": "The suggestion that the requester saw. It fills in the category and the"
        " priority if they are left out. It counts for this description, for a day and for one"
        " ticket; otherwise the ticket is created without it."
    },
}
# Fields that look up what they are sent, such as a username, publish no pattern.
FIELD_NOTES: Mapping[type[forms.Field], Schema] = {
    UploadField: {"contentMediaType": "application/octet-stream"},
    PlainTextField: {"pattern": STORABLE},
    OneLineField: {"pattern": STORABLE},
    EmailField: {"format": "email"},
    MomentField: {"format": "date-time"},
}


def body_schema(rules: BodyRules) -> Schema:
    """Return the schema of a request body from the fields of its form."""
    properties = {name: _body_key(name, field) for name, field in rules.fields.items()}
    required = [name for name, field in rules.fields.items() if field.required]
    return closed_object(properties, [] if rules.partial else required, rules.description)


def _body_key(name: str, field: Any) -> Schema:
    types = [JSON_TYPES[kind] for kind in field.json_types] + ["null"] * field.json_null
    schema: Schema = {"type": types if len(types) > 1 else types[0]}
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        schema["enum"] = [value for value, _ in choices]
    elif isinstance(field, forms.BooleanField):
        schema["default"] = False
    elif field.required and str in field.json_types:
        schema["minLength"] = 1
    return schema | bounds(field) | FIELD_NOTES.get(type(field), {}) | BODY_NOTES.get(name, {})


def bounds(field: Any) -> Schema:
    """Return the limits that a form field sets."""
    keywords = {"maxLength": "max_length", "minimum": "min_value", "maximum": "max_value"}
    values = {keyword: getattr(field, name, None) for keyword, name in keywords.items()}
    return {keyword: value for keyword, value in values.items() if value is not None}
