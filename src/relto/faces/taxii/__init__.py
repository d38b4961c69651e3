"""TAXII 2.1: what partners' clients speak. It translates; who may read what is decided below."""
