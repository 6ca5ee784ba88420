"""Our Faust worker with the normaliser, as ``crosscurrent run worker normalise`` runs it."""

from __future__ import annotations

from benchmarks.contenders.mark import Mark, take_place
from benchmarks.workload import SOURCE, map_page
from crosscurrent.settings import load_settings
from crosscurrent.telemetry import configure_logging
from schemas.mapping import MapPayload, MappedPayload
from schemas.records import RawEvent
from streams import worker
from streams.normalise import NormaliseProcessor


def marked(mark: Mark) -> MapPayload:
    """Return the benchmark's mapping, whose first call is the begin of the work."""

    def mapping(event: RawEvent) -> MappedPayload:
        mark.first_message()
        return map_page(event)

    return mapping


def main() -> None:
    mappings = {SOURCE: marked(take_place(__doc__))}
    configure_logging("info", process="worker.normalise")
    worker.run([lambda codec: NormaliseProcessor(codec, mappings)], (SOURCE,), load_settings())


if __name__ == "__main__":
    main()
