"""``@kafkajs/confluent-schema-registry`` as a judge, run by node."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.registry.registry_process import running_registry

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
INSTALL_SECONDS_MAX = 240


@pytest.fixture(scope="module")
def judges_folder() -> Path:
    """Where the locked packages are installed: once for each lock file, outside of the tree."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "crosscurrent-tests" / f"registry-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        (folder / "installed").touch()
    return folder


def run(command: list[str], folder: Path, **more: str) -> str:
    ran = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS_MAX,
        env={**os.environ, **more},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_client_for_node_registers_encodes_decodes_and_sees_refusals(
    judges_folder: Path, tmp_path: Path
) -> None:
    with running_registry(tmp_path) as (api, _):
        seen = json.loads(
            run(["node", str(HERE / "judge.mjs"), api.url], HERE, JUDGES_FOLDER=str(judges_folder))
        )

    assert seen["sameId"] is True
    assert seen["decoded"] == {"street": "Storgata"}
    assert seen["withReference"] == {"to": {"street": "Storgata"}, "count": 2}
    assert "incompatible" in seen["refused"]
    assert "4711 not found" in seen["unknown"]
    assert (seen["latest"], seen["found"]) == (seen["id"], seen["firstId"])
