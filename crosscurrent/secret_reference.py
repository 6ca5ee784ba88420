"""Secrets that stand elsewhere: in a file (``…_FILE``), or in the keyring of the system (``keyring:service/name``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

FILE_SUFFIX = "_file"
KEYRING_PREFIX = "keyring:"
SECRET_BYTES_MAX = 64 * 1024


class BadReference(ValueError):
    """A reference to a secret that gives none.

    Args:
        field: name of the field, with ``_file`` if it is that.
        found: what was there; never the secret.
        expected: what would have been right.
        todo: what the reader can do now.
    """

    def __init__(self, field: str, found: str, *, expected: str, todo: str) -> None:
        super().__init__(field, found, expected, todo)
        self.field = field
        self.found = found
        self.expected = expected
        self.todo = todo


def resolved(given: Mapping[str, object], secret_fields: Iterable[str]) -> dict[str, object]:
    """Return the values of a section with its secrets in place of what refers to them.

    Args:
        given: values by field, as set.
        secret_fields: those that hold a secret.

    Raises:
        BadReference: a file that cannot be read, is empty or too long; a secret set in two ways; a keyring that is not
            there or does not have it.
    """
    values = dict(given)
    for field in secret_fields:
        path = values.pop(field + FILE_SUFFIX, None)
        if path is not None:
            if values.get(field):
                raise BadReference(
                    field + FILE_SUFFIX,
                    "is set beside the secret itself",
                    expected="one of the two",
                    todo="unset the other",
                )
            values[field] = _from_file(field + FILE_SUFFIX, Path(str(path)))
        value = values.get(field)
        if isinstance(value, str) and value.startswith(KEYRING_PREFIX):
            values[field] = _from_keyring(field, value.removeprefix(KEYRING_PREFIX))
    return values


def _from_file(field: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES_MAX + 1)
        text = content.decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no UTF-8 text"
        raise BadReference(
            field,
            f"names {path}, which cannot be read ({why})",
            expected="a file with the secret, readable by this process",
            todo="correct the path or the file's permissions",
        ) from None
    if not text.strip() or len(content) > SECRET_BYTES_MAX:
        raise BadReference(
            field,
            f"names {path}, which is {'empty' if not text.strip() else 'too long for a secret'}",
            expected=f"the secret alone, at most {SECRET_BYTES_MAX} bytes; a newline at its end is left out",
            todo="write the secret into it",
        )
    return text


def _from_keyring(field: str, reference: str) -> str:
    service, _, name = reference.rpartition("/")
    if not service or not name:
        raise BadReference(
            field,
            "refers to the keyring without saying what",
            expected=f"{KEYRING_PREFIX}<service>/<name>, such as {KEYRING_PREFIX}crosscurrent/github",
            todo=f"store it with `keyring set <service> <name>` and set {KEYRING_PREFIX}<service>/<name>",
        )
    try:
        keyring = import_module("keyring")
    except ImportError:
        raise BadReference(
            field,
            "refers to the keyring, which cannot be asked",
            expected="the package keyring",
            todo="install it with `pip install 'crosscurrent[keyring]'`",
        ) from None
    try:
        secret = keyring.get_password(service, name)
    except Exception as error:  # noqa: BLE001 - each backend of the keyring has errors of its own
        raise BadReference(
            field,
            f"refers to {service}/{name} in the keyring, which cannot be asked ({type(error).__name__})",
            expected="an unlocked keyring",
            todo=f"try `keyring get {service} {name}`",
        ) from None
    if not secret:
        raise BadReference(
            field,
            f"refers to {service}/{name}, which the keyring does not have",
            expected="a secret of that service and name",
            todo=f"store it with `keyring set {service} {name}`",
        )
    return str(secret)
