"""Write the reference of the library, docs/api.md, from its docstrings: ``python docs/write_api_page.py``.

Reads the sources without running them. Modules that users call come with every public name; the others with what they
are for.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("api.md")
PUBLIC = (
    "scenario", "study.pipeline", "study.result", "explore", "study.headline", "study.compare", "scenario.template",
    "gravity", "trade.missing_trade", "transport.crossing", "transport.network", "transport.routes", "transport.system", "transport.trade_cost", "study.counterfactual", "equilibrium", "trade.baseline", "uncertainty",
    "uncertainty.sensitivity", "uncertainty.shapley", "validation.backtest", "data.tables", "trade.world", "show.charts", "show.tables", "show.words", "show.numbers", "show.blocks", "errors",
)  # fmt: skip
INTRODUCTION = """# Python reference

Written from the docstrings by `docs/write_api_page.py` (`make docs`); a test keeps it up to date. Signatures leave out types: the code has them, and so has `help()`. Every function says its units, equation, errors and source there; how the parts hang together is told in [method](method.md).

```python
from corridors import scenario, study

result = study.run(scenario.load("capacity-800"), draws=256)
result.headline()
```
"""


def page() -> str:
    """The whole page."""
    modules = _modules()
    parts = [INTRODUCTION]
    for name in PUBLIC:
        parts.append(f"## `corridors.{name}`\n\n{_summary(modules[name])}\n")
        rows = [row for file in _files(name, modules) for row in _rows(file)]
        if rows:
            parts.append("| name | what it is |\n|---|---|\n" + "\n".join(rows) + "\n")
    parts.append("## What is inside\n\n| module | what it is |\n|---|---|")
    inside = [n for n in sorted(modules) if n not in PUBLIC and n.rpartition(".")[0] not in PUBLIC and _summary(modules[n])]
    parts.append("\n".join(f"| `corridors.{n}` | {_cell(_first_sentence(_summary(modules[n])))} |" for n in inside) + "\n")
    return "\n".join(parts)


def _modules() -> dict[str, Path]:
    folder = ROOT / "src" / "corridors"
    found = {}
    for file in sorted(folder.rglob("*.py")):
        name = ".".join(file.relative_to(folder).with_suffix("").parts)
        name = name.removesuffix(".__init__")
        if name != "__init__":
            found[name] = file
    return found


def _files(name: str, modules: dict[str, Path]) -> list[tuple[Path, frozenset[str] | None]]:
    """A module's file; of a package, the files that its public names come from, with these names."""
    file = modules[name]
    if file.name != "__init__.py":
        return [(file, None)]
    found: dict[Path, set[str]] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = node.module.removeprefix("corridors.") if node.level == 0 else f"{name}.{node.module}"
            if inner in modules:
                found.setdefault(modules[inner], set()).update(a.name for a in node.names)
    own = [(file, None)] if not found else []
    return [*own, *((path, frozenset(names)) for path, names in found.items())]


def _rows(what: tuple[Path, frozenset[str] | None]) -> Iterator[str]:
    file, wanted = what
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_") or (wanted is not None and node.name not in wanted):
            continue
        if isinstance(node, ast.FunctionDef):
            yield f"| `{node.name}({_arguments(node)})` | {_cell(_paragraph(ast.get_docstring(node)))} |"
            continue
        yield f"| `{node.name}` | {_cell(_paragraph(ast.get_docstring(node)))} |"
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_") and ast.get_docstring(inner):
                asked = any(ast.unparse(d).endswith("property") for d in inner.decorator_list)
                call = "" if asked else f"({_arguments(inner)})"
                yield f"| `{node.name}.{inner.name}{call}` | {_cell(_first_sentence(ast.get_docstring(inner) or ''))} |"


def _arguments(node: ast.FunctionDef) -> str:
    """Names with their defaults, without types."""
    a = node.args
    for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)):
        argument.annotation = None
    words = ast.unparse(a)
    return re.sub(r"^(self|cls)(, )?", "", words)


def _summary(file: Path) -> str:
    return _paragraph(ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))))


def _paragraph(docstring: str | None) -> str:
    return _plain(inspect.cleandoc(docstring or "").split("\n\n")[0])


def _first_sentence(text: str) -> str:
    return _plain(re.split(r"(?<=[.:;])\s", text, maxsplit=1)[0]).rstrip(":;")


def _plain(text: str) -> str:
    """Docstring markup as Markdown, in one line."""
    text = re.sub(r":\w+:`~?([^`]+)`", lambda m: f"`{m.group(1).removeprefix('corridors.')}`", text)
    return " ".join(text.replace("``", "`").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
