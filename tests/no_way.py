"""A pair for which the network has no way at all: none is known today, and what is said of one must stay right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from corridors.errors import NetworkError
from corridors.study import counterfactual


@contextmanager
def no_way() -> Iterator[None]:
    """While it lasts, no pair has a way on the network."""

    def none(pair: tuple[str, str], *_: object) -> None:
        raise NetworkError(f"network: no way from {pair[0]} to {pair[1]}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORRIDORS_CACHE", "")  # What is computed without a way is not for others to read.
        patch.setattr(counterfactual, "network_of", none)
        yield
