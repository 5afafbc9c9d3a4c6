"""The JSON Schema of a scenario file, for editors: made from the models, so that it cannot disagree with them.

``scenarios/scenario.schema.json`` is this, written out; a test keeps the two alike. Rewrite it
after a change with ``python -m corridors.scenario.schema``.
"""

from __future__ import annotations

import json
from typing import Any

from corridors.data import names as vocabulary
from corridors.runtime import paths
from corridors.scenario.measures import FIRST_YEAR, LAST_YEAR
from corridors.scenario.model import Scenario

FILE = "scenario.schema.json"


def scenario_schema() -> dict[str, Any]:
    """What a scenario file may hold, as JSON Schema 2020-12; names of crossings, links and places are listed."""
    schema = Scenario.model_json_schema(by_alias=True)
    names = {
        "crossings": list(vocabulary.crossings()),
        "places": list(vocabulary.places()),
        "road_links": list(vocabulary.road_links()),
        "economies": list(vocabulary.economies()),
        "airports": list(vocabulary.airports()),
    }
    _fill_names(schema, names)
    # The file's name is the scenario's name, and what a file leaves out comes from defaults.yaml.
    del schema["properties"]["name"]
    del schema["required"]
    for definition in schema["$defs"].values():
        if "kind" in definition["properties"] and "start" in definition["properties"]:
            definition["required"] = [f for f in definition["required"] if f not in ("start", "years_to_full_effect")]
        elif "draws" in definition["properties"] or "discount_percent" in definition["properties"]:
            del definition["required"]
    schema["properties"]["start"] = {
        "type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR,
        "description": "When measures begin that do not say so",
    }
    schema["properties"]["years_to_full_effect"] = {
        "type": "integer", "minimum": 0, "maximum": 40,
        "description": "How long until measures work fully that do not say so",
    }
    schema["description"] = "A scenario of trade-corridors: a pair of economies, a horizon and measures."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _fill_names(node: Any, names: dict[str, list[str]]) -> None:
    if isinstance(node, dict):
        which = node.pop("names", None)
        if isinstance(which, str):
            node["enum"] = names[which]
        for child in node.values():
            _fill_names(child, names)
    elif isinstance(node, list):
        for child in node:
            _fill_names(child, names)


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (paths.scenarios() / FILE).write_text(text(), encoding="utf-8")
