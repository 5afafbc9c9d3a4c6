"""Processes that work for a build: forked from one that has everything loaded, or on a Dask cluster."""
