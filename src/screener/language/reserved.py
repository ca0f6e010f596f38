"""The words of the rule language that cannot be names. Compare them with the name in lower case."""

ALWAYS_RESERVED = frozenset({"and", "or", "not", "any", "of"})
"""Words that nothing can be called."""

# fmt: off
RESERVED = ALWAYS_RESERVED | frozenset({
    "after", "as", "at", "before", "between", "confirmed", "cured", "current", "earliest", "else", "except",
    "exp", "fall", "first", "highest", "if", "in", "is", "its", "last", "latest", "lln", "ln", "lowest", "meets",
    "planned", "read", "receiving", "resolved", "rise", "round", "screening", "severe", "since", "sqrt", "stage",
    "taking", "then", "uln", "uncontrolled", "underwent", "untranslated", "with", "within",
})
# fmt: on
"""Words that no entry, score or definition can be called, because rules use them where a name may stand. A choice of
a finding may be called by most of them: `ordered none, slight, severe`."""
