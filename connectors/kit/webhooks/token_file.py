"""Where a secret is kept that a vendor tells us itself, for the person who has to bring it back to the vendor."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import orjson
import structlog

_LOG = structlog.get_logger()
_TOKEN_CHARACTERS_MAX = 200
_BODY_BYTES_MAX = 1024
_OWNER_ONLY = 0o600


def said_token(body: bytes, field: str) -> str | None:
    """Return the secret that a vendor tells, if that is all that a body says.

    Args:
        body: as received; not signed, since there is no secret yet.
        field: name of the field; empty if the vendor tells none.
    """
    if not field or len(body) > _BODY_BYTES_MAX:
        return None
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    token = fields.get(field) if isinstance(fields, dict) and set(fields) == {field} else None
    return token if isinstance(token, str) and 0 < len(token) <= _TOKEN_CHARACTERS_MAX else None


class TokenFile:
    """A file that only its owner can read, written once.

    Anybody who reaches the port can send a token before the vendor does. That opens nothing: a person brings the token
    to the vendor, who refuses a wrong one, and it counts only once the person has set it as the secret.

    Args:
        path: of the file; its directory is made.
        setting: name of the environment variable that takes the path.
    """

    def __init__(self, path: Path, setting: str) -> None:
        self._path = path
        self._setting = setting

    def keep(self, token: str, secret: str | None) -> tuple[bool, str]:
        """Return whether a token is kept, or known already, and what to say about it; never the token itself.

        Args:
            token: as told.
            secret: the one in force; ``None`` if there is none.
        """
        if secret is not None:
            if hmac.compare_digest(token.encode(), secret.encode()):
                return True, "it is the secret in force"
            return False, f"another secret is in force; unset {self._setting} to take a new one"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            return False, f"a token was told before; delete {self._path} to take another"
        except OSError as error:
            return False, f"{self._path} cannot be written ({error.strerror})"
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(token + "\n")
        _LOG.warning(
            "webhook_token_kept", path=str(self._path), todo=f"bring it to the vendor, set {self._setting}"
        )
        return True, "kept; bring it to the vendor and set it as the secret"
