"""World trade that fits new trade costs: partial, conditional and full general equilibrium.

:func:`counterfactual` solves one world, :func:`counterfactual_sectors` one with several sectors,
:func:`respond` thousands of draws of a shock to a few pairs and :func:`counterfactuals` thousands of dense
shocks. The equations are in ``hats``.
"""

from corridors.equilibrium.batch import Response, counterfactuals, respond
from corridors.equilibrium.single import Counterfactual, counterfactual, counterfactual_sectors

__all__ = [
    "Counterfactual",
    "Response",
    "counterfactual",
    "counterfactual_sectors",
    "counterfactuals",
    "respond",
]
