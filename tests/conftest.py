"""What all tests share: which examples hypothesis tries.

`make test` always tries the same ones, so that it passes or fails alike everywhere. `--hypothesis-profile=long` tries
thirty times as many, and others each time.
"""

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("long", max_examples=3_000)
settings.load_profile("steady")
