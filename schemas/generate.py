"""Generates ``schemas/records.py`` from the Avro files: one frozen, typed dataclass for each record.

Run ``python -m schemas.generate`` after a change of a schema; ``--check`` exits 1 if the file is stale.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AVRO_FOLDER = Path(__file__).parent / "avro"
RECORDS_FILE = Path(__file__).parent / "records.py"

_PRIMITIVES = {
    "string": "str",
    "bytes": "bytes",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "null": "None",
}
_HEADER = '''"""The records on the topics, generated from ``schemas/avro`` by ``python -m schemas.generate``: do not edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
'''


def load_schema(name: str) -> dict[str, Any]:
    """Return the Avro schema of that file name (without ending), as JSON data."""
    schema: dict[str, Any] = json.loads((AVRO_FOLDER / f"{name}.avsc").read_text())
    return schema


def schema_names() -> tuple[str, ...]:
    """Return the names of all schema files, sorted."""
    return tuple(sorted(path.stem for path in AVRO_FOLDER.glob("*.avsc")))


def render() -> str:
    """Return the text of ``records.py``, formatted by ruff."""
    classes: list[str] = []
    exported: list[str] = []
    for name in schema_names():
        _render_record(load_schema(name), classes, exported)
    names = ",\n".join(f'    "{name}"' for name in sorted(exported))
    text = f"{_HEADER}\n__all__ = [\n{names},\n]\n\n\n" + "\n\n".join(classes)
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "schemas/records.py", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return formatted.stdout


def _render_record(schema: dict[str, Any], classes: list[str], exported: list[str]) -> None:
    for field in schema["fields"]:
        for nested in _nested_records(field["type"]):
            _render_record(nested, classes, exported)
    # a field with a default may not stand before one without, so the keyword form is used throughout
    lines = ["@dataclass(frozen=True, slots=True, kw_only=True)", f"class {schema['name']}:"]
    lines += [f'    """{schema["doc"]}', "", "    Attributes:"]
    lines += [f"        {field['name']}: {_wrap(field['doc'])}" for field in schema["fields"]]
    lines += ['    """', ""]
    lines += [f"    {field['name']}: {_type(field['type'])}{_default(field)}" for field in schema["fields"]]
    lines += [
        "",
        "    def to_avro(self) -> dict[str, Any]:",
        '        """Return the record as fastavro takes it."""',
    ]
    lines += ["        return {"]
    lines += [f'            "{field["name"]}": {_to_avro(field)},' for field in schema["fields"]]
    lines += ["        }", "", "    @classmethod"]
    lines += [f"    def from_avro(cls, data: dict[str, Any]) -> {schema['name']}:"]
    lines += ['        """Return the record that fastavro read."""', "        return cls("]
    lines += [f"            {field['name']}={_from_avro(field)}," for field in schema["fields"]]
    lines += ["        )", ""]
    classes.append("\n".join(lines))
    exported.append(schema["name"])


def _wrap(text: str) -> str:
    words, lines, width = text.split(), [""], 84
    for word in words:
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n            ".join(lines)


def _nested_records(avro: Any) -> list[dict[str, Any]]:
    if isinstance(avro, list):
        return [record for branch in avro for record in _nested_records(branch)]
    if isinstance(avro, dict) and avro["type"] == "array":
        return _nested_records(avro["items"])
    return [avro] if isinstance(avro, dict) and avro["type"] == "record" else []


def _type(avro: Any) -> str:
    if isinstance(avro, list):
        return " | ".join(sorted((_type(branch) for branch in avro), key=lambda text: text == "None"))
    if isinstance(avro, str):
        return _PRIMITIVES.get(avro, avro)
    if avro.get("logicalType") == "timestamp-millis":
        return "datetime"
    match avro["type"]:
        case "array":
            return f"list[{_type(avro['items'])}]"
        case "map":
            return f"dict[str, {_type(avro['values'])}]"
        case "enum":
            return "Literal[" + ", ".join(f'"{symbol}"' for symbol in avro["symbols"]) + "]"
        case "record":
            return str(avro["name"])
        case primitive:
            return _PRIMITIVES[primitive]


def _default(field: dict[str, Any]) -> str:
    if field.get("default", ...) is None:
        return " = None"
    return " = field(default_factory=list)" if field.get("default") == [] else ""


def _to_avro(field: dict[str, Any]) -> str:
    item = _item_record(field["type"])
    return f"[item.to_avro() for item in self.{field['name']}]" if item else f"self.{field['name']}"


def _from_avro(field: dict[str, Any]) -> str:
    item = _item_record(field["type"])
    value = f'data["{field["name"]}"]'
    return f"[{item}.from_avro(item) for item in {value}]" if item else value


def _item_record(avro: Any) -> str | None:
    if isinstance(avro, dict) and avro["type"] == "array" and isinstance(avro["items"], dict):
        return str(avro["items"]["name"]) if avro["items"]["type"] == "record" else None
    return None


def main() -> None:
    """Write the file, or with ``--check`` exit 1 if it is stale."""
    text = render()
    if "--check" in sys.argv[1:]:
        if RECORDS_FILE.read_text() != text:
            sys.exit("schemas/records.py does not follow schemas/avro: run `python -m schemas.generate`")
        return
    RECORDS_FILE.write_text(text)


if __name__ == "__main__":
    main()
