"""Making: whatever is written through a store makes its leaves, and the tree grows with them, beneath all use cases."""
