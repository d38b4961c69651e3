"""Show: what the log says, to those who look after it, to partners, and beneath an explanation."""
