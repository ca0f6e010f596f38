"""A screening made readable for people. What is shown is read off the results; nothing is decided here."""
