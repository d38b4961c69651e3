"""Check: whether a log, an archive or a node is what was signed; carrying it out again is a part of that."""
