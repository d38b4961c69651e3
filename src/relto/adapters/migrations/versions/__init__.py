"""One module for each revision, `r` and its number first."""
