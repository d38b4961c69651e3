"""The demonstration world: the case of spring 2025, for people, manuals and tests.

`items` makes its fictional intelligence, `script` tells its story step by step, `world/` holds its files. None of
them does anything by itself: what drives a node through the script is not here.
"""
