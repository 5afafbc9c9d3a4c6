"""Structural gravity: what trade responds to, and how much of it is missing.

``ppml`` estimates X_ij = exp(pi_i + chi_j + b'z_ij) * error by Poisson pseudo-maximum likelihood.
"""

from __future__ import annotations

from .bias import BiasCorrection, bias_correction
from .estimate import ppml
from .fit import Dropped, Fit

__all__ = ["BiasCorrection", "bias_correction", "Dropped", "Fit", "ppml"]
