"""The demonstration world: the case of spring 2025, for people, manuals and tests.

`items` makes its fictional intelligence, `script` tells its story step by step, `world/` holds its files, and `run`
drives a new node through it.
"""
