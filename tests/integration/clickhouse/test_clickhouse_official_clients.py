"""The HTTP interface judged by the official clients for Node and Go; the latter is what Grafana's data source uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clickhouse.clients import GO, GoBuild, is_here, output_of

HERE = Path(__file__).parent
NODE = HERE / "node"
INSTALL_SECONDS_MAX, RUN_SECONDS_MAX = 300, 120


@pytest.fixture(scope="module")
def node_verdict(server_url: str) -> dict[str, Any]:
    if not is_here("npm"):
        return {}
    if not (NODE / "node_modules").exists():
        output_of(["npm", "ci", "--no-audit", "--no-fund"], NODE, INSTALL_SECONDS_MAX)
    verdict: dict[str, Any] = json.loads(output_of(["node", "judge.mjs", server_url], NODE, RUN_SECONDS_MAX))
    return verdict


def test_node_client_finds_everything_in_order(node_verdict: dict[str, Any]) -> None:
    if not node_verdict:
        return
    late = node_verdict.pop("late")
    assert node_verdict.pop("late_rows") > 0
    assert "Value passed to 'throwIf' function is non-zero" in late
    assert node_verdict.pop("aborted")
    assert node_verdict == {
        "ping": True,
        "json": [{"number": number, "text": str(number)} for number in range(3)],
        "bound": [{"name": "it's\ta\\b", "list": [1, 2]}],
        "written": "20000",
        "streamed": 20000,
        "kept": [{"a": 7}],
        "error": {"code": "47", "type": "UNKNOWN_IDENTIFIER"},
        "still_running": 0,
    }


@pytest.fixture(scope="module")
def go_program(go_build: GoBuild | None) -> Path | None:
    return None if go_build is None else go_build.program()


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate", "br", "lz4", "zstd"])
def test_go_client_finds_everything_in_order(
    server_url: str, go_program: Path | None, compression: str
) -> None:
    if go_program is None:
        return
    verdict = json.loads(output_of([str(go_program), server_url, compression], GO, RUN_SECONDS_MAX))
    assert "Value passed to 'throwIf' function is non-zero" in verdict.pop("late")
    assert verdict.pop("version")
    assert verdict == {
        "rows": 200000,
        "sum": 19999900000,
        "texts": ["k0 0 [] 0 0", "k1 null [0] 1 1", "k0 2 [0 1] 2 2"],
        "inserted": 50000,
        "times": ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"],
        "error_code": 47,
    }
