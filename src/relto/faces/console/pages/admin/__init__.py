"""Administration: parties, accounts, readers, where notices go, topics, settings, health; one noun in each file."""
