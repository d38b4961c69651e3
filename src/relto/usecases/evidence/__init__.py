"""Evidence: what a node writes into its log, what the log shows to whom, and how it is checked."""
