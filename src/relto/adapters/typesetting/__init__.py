"""Pages by typst: one template of ours, and what is to be set as data beside it."""
