"""Read a scenario's YAML safely: a small, closed subset, with the line of every value.

What a stranger's file can hold is text, numbers, true or false, lists and maps; nothing that makes
an object, names another file, refers to itself or grows when read. Limits: 64 KiB, 12 levels, 4,000
values; no anchors, aliases, tags or merge keys; a key may not occur twice; one document. Numbers
and words are read as in YAML 1.2, so that ``NO`` stays text and ``12:30`` is no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from corridors.errors import ScenarioError, one_line

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
MAX_VALUES = 4_000

Location = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """The safe loader with only the plain words and numbers of YAML 1.2."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))

_PLAIN = {f"tag:yaml.org,2002:{t}": t for t in ("str", "bool", "int", "float", "null", "map", "seq")}


def read(
    path: Path, *, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES,
) -> tuple[dict[str, Any], dict[Location, int]]:
    """The map in the file, and the line of each value by its location such as ``("measures", 0, "kind")``.

    Lists become tuples. The limits are those of a scenario; a list of many of them may have others.
    Raises ScenarioError naming the file and, where there is one, the line.
    """
    try:
        with path.open("rb") as handle:
            content = handle.read(max_bytes + 1)
    except FileNotFoundError:
        raise ScenarioError(f"{one_line(path)}: there is no such file") from None
    except OSError as error:
        raise ScenarioError(f"{one_line(path)}: cannot be read: {error.strerror or error}") from None
    return parse(content, one_line(path), max_bytes=max_bytes, max_values=max_values)


def parse(
    content: bytes, origin: str, *, max_bytes: int = MAX_BYTES, max_values: int = MAX_VALUES
) -> tuple[dict[str, Any], dict[Location, int]]:
    """As :func:`read`, from bytes; ``origin`` is named in errors."""
    if len(content) > max_bytes:
        why = "; a scenario is a page of text" if max_bytes == MAX_BYTES else ""
        raise ScenarioError(f"{origin}: larger than {max_bytes // 1024} KiB{why}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{origin}: byte {error.start} is not UTF-8 text") from None
    try:
        _check_size(yaml.parse(text, Loader=_Loader), origin, max_values)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f": line {mark.line + 1}" if mark else ""
        raise ScenarioError(f"{origin}{where}: not readable as YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{origin}: not readable as YAML: {str(error).splitlines()[0]}") from None
    if node is None:
        raise ScenarioError(f"{origin}: the file is empty; a scenario has at least a title and measures")
    if not isinstance(node, yaml.MappingNode):
        raise ScenarioError(
            f"{origin}: line {node.start_mark.line + 1}: a scenario is a map of fields such as 'title: ...'"
        )
    lines: dict[Location, int] = {}
    value = _value(node, (), lines, origin)
    assert isinstance(value, dict)
    return value, lines


def _check_size(events: Iterator[yaml.Event], origin: str, max_values: int) -> None:
    depth = values = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ScenarioError(f"{origin}: line {line}: anchors and aliases (& and *) are not allowed in a scenario")
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise ScenarioError(f"{origin}: line {line}: a scenario file holds one document, not several")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            values += 1
        if depth > MAX_DEPTH:
            raise ScenarioError(f"{origin}: line {line}: nested deeper than {MAX_DEPTH} levels")
        if values > max_values:
            raise ScenarioError(f"{origin}: line {line}: more than {max_values} values")


def _value(node: yaml.Node, at: Location, lines: dict[Location, int], origin: str) -> Any:
    line = node.start_mark.line + 1
    lines[at] = line
    kind = _PLAIN.get(node.tag)
    if kind is None:
        raise ScenarioError(f"{origin}: line {line}: {_field(at)}: the tag {node.tag!r} is not allowed in a scenario")
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                raise ScenarioError(f"{origin}: line {key_line}: {_field(at)}: a field's name must be text")
            key = key_node.value
            if key in out:
                raise ScenarioError(f"{origin}: line {key_line}: {_field((*at, key))}: stated twice")
            out[key] = _value(value_node, (*at, key), lines, origin)
        return out
    if isinstance(node, yaml.SequenceNode):
        return tuple(_value(child, (*at, i), lines, origin) for i, child in enumerate(node.value))
    return _scalar(kind, node.value)


def _scalar(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    return text


def _field(at: Location) -> str:
    return field_name(at) or "the file"


def field_name(at: Location) -> str:
    """A location as a reader writes it: ``measures[0].crossings[1]``."""
    out = ""
    for part in at:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out
