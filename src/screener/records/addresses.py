"""When two ids, or two addresses, are the same: of a patient, of a resource, of a server.

Capitals of an id count, but a UUID is one thing in the world, however it is written. Neither the scheme of the web, nor
the capitals and the usual port of a host, nor a slash at the end, nor a version behind it make another address.
"""

from __future__ import annotations

import re
from functools import lru_cache

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_WEB = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_USUAL_PORT = re.compile(r":(80|443)?$")
_URN_OF_UUID = "urn:uuid:"
_URN = re.compile(r"urn:(uuid|oid):(.*)", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=8192)
def plain_id(identity: str) -> str:
    """An id in the form in which ids are compared: a UUID in small letters."""
    return identity.lower() if _UUID.fullmatch(identity) else identity


@lru_cache(maxsize=4096)
def plain_address(address: str) -> str:
    """An address as it is compared: `Type/id`, a URL or a URN, without a version, written the one way."""
    plain = address.strip().partition("/_history")[0].partition("|")[0].rstrip("/")
    if (urn := _URN.fullmatch(plain)) is not None:
        return f"urn:{urn[1].lower()}:{plain_id(urn[2])}"
    if (web := _WEB.fullmatch(plain)) is not None:
        plain = f"http://{_USUAL_PORT.sub('', web[1].lower())}{web[2]}"
    before, slash, last = plain.rpartition("/")
    return f"{before}{slash}{plain_id(last)}"


def uuid_in(address: str) -> str | None:
    """The UUID that an address or an id ends with, as it is compared; None if it ends with none. What a URN calls a
    UUID is taken for one."""
    if address[: len(_URN_OF_UUID)].lower() == _URN_OF_UUID:
        return plain_id(address[len(_URN_OF_UUID) :])
    last = address.rpartition("/")[2]
    return last.lower() if _UUID.fullmatch(last) else None
