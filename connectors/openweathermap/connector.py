"""OpenWeatherMap: current weather, air pollution and forecasts.

Source: https://openweathermap.org/api
"""

from __future__ import annotations

from connectors.kit.auth import QueryKey
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate
from connectors.openweathermap.endpoints import AIR_POLLUTION, FORECAST, NOT_MEASURED, WEATHER, endpoint_of
from connectors.openweathermap.mapping import TABLE, map_payload
from connectors.openweathermap.requests import poll_for, polls

OPENWEATHERMAP = Connector(
    name="openweathermap",
    title="OpenWeatherMap",
    base_url="https://api.openweathermap.org",
    auth=QueryKey("appid"),
    # no header tells the quota; the models are refreshed every 10 minutes
    quota=DocumentedRate(60, 60.0, description="60 requests a minute on the free plan"),
    interval_seconds=600.0,
    endpoints=(WEATHER, AIR_POLLUTION, FORECAST),
    polls=polls,
    poll_for=poll_for,
    targets_default=("2643743", "5128581", "1850147", "184745"),
    targets_help="city ids (London, New York, Tokyo and Nairobi if none), or latitude,longitude",
    map_payload=map_payload,
    table=TABLE,
    endpoint_of=endpoint_of,
    not_measured=NOT_MEASURED,
    account_help="an API key from https://home.openweathermap.org/api_keys; the free plan is enough, there are no "
    "scopes, and a new key works after some minutes up to two hours",
    # internal parameters, by the documentation; dt stays: the same weather at a later dt is a new measurement
    volatile=("base", "cod", "message", "sys.id", "sys.type", "sys.message"),
)
