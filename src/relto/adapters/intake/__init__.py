"""Intake: objects sliced out of files, folders, streams and TAXII bodies, byte for byte."""
