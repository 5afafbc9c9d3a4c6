"""One border crossing: hours lost there, and how a backlog grows (:mod:`corridors.transport.crossing`)."""

from corridors.transport.crossing import Crossing

__all__ = ["Crossing"]
