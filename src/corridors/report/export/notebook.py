"""Exports of an executed notebook: a page and a PDF, from one document.

Called by the build as ``to_html(notebook, about)`` and ``to_pdf(notebook, about)``.
"""

from __future__ import annotations

from corridors.report.export.html import to_html
from corridors.report.export.pdf import to_pdf

__all__ = ["to_html", "to_pdf"]
