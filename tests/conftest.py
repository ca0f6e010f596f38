"""What all tests share: a longer run for properties, chosen with `--hypothesis-profile=long`."""

from hypothesis import settings

settings.register_profile("long", max_examples=3_000)
