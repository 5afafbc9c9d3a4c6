"""The documentation is true: its links lead somewhere, its recipes work, every public function is described."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from corridors.data import package
from corridors.scenario.measures import KINDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*DOCS, ROOT / "README.md"]
EXPECTED = {"method", "data", "api", "jupyter", "scenarios", "reading", "extending", "faq", "security", "dependencies", "reproducibility"}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_all_pages_are_there() -> None:
    assert {p.stem for p in DOCS} >= EXPECTED


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _without_code(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https://[\w.-]+\.\w+(/|$)", target):
            continue
        assert "://" not in target, f"{page.name}: {target}: only https"
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target} leads nowhere"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_slug(h) for h in headings}, f"{page.name}: {target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = _without_code(page.read_text(encoding="utf-8"))
    built = ("reports/", "data-old/", "tables/", *re.findall(r"^Write `([^`]+)`:$", text, re.MULTILINE))
    for name in re.findall(r"`((?:data|src|tests|docs|scenarios|notebooks|benchmarks)/[\w./*-]+)`", text):
        if not name.startswith(built) and "NAME" not in name:
            assert list(ROOT.glob(name.rstrip("/"))), f"{page.name}: {name} is not there"


@pytest.mark.parametrize("page", DOCS, ids=lambda p: p.name)
def test_pages_are_short_enough_to_read(page: Path) -> None:
    """What is written by hand; the description of the tables in the data page is looked up, and grows with the tables."""
    text = re.sub(r"<!-- tables:.*<!-- end of tables -->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = len(_without_code(text).split())
    assert words < {"method": 4_500, "api": 18_000}.get(page.stem, 2_200)
    assert page.read_text(encoding="utf-8").startswith("# ")


def test_every_table_is_in_the_data_page() -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    missing = [name for name in package.resources() if f"`{name}`" not in text]
    assert not missing, "run: python docs/write_data_page.py"


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, 'docs'); import write_api_page as w; "
                               "print(w.page() == w.PAGE.read_text(encoding='utf-8'))"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "True", f"run: make docs\n{done.stderr}"


def test_what_the_questions_page_says_of_effects_is_so() -> None:
    """The table of docs/faq.md beside the chain itself."""
    from corridors import scenario
    from corridors.study import headline

    text = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| `([\w-]+)`: [^|]+ \| [^|]*?(−?[\d.]+) %[^|]* \| (−?[\d.]+) to (−?[\d.]+) % \|$", text, re.MULTILINE)
    assert [name for name, *_ in stated] == ["capacity-800", "direct-flights", "full-connectivity"]
    found = headline.quick([scenario.load(name) for name, *_ in stated], draws=256).set_index("scenario")
    for name, *numbers in stated:
        middle, low, high = (float(n.replace("−", "-")) for n in numbers)
        row = found.loc[name]
        assert row["effect_percent_p50"] == pytest.approx(middle, rel=0.15, abs=0.05)
        assert row["effect_percent_p10"] == pytest.approx(low, rel=0.15, abs=0.1)
        assert row["effect_percent_p90"] == pytest.approx(high, rel=0.15, abs=0.1)


def test_every_measure_and_field_is_in_the_scenarios_page() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for kind, model in KINDS.items():
        assert f"`{kind}`" in text
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in text or name == "kind"


def test_every_dependency_is_explained() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(d).name for d in project["dependencies"]}
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    assert explained == declared


def test_the_example_of_the_scenarios_page_is_a_scenario() -> None:
    from corridors import scenario
    from corridors.scenario import yaml_reader

    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    raw, _ = yaml_reader.parse(example.encode(), "example")
    assert scenario.parse(raw, name="capacity-800").measures == scenario.load("capacity-800").measures


def test_the_checklist_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)[2:]
    assert len(rows) >= 15
    for what, _, proof in rows:
        files = re.findall(r"`([^`]+)`", proof)
        assert files, f"{what}: no file proves it"
        for name in files:
            assert name.startswith("reports/") or (ROOT / name).exists(), f"{what}: {name} is not there"


# --- docstrings ------------------------------------------------------------------------------------------


def _undescribed(file: Path) -> list[str]:
    """The module itself, and its public functions and classes, without a docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    public = [
        node for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        and not any("overload" in ast.unparse(d) for d in node.decorator_list)
    ]
    return [getattr(node, "name", file.name) for node in (tree, *public) if not ast.get_docstring(node)]


@pytest.mark.parametrize(
    "file",
    sorted(f for f in (ROOT / "src" / "corridors").rglob("*.py") if f.read_text(encoding="utf-8").strip()),
    ids=lambda f: str(f.relative_to(ROOT / "src" / "corridors")),
)
def test_every_public_function_and_class_is_described(file: Path) -> None:
    assert not _undescribed(file)


# --- the recipes, followed to the letter -----------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing that docs/extending.md says to do."""

    what: str
    file: str
    anchor: str
    text: str


INSTRUCTION = re.compile(
    r"^Append to `(?P<append>[^`]+)`:\n\n```(?:csv|python)\n(?P<rows>.*?)```$"
    r"|^Write `(?P<write>[^`]+)`:\n\n```(?:yaml|csv)\n(?P<content>.*?)```$"
    r"|^In `(?P<beside>[^`]+)`, after the line with `(?P<line>[^`]+)`, add:\n\n```(?:text|python|json)\n(?P<lines>.*?)```$"
    r"|^In `(?P<into>[^`]+)`, before `(?P<before>[^`]+)`, add:\n\n```python\n(?P<code>.*?)```$"
    r"|^In `(?P<edit>[^`]+)`, replace `(?P<old>[^`]+)` by `(?P<new>[^`]+)`\.$"
    r"|^```sh\n(?P<commands>.*?)```$",
    re.MULTILINE | re.DOTALL,
)


def recipes() -> dict[str, list[Step]]:
    """The steps under each heading of docs/extending.md."""
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    out: dict[str, list[Step]] = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        steps = []
        for m in INSTRUCTION.finditer(body):
            if m["append"]:
                steps.append(Step("append", m["append"], "", m["rows"]))
            elif m["write"]:
                steps.append(Step("write", m["write"], "", m["content"]))
            elif m["beside"]:
                steps.append(Step("after", m["beside"], m["line"], m["lines"]))
            elif m["into"]:
                steps.append(Step("insert", m["into"], m["before"], m["code"]))
            elif m["edit"]:
                steps.append(Step("replace", m["edit"], m["old"], m["new"]))
            else:
                steps.append(Step("run", "", "", m["commands"]))
        if steps:
            out[title] = steps
    return out


def _follow(step: Step, root: Path, environment: dict[str, str]) -> None:
    file = root / step.file
    if step.what == "append":
        text = file.read_text(encoding="utf-8")
        assert text.endswith("\n")
        file.write_text(text + step.text, encoding="utf-8")
    elif step.what == "write":
        assert not file.exists()
        file.write_text(step.text, encoding="utf-8")
    elif step.what in ("insert", "replace", "after"):
        text = file.read_text(encoding="utf-8")
        assert text.count(step.anchor) == 1, f"{step.file}: {step.anchor!r} stands there {text.count(step.anchor)} times"
        if step.what == "after":
            at = text.index("\n", text.index(step.anchor)) + 1
            file.write_text(text[:at] + step.text + text[at:], encoding="utf-8")
            return
        new = step.text + step.anchor if step.what == "insert" else step.text
        file.write_text(text.replace(step.anchor, new), encoding="utf-8")
    else:
        for command in step.text.splitlines():
            runs = command.startswith("corridors run")
            done = subprocess.run(f"{command} --json" if runs else command, shell=True, cwd=root, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            # What the recipe adds is seen in the numbers, also where the words say that it cannot be told from zero.
            assert not runs or abs(json.loads(done.stdout)["effect_percent"]["p50"]) > 0.0, f"{command}\n{done.stdout}{done.stderr}"


COPIED = ("data", "scenarios", "src", "notebooks", "tests", "docs")
COUNTED = ("A kind of measure", "A chart", "A table")
"""Recipes that promise how many files they touch."""


def test_the_page_has_the_promised_recipes() -> None:
    found = recipes()
    assert list(found) == ["A crossing", "A corridor", "A country", "A kind of measure", "A chart", "A table"]
    fences = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8").count("```") // 2
    assert sum(s.what in ("append", "write", "insert", "after", "run") for steps in found.values() for s in steps) == fences


@pytest.mark.slow
@pytest.mark.parametrize("title", list(recipes()))
def test_following_the_recipe_works(tmp_path: Path, title: str) -> None:
    root = tmp_path / "project"
    for folder in COPIED:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / name, root / name)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name, command in (("python", ""), ("corridors", " -m corridors.cli")):
        (binaries / name).write_text(f'#!/bin/sh\nexec {sys.executable}{command} "$@"\n', encoding="utf-8")
        (binaries / name).chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "CORRIDORS_ROOT": str(root), "PYTHONPATH": str(root / "src"),
    }
    before = _contents(root)
    for step in recipes()[title]:
        _follow(step, root, environment)
    if title in COUNTED:
        text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        (said,) = re.findall(r"^Touches three files: ((?:`[^`]+`(?:, )?)+)\.", text, re.MULTILINE)
        touched = {name for name, content in _contents(root).items() if before.get(name) != content}
        assert touched == set(re.findall(r"`([^`]+)`", said)) and len(touched) == 3


def _contents(root: Path) -> dict[str, str]:
    """Every file by a hash of its content, but scenarios: they ask a question, and their schema is written by a command."""
    files = (file for folder in COPIED if folder != "scenarios" for file in (root / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_every_promise_of_security_names_a_test_that_is_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in text.split("## What is not promised")[0].splitlines() if line.startswith("| ") and "`tests/" in line or "`benchmarks/" in line]
    assert len(rows) >= 25
    for file, test in re.findall(r"`(tests/test_\w+\.py)::(\w+)`", text):
        assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}: no test {test}"
