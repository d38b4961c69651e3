"""Audit: a partner's own check, from outside, of what it received."""
