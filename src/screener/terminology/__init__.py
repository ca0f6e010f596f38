"""What a code, a name or a wording says of a concept: it is the concept, may be it, or is not it."""
