"""Floor 2: what the domain needs of the world, as Protocols whose docstrings are promises."""
