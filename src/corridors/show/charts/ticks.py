"""Labels of ticks stay inside the drawing, whatever the numbers."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox


def inside(figure: Figure) -> None:
    """Room for the labels of ticks that would be cut at an edge: an axis below goes on a little further, and panels
    move away from the left where the labels of a value axis are wide."""
    moved = max([0.0, *(-box.x0 for ax in figure.axes for _, box in _seen_labels(ax, "y"))]) / figure.bbox.width
    for ax in figure.axes if moved else []:
        box = ax.get_position()
        ax.set_position((box.x0 + moved, box.y0, box.width - moved, box.height))
    for ax in figure.axes:
        for edge in ("left", "right", "left"):
            _further(ax, edge)


def _further(ax: Axes, edge: str) -> None:
    """The x axis up to where the label next to this edge of the figure is whole."""
    labels = _seen_labels(ax, "x")
    if not labels:
        return
    whole, box = ax.figure.bbox, ax.bbox
    at, label = min(labels, key=lambda seen: seen[0]) if edge == "left" else max(labels, key=lambda seen: seen[0])
    cut_off = whole.x0 - label.x0 if edge == "left" else whole.x1 - label.x1
    if (cut_off <= 0) if edge == "left" else (cut_off >= 0):
        return
    scale = ax.xaxis.get_transform()
    tick, low, high = (float(v) for v in scale.transform([at, *ax.get_xlim()]))
    place = ((tick - low) / (high - low)) + cut_off / box.width
    if edge == "left":
        low = (tick - place * high) / (1 - place)
    else:
        high = low + (tick - low) / place
    ax.set_xlim(*(float(v) for v in scale.inverted().transform([low, high])))


def _seen_labels(ax: Axes, which: str) -> list[tuple[float, Bbox]]:
    """Ticks of an axis whose labels are seen, with the room that each takes in pixels."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    if not ax.axison:
        return []
    low, high = sorted(axis.get_view_interval())
    close = 1e-9 * (high - low)
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
    return [
        (float(at), label.get_window_extent())
        for at, label in ticks
        if low - close <= at <= high + close and label.get_text().strip()
    ]
