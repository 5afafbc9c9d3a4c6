"""Thousands of scenarios at once, without notebooks."""
