"""How a type of `api/shapes.py` becomes a JSON Schema."""

from typing import Annotated, Any, NotRequired, TypedDict

from tickets.api.openapi.schemas import Components
from tickets.vocabulary import LearnedField


class PartJson(TypedDict):
    """A part of
    something."""

    number: Annotated[int, {"minimum": 1}, "Counted from one."]
    anything: NotRequired[Any]


class WholeJson(TypedDict):
    parts: list[PartJson]
    field: Annotated[str, LearnedField]
    size: Annotated[str, ("small", "large")]
    share: float | None
    counts: dict[Annotated[str, LearnedField], int]
    free: dict[str, bool]


def test_each_shape_becomes_a_schema_of_its_own():
    components = Components()
    assert components.schema(list[WholeJson]) == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Whole"},
    }
    assert list(components.schemas) == ["Whole", "Part"]


def test_a_description_a_bound_and_an_optional_key_are_published():
    components = Components()
    components.schema(PartJson)
    assert components.schemas["Part"] == {
        "type": "object",
        "description": "A part of something.",
        "properties": {
            "number": {"type": "integer", "minimum": 1, "description": "Counted from one."},
            "anything": {},
        },
        "required": ["number"],
        "additionalProperties": False,
    }


def test_enumerations_and_what_may_be_null_are_published():
    components = Components()
    components.schema(WholeJson)
    properties = components.schemas["Whole"]["properties"]
    assert properties["field"] == {"type": "string", "enum": ["category", "priority"]}
    assert properties["size"] == {"type": "string", "enum": ["small", "large"]}
    assert properties["share"] == {"type": ["number", "null"]}
    assert properties["free"] == {"type": "object", "additionalProperties": {"type": "boolean"}}


def test_a_mapping_by_an_enumeration_has_every_member():
    components = Components()
    schema = components.schema(dict[Annotated[str, LearnedField], int])
    assert schema == {
        "type": "object",
        "properties": {"category": {"type": "integer"}, "priority": {"type": "integer"}},
        "required": ["category", "priority"],
        "additionalProperties": False,
    }
