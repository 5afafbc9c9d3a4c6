"""World trade that fits new trade costs: partial, conditional and full general equilibrium.

:func:`counterfactual` solves one world, :func:`counterfactual_sectors` one with several sectors,
:func:`respond` thousands of draws of a shock to a few pairs, :func:`respond_sectors` the same with
sectors and intermediate inputs, :func:`counterfactuals` thousands of dense shocks, and
:func:`standard_errors` says how sure the answer is. The equations are in ``hats``.
"""

from corridors.equilibrium.batch import Response, counterfactuals, respond
from corridors.equilibrium.precision import Precision, standard_errors
from corridors.equilibrium.sector_respond import SectorResponse, respond_sectors
from corridors.equilibrium.sector_world import SectorWorld, sector_world
from corridors.equilibrium.single import Counterfactual, counterfactual, counterfactual_sectors

__all__ = [
    "Counterfactual",
    "Precision",
    "Response",
    "SectorResponse",
    "SectorWorld",
    "counterfactual",
    "counterfactual_sectors",
    "counterfactuals",
    "respond",
    "respond_sectors",
    "sector_world",
    "standard_errors",
]
