"""The rooms of the library: imports run one way, down the list, also those for types alone."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "corridors"

ROOMS = (
    "errors", "runtime", "data", "scenario", "uncertainty", "gravity", "equilibrium", "trade", "transport", "border", "appraisal", "study",
    "validation", "show", "report", "explore", "cli",
)  # fmt: skip
"""From the ground up: a room may use itself and those before it."""

DIRECTLY_INSIDE = 8


def arrows() -> dict[tuple[str, str], list[str]]:
    """Imports from room to room, each with the places that need it."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        inside = file.relative_to(SOURCE)
        room = inside.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in _imported(node):
                if name != room:
                    found.setdefault((room, name), []).append(f"{inside}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if node.module == "corridors":
            return {alias.name for alias in node.names if not alias.name.startswith("__")}
        return {node.module.split(".")[1]} if node.module.startswith("corridors.") else set()
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("corridors.")}
    return set()


def test_every_room_is_on_the_list() -> None:
    inside = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert inside - {"__init__"} <= set(ROOMS)


def test_imports_run_down_and_never_climb() -> None:
    floor = {room: number for number, room in enumerate(ROOMS)}
    climbing = {f"{a} -> {b}": places for (a, b), places in arrows().items() if floor[b] > floor[a]}
    assert not climbing, climbing


def test_few_modules_lie_outside_a_room() -> None:
    assert len(list(SOURCE.glob("*.py"))) <= DIRECTLY_INSIDE


def test_a_climbing_import_would_be_seen() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    from corridors.report.plan import Document\n")
    assert [name for node in ast.walk(tree) for name in _imported(node)] == ["report"]
