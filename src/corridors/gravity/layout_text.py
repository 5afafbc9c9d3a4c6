"""A fit as a publishable table: plain text, HTML, LaTeX, Markdown.

Coefficients with standard errors in parentheses below, stars at 10, 5 and 1 percent, notes at the
foot.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fit import Fit

STARS_NOTE = "* p < 0.10, ** p < 0.05, *** p < 0.01"


def _stars(p: float) -> str:
    return "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""


def _rows(fit: Fit) -> list[tuple[str, str, str, str, str]]:
    """covariate, estimate, stars, standard error, 95 % interval."""
    table = fit.table()
    return [
        (
            str(name),
            f"{row.estimate:.4f}",
            _stars(row.p),
            f"({row.std_error:.4f})",
            f"{row.low:.3f} to {row.high:.3f}",
        )
        for name, row in zip(table.index, table.itertuples(), strict=True)
    ]


def _title(fit: Fit) -> str:
    return f"Poisson pseudo-maximum likelihood of {fit.outcome}"


def plain(fit: Fit) -> str:
    """Aligned text for a terminal."""
    rows = _rows(fit)
    wide = max([12, *(len(r[0]) for r in rows), *(len(label) for label, _ in fit.notes())]) + 2
    rule = "-" * (wide + 46)
    lines = [_title(fit), rule, f"{'':{wide}}{'estimate':>9}   {'std. error':>14}{'95 % interval':>20}", rule]
    lines += [f"{n:{wide}}{e:>9}{s:<3}{se:>14}{ci:>20}" for n, e, s, se, ci in rows]
    lines.append(rule)
    lines += [f"{label:{wide}}{text}" for label, text in fit.notes()]
    return "\n".join([*lines, STARS_NOTE])


def html(fit: Fit) -> str:
    """A table element with caption, header cells with scope, and the notes in its foot."""
    body = "".join(
        f'<tr><th scope="row">{escape(n)}</th><td>{e}{s}</td><td>{se}</td><td>{ci}</td></tr>'
        for n, e, s, se, ci in _rows(fit)
    )
    foot = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td colspan="3">{escape(text)}</td></tr>'
        for label, text in fit.notes()
    )
    return (
        f'<table class="fit"><caption>{escape(_title(fit))}</caption><thead><tr><th scope="col">Covariate</th>'
        '<th scope="col">Estimate</th><th scope="col">Std. error</th><th scope="col">95 % interval</th></tr></thead>'
        f'<tbody>{body}</tbody><tfoot>{foot}<tr><td colspan="4">{escape(STARS_NOTE)}</td></tr></tfoot></table>'
    )


def latex(fit: Fit) -> str:
    """A ``tabular`` for the booktabs package."""
    lines = [r"\begin{tabular}{lc}", r"\toprule", rf" & {_tex(fit.outcome)} \\", r"\midrule"]
    for name, estimate, stars, error, _ in _rows(fit):
        mark = f"$^{{{stars}}}$" if stars else ""
        lines += [rf"{_tex(name)} & ${estimate}${mark} \\", rf" & {error} \\"]
    lines.append(r"\midrule")
    lines += [rf"{_tex(label)} & {_tex(text)} \\" for label, text in fit.notes()]
    lines += [r"\bottomrule", rf"\multicolumn{{2}}{{l}}{{\footnotesize {_tex(STARS_NOTE)}}} \\", r"\end{tabular}"]
    return "\n".join(lines)


def markdown(fit: Fit) -> str:
    """A pipe table with the notes as a list below."""
    lines = [f"**{_title(fit)}**", "", "| | Estimate | Std. error | 95 % interval |", "|---|---:|---:|---:|"]
    lines += [f"| {_md(n)} | {e}{_md(s)} | {se} | {ci} |" for n, e, s, se, ci in _rows(fit)]
    lines.append("")
    lines += [f"- {label}: {_md(text)}" for label, text in fit.notes()]
    return "\n".join([*lines, f"- {_md(STARS_NOTE)}"])


def _tex(text: str) -> str:
    for plain_text, escaped in (
        ("\\", r"\textbackslash{}"),
        ("_", r"\_"),
        ("^", r"\textasciicircum{}"),
        ("&", r"\&"),
        ("%", r"\%"),
        ("#", r"\#"),
        ("<", r"$<$"),
    ):
        text = text.replace(plain_text, escaped)
    return text


def _md(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*").replace("_", r"\_")
