"""World trade that fits new trade costs: partial, conditional and full general equilibrium.

:func:`counterfactual` solves one world, :func:`counterfactual_sectors` one with several sectors,
:func:`respond` thousands of draws of a shock to a few pairs, :func:`counterfactuals` thousands of dense
shocks, and :func:`standard_errors` says how sure the answer is. The equations are in ``hats``.
"""

from corridors.equilibrium.batch import Response, counterfactuals, respond
from corridors.equilibrium.precision import Precision, standard_errors
from corridors.equilibrium.single import Counterfactual, counterfactual, counterfactual_sectors

__all__ = [
    "Counterfactual",
    "Precision",
    "Response",
    "counterfactual",
    "counterfactual_sectors",
    "counterfactuals",
    "respond",
    "standard_errors",
]
