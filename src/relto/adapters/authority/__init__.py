"""Time stamp authorities: asking one, and checking what any of them signed."""
