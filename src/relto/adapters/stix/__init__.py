"""STIX 2.1: what an object must be to come in."""
