"""Floor 3: the verbs. Gather, decide, record in one transaction. No SQL, no HTTP."""
