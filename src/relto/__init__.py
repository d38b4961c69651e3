"""Relto: sharing under agreements that can be paused on the spot and resumed without losing one object."""
