"""Which version of the code maps the payloads of a source: a digest of that code, so that rows can name it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from connectors.kit.declaration import Connector

_DIGEST_BYTES = 6
# what every mapping rests on
_SHARED = ("kit/external_ids.py", "kit/json_path.py", "kit/mapping_table.py", "kit/readings.py")
_HERE = Path(__file__).parent


def logic_versions(connectors: Mapping[str, Connector], files: Mapping[str, Path]) -> dict[str, str]:
    """Return name of the source to the version of its mapping, 12 hexadecimal digits.

    The same code gives the same version on every machine; any change of it, be it of a comment, gives another.

    Args:
        connectors: name to connector.
        files: name to file, of those that are declared in files.
    """
    shared = _digest([_HERE / name for name in _SHARED]) + _digest(_HERE.parent.glob("schemas/*.py"))
    return {
        name: hashlib.blake2b(
            shared + _digest(_files(connector, files.get(name))), digest_size=_DIGEST_BYTES
        ).hexdigest()
        for name, connector in connectors.items()
    }


def _files(connector: Connector, declared: Path | None) -> Iterable[Path]:
    if declared is not None:
        return [declared, *(_HERE / "declared").glob("*.py")]
    module = sys.modules[getattr(connector.map_payload, "__module__", __name__)]
    return Path(module.__file__ or __file__).parent.glob("*.py")


def _digest(paths: Iterable[Path]) -> bytes:
    digest = hashlib.blake2b()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.digest()
