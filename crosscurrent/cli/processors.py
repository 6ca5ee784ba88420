"""Which stream processors there are and how each is made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from crosscurrent.errors import WrongUse
from crosscurrent.settings import Settings
from schemas.codec import Codec
from streams.processor import Processor
from streams.worker import MakeProcessor

_LOG = structlog.get_logger()

# each maker imports its own processor: scipy and river are large, and not every worker needs them


def _normalise(settings: Settings) -> MakeProcessor:
    from connectors.logic_version import logic_versions
    from connectors.registry import all_sources
    from streams.normalise import NormaliseProcessor

    sources = all_sources(settings.sources_directory)
    for error in sources.refused:
        # its topic is left unread until the file is good: nothing of it is lost, and no other source waits
        _LOG.warning("declared_source_refused", error=str(error))
    versions = logic_versions(sources.connectors, sources.files)
    ahead_seconds_max = settings.worker.event_ahead_seconds_max
    return lambda codec: NormaliseProcessor(codec, sources.mappings, versions, ahead_seconds_max)


def _correlate(settings: Settings) -> MakeProcessor:
    from streams.correlate.agent import CorrelateProcessor

    return lambda codec: CorrelateProcessor(codec, settings.correlate, tenant=settings.tenant)


def _detect(settings: Settings) -> MakeProcessor:
    from streams.detect.agent import DetectProcessor

    return lambda codec: DetectProcessor(codec, settings.detect)


def _drift(settings: Settings) -> MakeProcessor:
    from connectors.registry import all_sources
    from streams.drift import DriftProcessor

    sources = all_sources(settings.sources_directory)
    return lambda codec: DriftProcessor(codec, sources.connectors, settings.drift, sources.maps)


_MAKERS: dict[str, Callable[[Settings], MakeProcessor]] = {
    "normalise": _normalise,
    "correlate": _correlate,
    "detect": _detect,
    "drift": _drift,
}
PROCESSORS = tuple(_MAKERS)


def makers(names: Sequence[str], settings: Settings) -> list[Callable[[Codec], Processor]]:
    """Return how to make each of the named processors.

    Raises:
        WrongUse: there is no such processor.
    """
    unknown = [name for name in names if name not in _MAKERS]
    if unknown:
        raise WrongUse(
            f"no processor {', '.join(unknown)}",
            expected="of " + ", ".join(PROCESSORS),
            todo="run `crosscurrent run worker` with these names, or with none for all",
        )
    return [_MAKERS[name](settings) for name in names]
