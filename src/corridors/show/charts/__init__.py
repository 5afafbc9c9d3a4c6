"""The charts of the reports: each takes a result and returns a figure whose title states what it shows.

A chart that has nothing to show returns None. Colours and type are of :mod:`corridors.show.theme`.
What a module of this package lists in its ``__all__`` is a chart of a report, and is found here.
"""

from corridors.show.charts.border import *  # noqa: F403
from corridors.show.charts.checks import *  # noqa: F403
from corridors.show.charts.corridor_map import *  # noqa: F403
from corridors.show.charts.many import *  # noqa: F403
from corridors.show.charts.needs import *  # noqa: F403
from corridors.show.charts.reasons import *  # noqa: F403
from corridors.show.charts.shipment import *  # noqa: F403
from corridors.show.charts.trade import *  # noqa: F403
from corridors.show.charts.ways import *  # noqa: F403
from corridors.show.charts.world import *  # noqa: F403
from corridors.show.charts.worth import *  # noqa: F403
