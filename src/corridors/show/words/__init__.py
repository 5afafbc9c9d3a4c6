"""Words made from a result's numbers; every sentence says what the numbers support and nothing else.

Each function takes a :class:`~corridors.study.result.StudyResult` (or several) and returns a block
of :mod:`corridors.show.blocks`. Names of places and economies come from the data, labels from the
scenario; both are plain text that the blocks escape.
"""

from corridors.show.words.binding import binding_words
from corridors.show.words.closing import data_words, left_out, method_words
from corridors.show.words.comparison import (
    compare_answer,
    compare_cover,
    ranking_words,
    recommendation,
)
from corridors.show.words.effects import (
    contributions_words,
    others_words,
    sectors_words,
    uncertainty_words,
)
from corridors.show.words.front import answer, cover, key_figures
from corridors.show.words.phrases import headline
from corridors.show.words.priorities import priorities_words
from corridors.show.words.shipment import shipment_answer, shipment_cover, shipment_words
from corridors.show.words.trade import projection_words, targets_words, trade_today
from corridors.show.words.ways import border_words, corridors_words
from corridors.show.words.worth import rests_on, why_loss, worth_line, worth_words
from corridors.show.words.worth_measures import worth_measures

__all__ = [
    "answer", "binding_words", "border_words", "compare_answer", "compare_cover",
    "contributions_words", "corridors_words", "cover", "data_words", "headline", "key_figures",
    "left_out", "method_words", "others_words", "priorities_words", "projection_words",
    "ranking_words", "recommendation", "rests_on", "sectors_words", "shipment_answer",
    "shipment_cover", "shipment_words", "targets_words", "trade_today",
    "uncertainty_words", "why_loss", "worth_line", "worth_measures", "worth_words",
]  # fmt: skip
