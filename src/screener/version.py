"""The engine's version, stated once: the package, the results and the cache of compiled rules all read it here."""

__version__ = "0.1.0"
