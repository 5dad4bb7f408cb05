"""Object ids: seeded GUIDs, and the encoded ids Graph gives to assignments and grants.

Imports nothing of the package.
"""

import base64
import hashlib
import random
import uuid
from typing import Final

# Where a GUID says its version and its variant, and what a random one says there.
_FIXED_BITS: Final = (0xF << 76) | (0x3 << 62)
_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)


def seeded_guid(source: random.Random) -> str:
    """Draw a random-looking lower-case GUID from a seeded source."""
    return _spelled(source.getrandbits(128))


def derived_guid(*parts: str) -> str:
    """Derive a GUID from names, the same for the same names."""
    digest = hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).digest()
    return _spelled(int.from_bytes(digest, "big"))


def little_endian(guid: str) -> bytes:
    """Return a GUID's 16 bytes in the order .NET's `Guid.ToByteArray` writes them."""
    raw = bytes.fromhex(guid.replace("-", ""))
    return raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]


def assignment_id(principal_id: str, resource_id: str, role_id: str) -> str:
    """Return the id of an app role assignment: the principal's bytes and 16 opaque ones.

    Source: Graph docs, appRoleAssignment (decoded from two documented samples).
    """
    opaque = hashlib.blake2b(f"{resource_id}{role_id}".encode(), digest_size=16).digest()
    return _base64url(little_endian(principal_id) + opaque)


def grant_id(client_id: str, resource_id: str, user_id: str | None) -> str:
    """Return the id of a delegated grant: client, resource and, for one user, the user.

    Source: Graph docs, oAuth2PermissionGrant (decoded from a documented sample).
    """
    encoded = little_endian(client_id) + little_endian(resource_id)
    return _base64url(encoded + little_endian(user_id) if user_id else encoded)


def role_assignment_id(role_definition_id: str, principal_id: str) -> str:
    """Return the id of a unified role assignment.

    Source: Graph docs, List unifiedRoleAssignments (decoded from documented samples).
    """
    return _base64url(little_endian(role_definition_id) + little_endian(principal_id)) + "-1"


def is_guid(text: str) -> bool:
    """Say whether a text is a GUID in its usual notation."""
    if len(text) != 36:
        return False
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _spelled(number: int) -> str:
    """Return 128 bits as a GUID of version 4."""
    digits = f"{number & ~_FIXED_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
