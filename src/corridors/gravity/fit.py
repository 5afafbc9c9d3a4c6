"""The result of an estimation: figures to compute with, and a table to publish."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import layout_text
from .poisson import deviance

if TYPE_CHECKING:
    from .estimate import Workings


@dataclass(frozen=True)
class Dropped:
    """What was left out of an estimation, and why.

    ``rows`` are positions in the frame: ``without_trade`` of them because a fixed effect has no
    positive flow, ``separated`` because covariates predict their zero perfectly. ``covariates``
    maps a name to the reason.
    """

    rows: np.ndarray
    without_trade: int = 0
    separated: int = 0
    covariates: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = []
        if self.without_trade:
            parts.append(f"{self.without_trade:,} rows of fixed effects without any positive flow")
        if self.separated:
            parts.append(f"{self.separated:,} zero flows that covariates predict perfectly (separated)")
        parts += [f"{name}: {reason}" for name, reason in self.covariates.items()]
        return "; ".join(parts) if parts else "nothing"


@dataclass(frozen=True)
class Fit:
    """A Poisson pseudo-maximum-likelihood fit.

    ``coefficients`` and ``standard_errors`` are Series by covariate, ``covariance`` a DataFrame.
    ``fitted`` has one value for each row of the frame (zero for dropped rows, the limit of the
    estimate). ``pseudo_r2`` is McFadden's, as Stata and pyfixest print it (it depends on the unit
    of the outcome); ``deviance_r2`` is the share of the null deviance explained and
    ``squared_correlation`` that of outcome and fitted: neither depends on units. ``fixed_effects``
    maps each name to a Series by level; with several fixed effects only their sum is identified.
    ``parameters`` and ``small_sample_factor`` are those of the covariance.
    """

    outcome: str
    fixed_effect_names: tuple[str, ...]
    cluster_names: tuple[str, ...]
    coefficients: pd.Series
    standard_errors: pd.Series
    covariance: pd.DataFrame
    fitted: np.ndarray
    fixed_effects: dict[str, pd.Series]
    dropped: Dropped
    nobs: int
    nobs_given: int
    zeros: int
    clusters: tuple[int, ...]
    parameters: int
    small_sample_factor: float
    iterations: int
    converged: bool
    path: str
    workings: Workings = field(repr=False, compare=False)

    @property
    def covariates(self) -> tuple[str, ...]:
        """The covariates that were estimated, without dropped ones."""
        return tuple(self.coefficients.index)

    @cached_property
    def deviance(self) -> float:
        """2 sum w (y ln(y / mu) - (y - mu))."""
        work = self.workings
        return deviance(work.outcome, work.mu, work.weights)

    @cached_property
    def deviance_r2(self) -> float:
        """The share of a constant's deviance that is explained."""
        work = self.workings
        null = deviance(work.outcome, self._constant(), work.weights)
        return 1 - self.deviance / null if null > 0 else float("nan")

    @cached_property
    def squared_correlation(self) -> float:
        """Of outcome and fitted values."""
        one, two = self.workings.outcome, self.workings.mu
        if one.size < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:
            return float("nan")
        return float(np.corrcoef(one / one.max(), two / two.max())[0, 1] ** 2)

    @cached_property
    def log_likelihood(self) -> float:
        """Of Poisson with these means: sum of w (y ln mu - mu - ln y!)."""
        return self._log_likelihood(self.workings.mu)

    @cached_property
    def pseudo_r2(self) -> float:
        """McFadden's: 1 - log likelihood / log likelihood of a constant."""
        null = self._log_likelihood(self._constant())
        return 1 - self.log_likelihood / null if null else float("nan")

    def _constant(self) -> np.ndarray:
        work = self.workings
        return np.full_like(work.outcome, np.average(work.outcome, weights=work.weights))

    def _log_likelihood(self, mu: np.ndarray) -> float:
        # Loaded when asked for: half of the time of a first fit would go into it.
        from scipy.special import gammaln

        work = self.workings
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            terms = np.where(work.outcome > 0, work.outcome * np.log(mu), 0.0) - mu - gammaln(work.outcome + 1)
            return float((work.weights * terms).sum())

    @property
    def z_values(self) -> pd.Series:
        """Coefficient over standard error."""
        return self.coefficients / self.standard_errors

    @property
    def p_values(self) -> pd.Series:
        """Two-sided, from t with (smallest number of clusters - 1) degrees of freedom, or the normal."""
        from scipy.special import ndtr, stdtr

        below = -self.z_values.abs().to_numpy(float)
        tail = stdtr(min(self.clusters) - 1, below) if self.clusters else ndtr(below)
        return pd.Series(2 * tail, self.coefficients.index)

    def confidence_interval(self, level: float = 0.95) -> pd.DataFrame:
        """Columns ``low`` and ``high`` by covariate."""
        from scipy.special import ndtri, stdtrit

        upper = 0.5 + level / 2
        wide = stdtrit(min(self.clusters) - 1, upper) if self.clusters else ndtri(upper)
        half = float(wide) * self.standard_errors
        return pd.DataFrame({"low": self.coefficients - half, "high": self.coefficients + half})

    def table(self) -> pd.DataFrame:
        """estimate, std_error, z, p, low, high (95 %) by covariate."""
        return pd.DataFrame(
            {
                "estimate": self.coefficients,
                "std_error": self.standard_errors,
                "z": self.z_values,
                "p": self.p_values,
            }
        ).join(self.confidence_interval())

    def notes(self) -> list[tuple[str, str]]:
        """What stands under a published table: label and text."""
        cluster = (
            "robust to heteroskedasticity"
            if not self.cluster_names
            else "clustered by "
            + " and ".join(
                f"{name} ({count:,})" for name, count in zip(self.cluster_names, self.clusters, strict=True)
            )
        )
        return [
            ("Observations", f"{self.nobs:,}"),
            ("Zero flows", f"{self.zeros:,}"),
            ("Fixed effects", ", ".join(self.fixed_effect_names) or "none"),
            ("Standard errors", cluster),
            ("Pseudo R2", f"{self.pseudo_r2:.4f}"),
            ("Squared correlation", f"{self.squared_correlation:.4f}"),
            ("Dropped", str(self.dropped)),
        ]

    def to_html(self) -> str:
        """An HTML table with a caption and row headers."""
        return layout_text.html(self)

    def to_latex(self) -> str:
        """A booktabs ``tabular``."""
        return layout_text.latex(self)

    def to_markdown(self) -> str:
        """A pipe table, notes below."""
        return layout_text.markdown(self)

    def __str__(self) -> str:
        return layout_text.plain(self)

    def _repr_html_(self) -> str:
        from corridors.runtime.notebook_html import in_notebook

        return in_notebook(self.to_html())
