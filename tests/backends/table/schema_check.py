"""A small judge of JSON Schema: the keywords that netdsl/backends/table/schema.json uses, no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    *("$schema", "title", "description", "$defs", "$ref", "type", "enum", "const"),
    *("properties", "required", "additionalProperties", "items"),
}


def faults(value: Any, schema: Any, root: Any, path: str = "$") -> Iterator[str]:
    """What of a value the schema does not allow."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from faults(value, root["$defs"][name], root, path)
    if "const" in schema and value != schema["const"]:
        yield f"{path} is {value!r}, not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, none of {schema['enum']}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, kind) for kind in types):
        yield f"{path} is {value!r}, no {' or '.join(types)}"
    if isinstance(value, dict):
        yield from _object(value, schema, root, path)
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from faults(item, schema["items"], root, f"{path}[{i}]")


def _object(value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{path} has no {name}" for name in schema.get("required", []) if name not in value)
    other = schema.get("additionalProperties", True)
    for name, inner in value.items():
        if name in known:
            yield from faults(inner, known[name], root, f"{path}.{name}")
        elif other is False:
            yield f"{path} has {name}, which the schema does not know"
        elif isinstance(other, dict):
            yield from faults(inner, other, root, f"{path}.{name}")


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        numbers = int if kind == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])
