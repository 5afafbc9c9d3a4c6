"""Write scenario files: a commented one to start from, or one made of chosen measures (the explorer's 'save')."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from corridors import scenario
from corridors.data import codes, names, world_names
from corridors.errors import ScenarioError
from corridors.runtime import paths, whole_files
from corridors.scenario import yaml_reader
from corridors.scenario.model import Scenario

_USUAL_TRUCKS = 800
SCHEMA_LINE = "# yaml-language-server: $schema=scenario.schema.json\n"


@dataclass(frozen=True)
class Proposal:
    """Crossings that a new scenario starts from, each with the trucks a day to propose, and comment
    lines on what is known of them."""

    trucks_per_day: tuple[tuple[str, int], ...]
    remarks: tuple[str, ...]

    @property
    def crossings(self) -> tuple[str, ...]:
        """The crossings alone."""
        return tuple(name for name, _ in self.trucks_per_day)

    def measures(self) -> list[tuple[tuple[str, ...], int]]:
        """Crossings that are given the same capacity, in one measure each."""
        found: dict[int, list[str]] = {}
        for name, trucks in self.trucks_per_day:
            found.setdefault(trucks, []).append(name)
        return [(tuple(same), trucks) for trucks, same in found.items()]


def write_new(
    name: str, pair: Sequence[str], *, title: str | None = None, folder: Path | None = None, proposal: Proposal | None = None
) -> Path:
    """Write a commented scenario for ``pair`` to ``folder``; the path of the file.

    ``proposal`` is what is known of the pair's crossings; None: what the hand-checked network says.
    Default: ``scenarios/``, or the folder where the user is if those lie inside the installed
    package.

    Raises ScenarioError if the name or pair is not allowed, or if the file is there already.
    """
    economies = names.economies()
    if len(pair) != 2:
        raise ScenarioError(f"--pair: {','.join(pair)!r}; allowed: two economies joined by a comma, such as PAK,UZB")
    for code in pair:
        if code not in economies:
            raise ScenarioError(
                f"--pair: {code!r} is not an economy{codes.hint(code, economies)}; see data/economies.csv"
            )
    a, b = pair
    title = title or f"{economies[a]} and {economies[b]}: better border crossings"
    text = _template(a, b, title, proposal or _checked_proposal(a, b))
    return _write(text, name, folder)


def write(chosen: Scenario, *, folder: Path | None = None, comment: str = "") -> Path:
    """Write ``chosen`` as a YAML file named after it; the path of the file."""
    return _write(to_yaml(chosen, comment), chosen.name, folder)


def to_yaml(chosen: Scenario, comment: str = "") -> str:
    """The YAML text of a scenario: what differs from ``defaults.yaml``, readable, ending in a newline."""
    fields: dict[str, Any] = chosen.model_dump(mode="json", exclude_none=True)
    del fields["name"]
    shared = scenario.defaults()
    bare = scenario.parse({"title": chosen.title, "pair": fields["pair"], "horizon": fields["horizon"]}, name="bare")
    defaults: Mapping[str, Any] = bare.model_dump(mode="json")
    always = {"title", "pair", "measures"} | ({"horizon"} if tuple(fields["horizon"]) != shared["horizon"] else set())
    kept = {k: v for k, v in fields.items() if k in always or v != defaults[k]}
    kept["measures"] = [
        {k: v for k, v in _kind_first(m).items() if k not in ("start", "years_to_full_effect") or v != shared.get(k)}
        for m in fields["measures"]
    ]
    body: str = yaml.dump(_plain(kept), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)
    remarks = "".join(f"# {line}\n" for line in comment.splitlines())
    return SCHEMA_LINE + remarks + body


class _Readable(yaml.SafeDumper):  # type: ignore[misc]
    """Lists of names and numbers stand on one line; measures stand indented below their key."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        nested = any(isinstance(item, (dict, list)) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=not nested)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Readable.add_representer(list, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value))


def _plain(value: Any) -> Any:
    """Whole numbers without ``.0``, as a person writes them."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _kind_first(measure: Mapping[str, Any]) -> dict[str, Any]:
    """Readers look for the kind first and the years last."""
    years = ("start", "years_to_full_effect")
    own = {k: v for k, v in measure.items() if k not in ("kind", *years)}
    return {"kind": measure["kind"], **own, **{k: measure[k] for k in years}}


def _write(text: str, name: str, folder: Path | None) -> Path:
    folder = folder or paths.new_scenarios()
    path = folder / f"{name}.yaml"
    if path.exists():
        raise ScenarioError(f"{path}: is there already; choose another name or remove it first")
    raw, lines = yaml_reader.parse(text.encode(), f"{name}.yaml")
    scenario.parse(raw, name=name, lines=lines)  # never write what could not be read again
    folder.mkdir(parents=True, exist_ok=True)
    whole_files.write(path, text.encode())
    return path


def on_checked_network(pair: Sequence[str]) -> bool:
    """Whether both economies have places in ``data/network``."""
    return all(names.has_places(code) for code in pair)


def _checked_proposal(a: str, b: str) -> Proposal:
    """Crossings on the shortest open road of the hand-checked network, or on the common border of two others."""
    if not on_checked_network((a, b)):
        between = world_names.crossings_between(a, b)[:4]
        where = ", ".join(between) or "none: the two have no common border by road"
        return Proposal(
            _alike(between),
            (
                f"Crossings of the common border (data/world): {where}.",
                "corridors ways shows all ways of the two.",
            ),
        )
    touching = names.crossings_of(a, b)
    shut = names.shut_crossings()
    between = names.crossings_between(a, b, avoid=shut)
    remarks = [
        f"Crossings of {names.economies()[a]} and {names.economies()[b]}: "
        f"{', '.join(touching) or 'none in data/network'}.",
        f"The shortest open road between the two passes {', '.join(between) or 'none'}.",
    ]
    stuck = [c for c in touching if c in shut]
    if stuck:
        remarks.append(
            f"Shut today: {', '.join(stuck)}. A closure with fewer days a year opens a crossing; "
            f"nothing else helps there."
        )
    return Proposal(_alike(between or [c for c in touching if c not in shut][:1]), tuple(remarks))


def _alike(crossings: Sequence[str]) -> tuple[tuple[str, int], ...]:
    return tuple((name, _USUAL_TRUCKS) for name in crossings)


def _capacity(crossings: Sequence[str], trucks: int) -> list[str]:
    return [
        "  - kind: border_capacity    # trucks a day that these crossings then serve",
        f"    crossings: [{', '.join(crossings)}]",
        f"    trucks_per_day: {trucks}",
        "    start: 2027",
        "    years_to_full_effect: 3",
        "    # What it costs, million dollars: a figure, or low, central and high. Left out: what is usual of its kind.",
        "    # cost: {capital_musd: [20, 45, 120], yearly_musd: 2, life_years: 25, works_years: [1, 2, 4]}",
    ]


def _template(a: str, b: str, title: str, proposal: Proposal) -> str:
    listed = ", ".join(proposal.crossings)
    if proposal.crossings:
        measures = [
            "measures:",
            *(line for same, trucks in proposal.measures() for line in _capacity(same, trucks)),
            "# More kinds; remove the # to use one:",
            "#  - kind: crossing_time      # hours a truck spends with no queue",
            f"#    crossings: [{listed}]",
            "#    processing_hours: 4",
            "#  - kind: closure            # days a year shut; 365 shuts it",
            f"#    crossings: [{proposal.crossings[0]}]",
            "#    days_per_year: 10",
        ]
    else:
        measures = ["measures: []", "# Kinds that need no border crossing; remove the # to use one:", "# measures:"]
    return "\n".join(
        [
            SCHEMA_LINE.rstrip(),
            "# Any field that is left out comes from scenarios/defaults.yaml; docs/scenarios.md explains every field.",
            *(f"# {line}" for line in proposal.remarks),
            f"title: {json.dumps(title, ensure_ascii=False)}",
            "# summary: One sentence of context, and where the figures below come from.",
            f"pair: [{a}, {b}]             # exports run from the first economy to the second",
            "horizon: [2026, 2035]",
            *measures,
            "#  - kind: direct_flights     # two IATA codes",
            "#    route: [ISB, TAS]",
            "#    flights_per_week: 2",
            "# targets:                    # how likely is it?",
            "#  - {flow: total, value_musd: 1000, year: 2030}",
            "# What it is worth: by how much later years count less, and the price of carbon.",
            "# appraisal: {discount_percent: 9, carbon_usd_per_t: 80}",
            "",
        ]
    )
