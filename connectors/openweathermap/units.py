"""From the units that a request asked for to SI (pure).

Source: https://openweathermap.org/weather-data ("Units of measurement")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from connectors.kit.json_path import JsonNode

ZERO_CELSIUS_KELVIN = 273.15
METRES_PER_SECOND_IN_A_MILE_PER_HOUR = 0.44704
# No place on Earth was ever below 184 K or above 330 K. What lies far outside was sent in other units than asked:
# 15 degrees Celsius are no 15 K.
AIR_KELVIN_MIN = 150.0
AIR_KELVIN_MAX = 350.0


@dataclass(frozen=True, slots=True)
class Units:
    """A system of units.

    Attributes:
        name: as the vendor calls it.
        to_kelvin: from a temperature in it.
        metres_per_second: what one of its units of speed is.
    """

    name: str
    to_kelvin: Callable[[float], float]
    metres_per_second: float

    def temperature(self, row: JsonNode, name: str) -> float:
        """Return a field's temperature of the air in kelvin.

        Raises:
            Poison: it is absent, null, no number, or no temperature that air has on Earth in these units.
        """
        value = row.number(name)
        kelvin = self.to_kelvin(value)
        if not AIR_KELVIN_MIN <= kelvin <= AIR_KELVIN_MAX:
            raise JsonNode(value, row.event, row, name).misfit(
                f"a temperature of air in the units of the request, which are {self.name}",
                found=f"the number {value!r}, which would be {kelvin:.2f} K",
            )
        return kelvin

    def speed(self, value: float) -> float:
        """Return a speed in metres a second."""
        return value * self.metres_per_second


STANDARD = Units("standard (kelvin, metres a second)", lambda kelvin: kelvin, 1.0)
METRIC = Units(
    "metric (degrees Celsius, metres a second)", lambda celsius: celsius + ZERO_CELSIUS_KELVIN, 1.0
)
IMPERIAL = Units(
    "imperial (degrees Fahrenheit, miles an hour)",
    lambda fahrenheit: (fahrenheit - 32) * 5 / 9 + ZERO_CELSIUS_KELVIN,
    METRES_PER_SECOND_IN_A_MILE_PER_HOUR,
)
_BY_PARAMETER = {"metric": METRIC, "imperial": IMPERIAL}


def units_of(request_url: str) -> Units:
    """Return the units that a request asked for: standard if it says nothing or something unknown."""
    asked = parse_qs(request_url.partition("?")[2]).get("units", [""])[-1]
    return _BY_PARAMETER.get(asked.lower(), STANDARD)
