"""Compiler of the world network: a development command, not needed at run time (docs/world_network.md)."""
