"""The log over HTTP: checkpoints, tiles and proofs."""
