"""Any two economies: what ways all pairs have, and of a thousand random ones the headline effect of better crossings.

``python -m benchmarks pairs``; ``PAIRS=50`` takes fewer. Each pair's scenario is what ``corridors new`` would write. A pair
either answers, or says in a sentence why it cannot (:class:`corridors.errors.CorridorsError`); anything else is a fault. Of every pair
(16,471 of 182 economies) the modes between its cities are looked up on the compiled network, and the sentence if it has no road.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from corridors import scenario
from corridors.data import names
from corridors.errors import CorridorsError
from corridors.scenario import template
from corridors.study import headline
from corridors.transport.ways import proposal_for, reach

PAIRS = 1_000
DRAWS = 64
SEED = 20_260
_MOST_NAMED = 5


def run() -> list[dict[str, Any]]:
    """Rows with name, ours_s, peer, peer_s, ratio and note: seconds of one pair, how many answer, what the others say."""
    chosen = sample(int(os.environ.get("PAIRS", PAIRS)))
    seconds: list[float] = []
    unanswered: Counter[str] = Counter()
    faults: list[str] = []
    for pair in chosen:
        began = time.perf_counter()
        try:
            answer(pair)
        except CorridorsError as error:
            unanswered[str(error).splitlines()[0][:80]] += 1
        except Exception as error:  # a fault of the program: named, and the others go on
            faults.append(f"{'-'.join(pair)} ({type(error).__name__})")
        else:
            seconds.append(time.perf_counter() - began)
    median, most = (float(np.quantile(seconds, q)) if seconds else None for q in (0.5, 0.99))
    said = "; ".join(f"{count} times: {text}" for text, count in unanswered.most_common(_MOST_NAMED))
    began = time.perf_counter()
    reached = Counter(reach(*pair) for pair in itertools.combinations(sorted(names.economies()), 2))
    every = time.perf_counter() - began
    note = f"{len(seconds):,} of {len(chosen):,} answer, {sum(unanswered.values())} say why not, {len(faults)} faults"
    told = {text: n for text, n in reached.items() if text not in ("road", "")}
    ways = f"{reached['road']:,} by road, {sum(told.values()):,} say why not by road or not at all, {reached['']:,} without a word"
    return [
        {"name": "ways of every pair", "ours_s": every, "peer": None, "peer_s": None, "ratio": None, "note": f"{reached.total():,} pairs: {ways}, {reached['']:,} without a word"},
        {"name": f"a random pair at {DRAWS} draws, median", "ours_s": median, "peer": None, "peer_s": None, "ratio": None, "note": note},
        {
            "name": "the same, 99th of a hundred", "ours_s": most, "peer": None, "peer_s": None, "ratio": None,
            "note": f"aim: under 5 s at 512 draws; faults: {', '.join(faults[:_MOST_NAMED]) or 'none'}; {said}",
        },
    ]  # fmt: skip


def sample(count: int) -> list[tuple[str, str]]:
    """``count`` different ordered pairs of economies, the same on every run."""
    codes = sorted(names.economies())
    numbers = np.random.default_rng(SEED).permutation(len(codes) * (len(codes) - 1))[:count]
    found = []
    for number in numbers:
        a, b = divmod(int(number), len(codes) - 1)
        found.append((codes[a], codes[b + (b >= a)]))
    return found


def answer(pair: tuple[str, str]) -> float:
    """Effect on two-way trade, percent, of what a new scenario of ``pair`` proposes."""
    proposal = None if template.on_checked_network(pair) else proposal_for(*pair)
    with tempfile.TemporaryDirectory() as folder:
        read = scenario.load(template.write_new("-".join(pair).lower(), pair, folder=Path(folder), proposal=proposal))
    return float(headline.quick([read], draws=DRAWS)["effect_percent_p50"].iloc[0])
