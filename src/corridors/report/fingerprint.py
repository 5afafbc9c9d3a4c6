"""Fingerprints of everything a report is made from: library source, data, notebooks, versions.

A step's key is the SHA-256 of these, so the plan can tell without running anything what is out of
date. Nothing here imports a heavy library: a build with nothing to do must be done at once.
"""

from __future__ import annotations

import ast
import json
import platform
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from corridors.report.store import canonical, sha256, sha256_of_file
from corridors.runtime.installation import Snapshot

PACKAGE = "corridors"

VERSIONED = (
    "numpy", "pandas", "scipy", "statsmodels", "polars", "pyarrow", "pydantic", "pandera",
    "matplotlib", "seaborn", "jinja2", "nbformat", "nbclient", "nbconvert", "papermill", "ipykernel", "typst",
)  # fmt: skip
"""Distributions whose version can change what a report says or how it looks."""

DATED = ("created", "accessed", "modified", "retrieved", "date")
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}")


def folder(path: Path, pattern: str = "**/*") -> dict[str, str]:
    """SHA-256 of every file under ``path`` that matches, by its path relative to ``path``; hidden files left out."""
    files = sorted(
        p
        for p in path.glob(pattern)
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(path).parts)
    )
    return {p.relative_to(path).as_posix(): sha256_of_file(p) for p in files}


@lru_cache
def versions() -> dict[str, str]:
    """Version of Python and of every library in VERSIONED that is installed, and of plug-ins to this package."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class Library:
    """The source of this package and which of its modules each module leans on.

    ``digest(names)`` changes when any module that ``names`` import, directly or through others,
    changes; so a new colour in the charts does not mean that every scenario is computed again.
    Imports are read from the source (also those inside functions); files that are no Python source
    (templates, fonts) belong to the package folder they lie in.
    """

    def __init__(self, package_folder: Path, hashes: Mapping[str, str] | None = None) -> None:
        """``hashes`` of its files by their path in it; default: those of a snapshot taken now."""
        self._folder = package_folder
        found = Snapshot({PACKAGE: package_folder}).below(PACKAGE) if hashes is None else hashes
        self._hash = {package_folder / name: digest for name, digest in sorted(found.items())}
        self._module = {self._name(p): p for p in self._hash if p.suffix == ".py"}

    def digest(self, roots: Iterable[str]) -> str:
        """One hash over every module reachable from the modules named in ``roots``."""
        seen = self._reachable(roots)
        return sha256(canonical(sorted((name, self._content_hash(name)) for name in seen)))

    def modules(self, roots: Iterable[str]) -> tuple[str, ...]:
        """The modules of this package reachable from ``roots``, sorted."""
        return tuple(sorted(self._reachable(roots)))

    def _reachable(self, roots: Iterable[str]) -> set[str]:
        seen: set[str] = set()
        waiting = [part for root in roots for part in self._with_parents(root)]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self._module:
                continue
            seen.add(name)
            waiting.extend(part for found in self._imports(name) for part in self._with_parents(found))
        return seen

    def _content_hash(self, name: str) -> str:
        path = self._module[name]
        if path.name != "__init__.py":
            return self._hash[path]
        beside = [h for p, h in self._hash.items() if p.suffix != ".py" and self._owner(p) == path.parent]
        return sha256(canonical([self._hash[path], *beside]))

    def _owner(self, path: Path) -> Path:
        parent = path.parent
        while parent != self._folder and (parent / "__init__.py") not in self._hash:
            parent = parent.parent
        return parent

    @lru_cache  # noqa: B019 (a library lives as long as one plan)
    def _imports(self, name: str) -> set[str]:
        path = self._module[name]
        inside = path.name == "__init__.py"
        return imports(path.read_text(encoding="utf-8"), name if inside else name.rpartition(".")[0])

    def _name(self, path: Path) -> str:
        parts = [PACKAGE, *path.relative_to(self._folder).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @staticmethod
    def _with_parents(name: str) -> list[str]:
        parts = name.split(".")
        return [".".join(parts[: i + 1]) for i in range(len(parts))]


_STATEMENT = re.compile(
    r"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n]+))|import[ \t]+[^\n]+)",
    re.MULTILINE,
)


def _import_statements(source: str) -> Iterable[ast.stmt]:
    """Every import statement on a line of its own, wherever it stands; reading only those is many times faster.

    A line of prose that happens to read as an import counts too: that can only make a step run once
    more.
    """
    for match in _STATEMENT.finditer(source.replace("\\\n", " ")):
        try:
            yield from ast.parse(match[1]).body
        except SyntaxError:
            continue


def imports(source: str, package: str) -> set[str]:
    """Names under this package that a piece of Python source imports; ``package`` resolves relative imports."""
    found: set[str] = set()
    for node in _import_statements(source):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return {name for name in found if name == PACKAGE or name.startswith(PACKAGE + ".")}


def notebook_imports(notebook: str) -> set[str]:
    """Modules of this package that the code cells of a notebook (the text of its file) import."""
    cells = json.loads(notebook)["cells"]
    found: set[str] = set()
    for cell in cells:
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).splitlines()
            source = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
            found |= imports(source, "")
    return found


def source_date(data_package: Path) -> str:
    """The newest date that the data package names (when a table was made or its source read), as YYYY-MM-DD.

    Reports carry this date and not the day of the build, so the same inputs give the same bytes.
    """
    try:
        described = json.loads(data_package.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "1980-01-01"
    return max(_dates(described), default="1980-01-01")


def _dates(value: object, name: str = "") -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _dates(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _dates(inner, name)
    elif isinstance(value, str) and name in DATED and DATE.match(value):
        yield value[:10]
