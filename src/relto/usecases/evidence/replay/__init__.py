"""Replay: a log is carried out again from its leaves, and each delivery is held against what was allowed then."""
