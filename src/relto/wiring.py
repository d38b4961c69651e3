"""Builds a node from its configuration; the only importer of adapters."""
