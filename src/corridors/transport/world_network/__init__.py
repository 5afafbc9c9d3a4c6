"""The world's roads, railways, seas and border crossings, from which each study takes the part that it needs.

``data/world/`` is compiled from open data (docs/world_network.md); ``data/network/`` is the
hand-checked set between Istanbul and Kashgar and goes before it. What reports show of ways from
here is "compiled, not checked".
"""
