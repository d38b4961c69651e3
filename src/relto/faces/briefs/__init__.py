"""Briefs as people read them: one document, drawn for a terminal, as Markdown, and as a page of HTML.

Whatever stands in a brief came from outside at some time: here it becomes text, and nothing else.
"""
