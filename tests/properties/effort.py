"""How many random examples a property tries: so many in `make test`, and more in a profile that asks for more."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def many(examples: int) -> settings:
    """So many examples where the profile tries a hundred; at least one, however few it tries."""
    return settings(
        max_examples=max(1, examples * settings().max_examples // 100),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
