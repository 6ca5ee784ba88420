"""What an OpenWeatherMap payload says: chooses the mapping by endpoint (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.kit.json_path import JsonNode
from connectors.kit.mapping_table import MapEndpoint, MappingTable, nothing_in
from connectors.kit.readings import Readings
from connectors.openweathermap import endpoints
from connectors.openweathermap.air import map_air_place, map_air_pollution
from connectors.openweathermap.forecast import map_forecast, map_forecast_daily, map_geocoding
from connectors.openweathermap.left_out import IGNORED, MAPS
from connectors.openweathermap.weather import (
    map_history,
    map_one_call,
    map_timemachine,
    map_weather,
    map_weather_list,
)
from schemas.mapping import MappedPayload
from schemas.records import RawEvent

_GOOD_CODES = frozenset({200, "200", None})


def _if_good(mapping: MapEndpoint) -> MapEndpoint:
    """Return a mapping that refuses the error that older versions of the API sent with status 200."""

    def map_if_good(root: JsonNode, event: RawEvent, readings: Readings) -> None:
        code = root.peek("cod")
        if code not in _GOOD_CODES:
            raise JsonNode(code, event, root, "cod").misfit("200")
        mapping(root, event, readings)

    return map_if_good


MAPPINGS: Final[Mapping[str, MapEndpoint]] = {
    endpoints.AIR_POLLUTION: map_air_pollution,
    endpoints.AIR_POLLUTION_FORECAST: map_air_place,
    endpoints.AIR_POLLUTION_HISTORY: map_air_pollution,
    endpoints.BOX_CITY: _if_good(map_weather_list),
    endpoints.FIND: _if_good(map_weather_list),
    endpoints.FORECAST: _if_good(map_forecast),
    endpoints.FORECAST_DAILY: _if_good(map_forecast_daily),
    endpoints.GEOCODING_DIRECT: map_geocoding,
    endpoints.GEOCODING_ZIP: map_geocoding,
    endpoints.GROUP: _if_good(map_weather_list),
    endpoints.HISTORY: _if_good(map_history),
    endpoints.ONE_CALL: map_one_call,
    endpoints.ONE_CALL_TIMEMACHINE: map_timemachine,
    endpoints.WEATHER: _if_good(map_weather),
}
TABLE: Final = MappingTable(
    "openweathermap",
    MAPPINGS,
    nothing_in(MAPPINGS, endpoints.NOT_MEASURED),
    maps=dict.fromkeys(endpoints.NOT_MEASURED, MAPS),
    ignored=IGNORED,
)


def map_payload(event: RawEvent) -> MappedPayload:
    """Return the things and measurements of a payload of OpenWeatherMap.

    Raises:
        Poison: the endpoint is none of ours, or the payload does not fit; names the path in it.
    """
    return TABLE.map_payload(event)
