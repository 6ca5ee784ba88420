"""Stored payloads give exactly the stored records: a change of a mapping shows as a change of a file."""

from __future__ import annotations

import orjson
import pytest

from tests.golden.golden_payloads import DIRECTORY, GOLDENS, Golden, event_of, records_of


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: f"{golden.source}-{golden.endpoint}")
def test_golden_payload_gives_its_records(golden: Golden) -> None:
    payload = golden.payload_file.read_bytes()

    assert orjson.loads(records_of(golden, payload)) == orjson.loads(golden.records_file.read_bytes())


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: f"{golden.source}-{golden.endpoint}")
def test_golden_payload_says_something(golden: Golden) -> None:
    records = orjson.loads(golden.records_file.read_bytes())

    assert event_of(golden, golden.payload_file.read_bytes()).payload
    assert records["observations"] or records["entities"]


def test_golden_directory_holds_no_file_that_no_golden_names() -> None:
    named = {golden.payload_file for golden in GOLDENS} | {golden.records_file for golden in GOLDENS}

    assert set(DIRECTORY.glob("*/*.json")) == named
