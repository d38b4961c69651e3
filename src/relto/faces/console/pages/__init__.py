"""The pages, by what they are about. Each function takes a `Visit` and gives what a template shows."""
