"""What both engines share: the tables, the statements, and the text in which values are stored."""
