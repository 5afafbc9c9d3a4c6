"""Ask and see at once: measures for any pair, moved by sliders or set in a cell.

``app(pair)`` is the page of sliders in JupyterLab; ``answer(Question(...))`` is the same without
widgets; both draw with the charts of the reports. ``save`` writes what was found as a scenario, for
:func:`corridors.study.run` and the reports to compute in full. Loads nothing heavy until it is
used.
"""

from __future__ import annotations

from corridors.explore.answers import Answer, answer
from corridors.explore.page import app
from corridors.explore.question import Question, save

__all__ = ["Answer", "Question", "answer", "app", "save"]
