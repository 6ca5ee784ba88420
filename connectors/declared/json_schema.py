"""The JSON schema of a file that declares a source, for editors and for other programs."""

from __future__ import annotations

import json

from connectors.declared.document import SourceDocument


def schema_text() -> str:
    """Return the schema as JSON, made from the models that read the file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SourceDocument.model_json_schema()}
    schema["title"] = "A declared source of Crosscurrent"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
