"""The console: pages for people, drawn on the server over the verbs that the command line and the API stand on.

A page is a function that takes a `Visit` and gives what a template shows; `routes.py` lists them all. What changes
something is an `Act`: its form is answered with a question, which says what the act will do, with counts; the answer to
that question does it, once. Nothing here decides anything: who may see or do what is the verbs' matter.
"""
