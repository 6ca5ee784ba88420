"""A promise that no test shows is not on the page of promises: the tests that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guarantees.md").read_text()
FILES = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}


def test_every_test_file_that_guarantees_name_is_there() -> None:
    named = set(re.findall(r"`((?:tests/)?(?:[a-z_]+/)*test_\w+\.py)`", PAGE))
    assert len(named) > 20
    missing = {name for name in named if not (ROOT / name).exists() and name not in FILES}
    assert not missing


def test_every_test_that_guarantees_name_is_there() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE))
    assert len(named) > 5
    defined = {
        name
        for path in FILES.values()
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.M)
    }
    assert not named - defined
