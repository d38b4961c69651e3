"""Signed: how far the log reaches, said by its own keys, by witnesses and by authorities of time; and eras."""
