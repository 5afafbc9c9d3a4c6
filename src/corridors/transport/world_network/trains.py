"""What a train takes, on the railways of the world and on one that a measure builds: rates, speeds, terminals, borders."""

from __future__ import annotations

USD_PER_T_KM, TERMINAL_USD_PER_T = 0.026, 14.0
"""Lahore-Astrakhan 8,000 km 210 USD, Vladivostok-Moscow 9,289 km 190 USD a tonne, two terminals of 14 USD left out."""
KM_PER_DAY, TERMINAL_DAYS, BORDER_DAYS = 500.0, 2.0, 1.0
"""Terminals are both ends together; a border is its customs and a change of locomotive or gauge."""
