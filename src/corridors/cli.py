"""The command line: ``corridors list | check | run | build | sweep | clean | data | new | compare | dist | verify``.

Results go to stdout, messages to stderr. Exit status: 0 done; 1 a build or computation failed (what
succeeded is kept, what failed is named); 2 the input or the command line is wrong; 130 interrupted.
No traceback unless asked for with ``--debug``. Every command loads what it needs itself, so that
``corridors --help`` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from corridors import __version__
from corridors.errors import CorridorsError, nearest, plain, plain_json
from corridors.runtime import interruption, machine, waiting

FORMATS = ("html", "pdf")
SOURCES = ("imf", "worldbank", "comtrade", "cepii", "all")


class _Group(click.Group):
    """A group that knows the nearest command to a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}{nearest(args[0], self.commands)}; there are: {', '.join(self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they are defined: the order in which they are needed."""
        return list(self.commands)


class _Place(click.Path):
    """A path to write to. An empty one would mean the current folder, which nobody who writes ``--out "$X"`` means."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> str | bytes | os.PathLike[str]:
        """The path; refused if it is empty or not on one line."""
        text = os.fspath(value)
        if not text.strip():
            self.fail("is empty; allowed: the name of a file or folder", param, ctx)
        if not text.isprintable():
            self.fail(f"{text!r} holds control characters", param, ctx)
        return super().convert(value, param, ctx)


def say(message: str) -> None:
    """A message for the user: stderr."""
    click.echo(plain(message), err=True)


def tell(text: str) -> None:
    """A result for the user: stdout, without what could rewrite a terminal."""
    click.echo(plain(text))


def tell_json(value: object) -> None:
    """A result for other programs: stdout."""
    click.echo(plain_json(json.dumps(value, indent=2, ensure_ascii=False)))


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with its status; mistakes become one clear message."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments or bool(os.environ.get("CORRIDORS_DEBUG"))
    arguments = [a for a in arguments if a != "--debug"]
    if not debug:
        # What a library warns of shows a path of this machine, and nothing that a user could do.
        warnings.simplefilter("ignore")
    machine.leave_current_folder()
    try:
        interruption.restored()
        machine.only_names_on_one_line(arguments)
        status = commands.main(arguments, prog_name="corridors", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("corridors: interrupted")
        status = 130
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        status = error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        if context is not None:
            say(context.get_usage())
        say(f"Error: {error.format_message()}")
        status = error.exit_code
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; that is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except CorridorsError as error:
        if debug:
            raise
        say(f"corridors: {error}")
        status = error.exit_status
    except Exception as error:
        if debug:
            raise
        say(f"corridors: {type(error).__name__}: {error}")
        say("corridors: this is a fault of the program, not of your input; --debug shows where it happened")
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="corridors", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error happened.")
def commands(debug: bool) -> None:
    """How much more would two countries trade if a corridor got better, and how sure are we?

    SCENARIO is a name in scenarios/ or a path to a YAML file.
    """


@commands.command("list")
def list_scenarios() -> int:
    """Every scenario, one line each."""
    from corridors import scenario

    status = 0
    for name in scenario.names():
        try:
            one = scenario.load(name)
        except CorridorsError as error:
            say(f"corridors: {error}")
            status = 2
            continue
        tell(f"{one.name:<26} {'-'.join(one.pair)}  {one.years[0]}-{one.years[-1]}  {one.title}")
    return status


def _names(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """What the shell offers where a scenario is asked for: names that begin so, then files."""
    from corridors import scenario

    return [CompletionItem(name) for name in scenario.names() if name.startswith(begun)] or [CompletionItem(begun, type="file")]


@commands.command()
@click.argument("files", nargs=-1, metavar="[FILE ...]", shell_complete=_names)
def check(files: tuple[str, ...]) -> int:
    """Validate scenarios and data; prints every mistake.

    Without FILE: every scenario in scenarios/ and every table in data/, and whether the model can
    be computed from them. FILE may be a scenario's name too.
    """
    from corridors import scenario

    mistakes: list[str] = []
    right = []
    checked = f"{len(files or scenario.names())} scenario{'s' * (len(files or scenario.names()) != 1)}"
    if not files:
        from corridors.data import package, published, relations, tables

        mistakes += tables.check()
        mistakes += relations.mistakes()
        checked += f" and {len(package.resources())} tables"
    for name in files or scenario.names():
        try:
            right.append((name, scenario.load(name)))
        except CorridorsError as error:
            mistakes.append(str(error))
    if files or not mistakes:
        from corridors.scenario.loading import with_line
        from corridors.study.possible import notes, refusals

        try:
            refused = refusals([one for _, one in right])
            mistakes += [f"{right[at][0]}: {with_line(right[at][0], why)}" for at, why in refused]
        except CorridorsError as error:
            mistakes.append(str(error))
    for mistake in dict.fromkeys(mistakes):
        say(mistake)
    if mistakes:
        return 2
    for note in [*(published.notes() if not files else ()), *(f"{right[at][0]}: {text}" for at, text in notes([one for _, one in right]))]:
        say(note)
    tell(f"{checked} checked: no mistakes")
    return 0


@commands.command()
@click.argument("name", metavar="SCENARIO", shell_complete=_names)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--draws", type=click.IntRange(64, 65_536), help="Draws, instead of the scenario's.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed, instead of the scenario's.")
@click.option("--save", type=_Place(path_type=Path, file_okay=False), help="Also save every table of the result here.")
def run(name: str, as_json: bool, draws: int | None, seed: int | None, save: Path | None) -> int:
    """Compute SCENARIO without notebooks."""
    from corridors import scenario

    chosen = scenario.load(name)
    from corridors import study

    if save is not None:
        study.StudyResult.refuse_other_files(save)
    with waiting.on_terminal(name):
        result = study.run(chosen, draws=draws, seed=seed)
    if save:
        result.save(save)
    if as_json:
        click.echo(plain_json(result.json()), nl=False)
    else:
        tell(str(result))
    return 0


def _formats(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
    for part in chosen:
        if part not in FORMATS:
            raise click.BadParameter(f"{part!r}; allowed: {', '.join(FORMATS)}{nearest(part, FORMATS)}")
    if not chosen:
        raise click.BadParameter(f"is empty; allowed: {', '.join(FORMATS)}")
    return chosen


@commands.command()
@click.argument("names", nargs=-1, metavar="[SCENARIO ...]", shell_complete=_names)
@click.option("--formats", default="html,pdf", show_default=True, callback=_formats, help="What to write.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes at once; default: the number of cores.")
@click.option("--out", type=_Place(path_type=Path, file_okay=False), default=Path("reports"), show_default=True, help="Where reports go.")
@click.option("--force", is_flag=True, help="Build again what is up to date.")
@click.option("--dry-run", is_flag=True, help="Print what would run, and why.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786, or 'local'.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--json-log", is_flag=True, help="One JSON object a line on stderr instead of progress.")
def build(
    names: tuple[str, ...], formats: tuple[str, ...], jobs: int | None, out: Path, force: bool,
    dry_run: bool, scheduler: str | None, quiet: bool, json_log: bool,
) -> int:
    """Build reports: of each SCENARIO, or of all; nothing that is up to date runs again."""
    from corridors.report.build import build as build_reports

    return build_reports(
        names, formats=formats, jobs=jobs, out=out, force=force,
        dry_run=dry_run, scheduler=scheduler, quiet=quiet, json_log=json_log,
    )


@commands.command()
@click.argument("grid", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=_Place(path_type=Path), default=Path("sweep.parquet"), show_default=True, help="Where results go.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786, or 'local'.")
def sweep(grid: Path, out: Path, scheduler: str | None) -> int:
    """Compute every scenario of GRID (a YAML file with a grid or a list); no notebooks."""
    from corridors.report.sweep.run import sweep as sweep_grid

    return int(sweep_grid(grid, out=out, scheduler=scheduler) or 0)


@commands.command()
@click.option("--out", type=_Place(path_type=Path, file_okay=False), default=Path("reports"), show_default=True, help="Where reports lie.")
def clean(out: Path) -> int:
    """Remove what builds left in a folder: the files that its manifest lists, and the store; nothing else.

    A file that someone changed since it was built stays and is named, with the manifest.
    """
    from corridors.report.owned import clean as remove

    removed, kept = remove(out.absolute())
    say(f"{out}: {removed:,} files removed")
    for name in kept:
        say(f"  kept, since it is not as it was built: {out / name}")
    return 0


@commands.group("data", cls=_Group)
def data_group() -> None:
    """What data there is, from where, how old; and newer data from the official sources."""


@data_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def data_list(as_json: bool) -> int:
    """Every table: rows, date of access, licence, title and source."""
    from corridors.data import tables

    rows = json.loads(tables.catalogue().to_json(orient="records"))
    if as_json:
        tell_json(rows)
        return 0
    tell(f"{'table':<28} {'rows':>7}  {'accessed':<10}  {'licence':<24} source")
    for row in rows:
        count = "" if row["rows"] is None else f"{row['rows']:,}"
        tell(f"{row['name']:<28} {count:>7}  {row['accessed']:<10}  {row['licence']:<24} {row['source_title']}")
    return 0


@data_group.command("refresh")
@click.argument("source", type=click.Choice(SOURCES))
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path, exists=True), help="A downloaded CEPII file (BACI or Gravity).")
@click.option("--year", type=click.IntRange(1988, 2060), help="Year of trade to fetch (comtrade); default: the newest.")
def data_refresh(source: str, yes: bool, dry_run: bool, files: tuple[Path, ...], year: int | None) -> int:
    """Fetch newer data from SOURCE; shows what would change before anything is written."""
    from corridors.data.sources.refresh import refresh

    return refresh(source, files=files, year=year, confirm=_asking(yes), say=say, try_out=_mistakes_of, dry_run=dry_run)


@data_group.command("undo")
@click.option("--yes", is_flag=True, help="Put back without asking.")
def data_undo(yes: bool) -> int:
    """Put back the tables that the newest refresh replaced."""
    from corridors.data.sources import history

    return 0 if history.undo(_asking(yes), say) else 1


def _asking(yes: bool) -> Callable[[str], bool]:
    return lambda question: yes or (sys.stdin.isatty() and click.confirm(question, err=True))


def _mistakes_of(root: Path) -> str:
    """What ``corridors check`` says of the data and scenarios in another folder; nothing if they are right."""
    import subprocess

    environment = machine.safe_path({**os.environ, "CORRIDORS_ROOT": str(root), "CORRIDORS_CACHE": ""})
    done = subprocess.run([sys.executable, "-P", "-m", "corridors.cli", "check"], env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.replace(str(root), "").strip()[-2000:]


@commands.command("new")
@click.argument("name")
@click.argument("economies", nargs=-1, metavar="[AAA BBB]")
@click.option("--pair", default="", metavar="A,B", help="Two economies, ISO 3166 alpha-3: PAK,UZB; or both behind NAME.")
@click.option("--title", help="One line; default: made from the pair.")
@click.option("--out", type=_Place(path_type=Path, file_okay=False), help="Folder to write to; default: scenarios/, or here if the package is installed.")
def new(name: str, economies: tuple[str, ...], pair: str, title: str | None, out: Path | None) -> int:
    """Write a commented scenario for any pair, ready to edit."""
    from corridors.data import names
    from corridors.runtime import paths
    from corridors.scenario import template

    codes = [code.strip() for part in (pair, *economies) for code in part.split(",") if code.strip()]
    proposal = None
    if len(codes) == 2 and set(codes) <= set(names.economies()) and not template.on_checked_network(codes):
        from corridors.transport.ways import proposal_for

        proposal = proposal_for(codes[0], codes[1])
    path = template.write_new(name, codes, title=title, folder=out, proposal=proposal)
    tell(str(path))
    say(f"Edit it, then: corridors check {path}   and   corridors build {name if path.parent == paths.scenarios() else path}")
    return 0


@commands.command()
@click.argument("a", metavar="AAA")
@click.argument("b", metavar="BBB")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def ways(a: str, b: str, as_json: bool) -> int:
    """The ways between two economies today (ISO 3166 alpha-3): km, days, dollars a tonne, crossings, share."""
    from corridors.data import codes, names

    for code in (a, b):
        if code not in names.economies():
            raise click.UsageError(f"{code!r} is not an economy{codes.hint(code, names.economies())}; see data/economies.csv")
    if a == b:
        raise click.UsageError(f"{a} twice: ways run between two economies")
    from corridors.show.terminal import describe_ways
    from corridors.transport.ways import ways_between

    found = ways_between(a, b)
    tell(json.dumps(found.as_dict(), indent=2, ensure_ascii=False) if as_json else describe_ways(found))
    return 0


@commands.command()
@click.argument("a", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("b", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def compare(a: Path, b: Path, as_json: bool) -> int:
    """What changed between two results (A.json, B.json), step by step of the chain."""
    from corridors.show.terminal import compared
    from corridors.study import compare as comparison

    found = comparison.compare_files(a, b)
    tell(json.dumps(found.as_dict(), indent=2, ensure_ascii=False) if as_json else compared(found))
    return 0


@commands.command()
@click.option("--reports", type=click.Path(path_type=Path, file_okay=False), default=Path("reports"), show_default=True, help="Built reports.")
@click.option("--out", type=_Place(path_type=Path, dir_okay=False), help="The zip to write; default: inside the reports' folder.")
def dist(reports: Path, out: Path | None) -> int:
    """One zip to send: PDFs, HTML, index and SHA256SUMS; the same bytes from the same reports."""
    from corridors.report.dist import make

    tell(str(make(reports, out)))
    return 0


@commands.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def verify(file: Path) -> int:
    """Check FILE, a zip from `corridors dist`, against the checksums in it."""
    from corridors.report.dist import verify as verify_zip

    tell(str(verify_zip(file)))
    return 0


if __name__ == "__main__":
    main()
