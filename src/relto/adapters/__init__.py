"""Floor 3: the world, port by port. Never imports the use cases, and only the wiring imports it."""
