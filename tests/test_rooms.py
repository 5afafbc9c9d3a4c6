"""The rooms of the library: imports run one way, down the list of docs/architecture.md, also those for types alone."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "corridors"
DIRECTLY_INSIDE = 8
MOST_LINES = 420

_spec = importlib.util.spec_from_file_location("write_architecture_page", ROOT / "docs" / "write_architecture_page.py")
assert _spec and _spec.loader
rooms = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rooms)


def test_every_room_is_on_the_list() -> None:
    inside = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert inside - {"__init__"} == set(rooms.ROOMS)


CLIMBS: dict[str, str] = {}


def test_imports_run_down_and_only_what_is_explained_climbs() -> None:
    floor = {room: number for number, room in enumerate(rooms.ROOMS)}
    climbing = {f"{a} -> {b}": places for (a, b), places in rooms.arrows().items() if floor[b] > floor[a]}
    assert set(climbing) == set(CLIMBS), climbing
    assert all(place.startswith(CLIMBS[arrow]) for arrow, places in climbing.items() for place in places), climbing


def test_few_modules_lie_outside_a_room() -> None:
    assert len(list(SOURCE.glob("*.py"))) <= DIRECTLY_INSIDE


def test_no_module_is_longer_than_it_can_be_read() -> None:
    lines = {path.relative_to(SOURCE).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    long = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert not long, long


@pytest.mark.parametrize("line", ["from corridors.report.plan import Document", "from corridors import report", "import corridors.report.plan"])
def test_a_climbing_import_would_be_seen(line: str) -> None:
    tree = ast.parse(f"if TYPE_CHECKING:\n    {line}\n")
    assert [name for node in ast.walk(tree) for name in rooms.imported(node)] == ["report"]


def test_the_page_is_up_to_date() -> None:
    assert rooms.PAGE.read_text(encoding="utf-8") == rooms.page(), "run: make docs"
