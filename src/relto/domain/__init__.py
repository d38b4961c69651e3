"""Floor 1: values in, values out. No input or output, no clock, no randomness, no event loop."""
