"""Side by side with peers, measured in one run: ``python -m benchmarks``."""
