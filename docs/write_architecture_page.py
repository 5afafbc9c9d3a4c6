"""Write docs/architecture.md and the picture of imports in it, from the sources: ``python docs/write_architecture_page.py``.

Reads the sources without running them. ``tests/test_rooms.py`` holds the rooms and their order against the code.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "corridors"
PAGE = Path(__file__).with_name("architecture.md")
PICTURE = Path(__file__).parent / "images" / "rooms.svg"

ROOMS = {
    "errors": "one family of errors: file, field, value, what is allowed",
    "runtime": "where files lie, which machine this is, what is kept between runs",
    "data": "the tables of `data/`: described, read, checked, renewed from their sources",
    "scenario": "a question in one YAML file; one class a kind of measure",
    "uncertainty": "draws, sensitivity, Shapley values",
    "gravity": "Poisson pseudo-maximum likelihood with many fixed effects",
    "equilibrium": "world trade that fits new costs, one sector or many",
    "trade": "the base year, the pair's level, cargo, gross domestic product, the projection",
    "transport": "network, routes, choice of way, crossings and queues, trade cost",
    "border": "one crossing, for a first look (a door to `transport`)",
    "appraisal": "what it is worth and to whom: users, income, costs, carbon, priorities",
    "study": "one scenario from data to result: `src/corridors/study/pipeline.py` is the page to read first",
    "validation": "published results, real cases, known effects, the past",
    "show": "from results to pages: charts, tables, maps, words",
    "report": "the build: plan, tasks, processes, exports, sweep; knows no economics",
    "explore": "sliders and answers in a notebook",
    "cli": "the command line",
}
"""From the ground up: a room uses itself and those before it."""


def arrows() -> dict[tuple[str, str], list[str]]:
    """Imports from room to room, those for types alone included, each with the places that need it."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        inside = file.relative_to(SOURCE)
        room = inside.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in imported(node):
                if name != room:
                    found.setdefault((room, name), []).append(f"{inside}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def imported(node: ast.AST) -> set[str]:
    """Rooms that an import statement reaches."""
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if node.module == "corridors":
            return {alias.name for alias in node.names if not alias.name.startswith("__")}
        return {node.module.split(".")[1]} if node.module.startswith("corridors.") else set()
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("corridors.")}
    return set()


def page() -> str:
    """The whole page."""
    rows = "\n".join(f"| `{room}` | {what} |" for room, what in reversed(ROOMS.items()))
    used = arrows()
    lines = "\n".join(
        f"| `{room}` | {', '.join(f'`{other}`' for other in ROOMS if (room, other) in used)} |"
        for room in reversed(ROOMS) if any((room, other) in used for other in ROOMS)
    )  # fmt: skip
    return f"""# Where everything is

Written by `docs/write_architecture_page.py` (`make docs`); a test keeps it up to date. The library is one street of rooms. Imports run down this list, also those for types alone; none climbs. (A result that is printed loads what pages say by its name: nothing is computed from it.) `tests/test_rooms.py` names any other.

| room | what is in it |
|---|---|
{rows}

Beside it: `data/` (tables and their description), `scenarios/`, `notebooks/` (story and calls, no logic), `tests/`, `benchmarks/` (ratios against peers), `docs/`.

![Rooms from the ground up with an arc for every room that uses another, wider for more imports](images/rooms.svg)

## Who uses whom

| room | uses |
|---|---|
{lines}
"""


def picture(target: Path) -> None:
    """Rooms in a column, highest first, and an arc from each to every room that it uses, as wide as its imports are many."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyArrowPatch

    matplotlib.rcParams["svg.hashsalt"] = "rooms"
    names = [room for room in ROOMS if room != "errors"]
    places = {room: number for number, room in enumerate(names)}
    figure, ax = plt.subplots(figsize=(4.6, 6.4))
    for room, place in places.items():
        ax.text(0, place, room, ha="right", va="center", fontsize=11, family="DejaVu Sans")
        ax.plot(0.12, place, "o", color="#1f5f8b", markersize=6)
    for (above, below), where in sorted(arrows().items()):
        if above in places and below in places:
            ax.add_patch(FancyArrowPatch(
                (0.12, places[above]), (0.12, places[below]), connectionstyle="arc3,rad=-0.55", arrowstyle="-|>", mutation_scale=7,
                linewidth=0.4 + 0.09 * min(len(where), 30), color="#1f5f8b", alpha=0.45,
            ))  # fmt: skip
    ax.set_xlim(-1.6, 2.6)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.axis("off")
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


def main() -> None:
    """Write the page and its picture."""
    PAGE.write_text(page(), encoding="utf-8")
    picture(PICTURE)


if __name__ == "__main__":
    main()
