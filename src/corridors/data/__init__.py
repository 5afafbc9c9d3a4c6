"""The tables of ``data/``: described, read, checked, renewed from their sources."""
