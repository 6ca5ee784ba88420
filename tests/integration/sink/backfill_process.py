"""``crosscurrent backfill`` as a process that dies: ``python -m … SOURCE FROM N``, N the state before which it dies."""

from __future__ import annotations

import sys
from datetime import datetime

from connectors.kit import backfill_process
from connectors.kit.backfill_job import Wanted
from connectors.registry import connector_named
from crosscurrent.settings import load_settings
from tests.integration.connectors.connector_process import dies_before_state
from tests.integration.sink.fixed_registry import FixedRegistry

if __name__ == "__main__":
    source, begin, dies_at = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
    setattr(backfill_process, "Publisher", dies_before_state(dies_at))  # noqa: B010 - a seam of this test only
    backfill_process.run_backfill(
        connector_named(source),
        load_settings(),
        Wanted(begin),
        lambda _: None,
        registry=FixedRegistry(),
    )
