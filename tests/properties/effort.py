"""How many random examples a property tries: so many in `make test`, and more in a profile that asks for more."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def many(examples: int, *, steady: int | None = None) -> settings:
    """So many examples where the profile tries a hundred; at least one, however few it tries. `make test` goes by
    `steady`, if that is given."""
    most = settings().max_examples
    if steady is not None and most <= 100:
        examples = steady
    return settings(
        max_examples=max(1, examples * most // 100),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
