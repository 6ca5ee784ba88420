"""Which endpoint of OpenWeatherMap a request asks, and what is not measured there, and why.

Source: https://openweathermap.org/api
"""

from __future__ import annotations

from typing import Final

from connectors.kit.endpoint_table import OTHER, EndpointTable

WEATHER: Final = "weather"
AIR_POLLUTION: Final = "air_pollution"
FORECAST: Final = "forecast"

AIR_POLLUTION_FORECAST: Final = "air_pollution_forecast"
AIR_POLLUTION_HISTORY: Final = "air_pollution_history"
BOX_CITY: Final = "box_city"
FIND: Final = "find"
FORECAST_DAILY: Final = "forecast_daily"
FORECAST_ITEM: Final = "forecast_item"
GEOCODING_DIRECT: Final = "geocoding_direct"
GEOCODING_ZIP: Final = "geocoding_zip"
GROUP: Final = "group"
HISTORY: Final = "history"
ONE_CALL: Final = "one_call"
ONE_CALL_DAY_SUMMARY: Final = "one_call_day_summary"
ONE_CALL_PART: Final = "one_call_part"
ONE_CALL_TIMEMACHINE: Final = "one_call_timemachine"
POLLUTION_V1: Final = "pollution_v1"
STATIONS: Final = "stations"
STATION_HISTORY: Final = "station_history"
UV_INDEX: Final = "uv_index"

_PREDICTION = (
    "a prediction is revised at each poll, so that one hour would have as many values as polls, and none was "
    "observed; the coming days are kept as properties of the city's forecast"
)
NOT_MEASURED: Final = {
    FORECAST: _PREDICTION,
    FORECAST_DAILY: _PREDICTION,
    AIR_POLLUTION_FORECAST: "a prediction is revised at each poll, and none was observed",
    FORECAST_ITEM: "a row of a forecast without its city: whose it is cannot be said",
    ONE_CALL_PART: "a part of a One Call answer without its place: whose it is cannot be said",
    ONE_CALL_DAY_SUMMARY: "the vendor's summary of a day in the place's own calendar; the time machine has the hours",
    GEOCODING_DIRECT: "names and places have no measurements",
    GEOCODING_ZIP: "names and places have no measurements",
    POLLUTION_V1: "retired by the vendor in 2021; air_pollution took its place",
    UV_INDEX: "retired by the vendor in 2021; one_call took its place",
    STATIONS: "the list of one's own stations and what one has sent in oneself",
    STATION_HISTORY: "retired by the vendor; its units were never documented",
    OTHER: "this connector does not know the endpoint",
}

_OF_PATH: Final = (
    (r"/data/2\.5/weather", WEATHER),
    (r"/data/2\.5/air_pollution", AIR_POLLUTION),
    (r"/data/2\.5/air_pollution/forecast", AIR_POLLUTION_FORECAST),
    (r"/data/2\.5/air_pollution/history", AIR_POLLUTION_HISTORY),
    (r"/data/2\.5/forecast", FORECAST),
    (r"/data/2\.5/forecast/daily", FORECAST_DAILY),
    (r"/data/2\.5/group", GROUP),
    (r"/data/2\.5/find", FIND),
    (r"/data/2\.5/box/city", BOX_CITY),
    (r"/data/(?:2\.5|3\.0)/onecall", ONE_CALL),
    (r"/data/(?:2\.5|3\.0)/onecall/timemachine", ONE_CALL_TIMEMACHINE),
    (r"/data/3\.0/onecall/day_summary", ONE_CALL_DAY_SUMMARY),
    (r"/data/2\.5/history/city", HISTORY),
    (r"/data/2\.5/history/station", STATION_HISTORY),
    (r"/data/2\.5/uvi(?:/.*)?", UV_INDEX),
    (r"/data/3\.0/(?:stations(?:/.*)?|measurements)", STATIONS),
    (r"/pollution/v1/.*", POLLUTION_V1),
    (r"/geo/1\.0/direct", GEOCODING_DIRECT),
    (r"/geo/1\.0/reverse", GEOCODING_DIRECT),
    (r"/geo/1\.0/zip", GEOCODING_ZIP),
)

# folders of recordings whose requests' addresses are not known
_OF_KIND: Final = {
    "air-pollution": AIR_POLLUTION,
    "air-pollution-legacy": POLLUTION_V1,
    "box-city": BOX_CITY,
    "current": WEATHER,
    "find": FIND,
    "forecast-daily": FORECAST_DAILY,
    "forecast5": FORECAST,
    "forecast5-item": FORECAST_ITEM,
    "geo-direct": GEOCODING_DIRECT,
    "geo-zip": GEOCODING_ZIP,
    "group": GROUP,
    "history": HISTORY,
    "malformed": FORECAST,
    "onecall": ONE_CALL,
    "onecall-day-summary": ONE_CALL_DAY_SUMMARY,
    "onecall-part": ONE_CALL_PART,
    "onecall-timemachine": ONE_CALL_TIMEMACHINE,
    "station-history": STATION_HISTORY,
    "stations": STATIONS,
    "uv-index": UV_INDEX,
}

endpoint_of: Final = EndpointTable.of(_OF_PATH, _OF_KIND)
