"""The quiet after an alarm: one break is one alarm, unless something much rarer follows."""

from __future__ import annotations

from streams.detect.settings import DetectorSettings

YEAR_SECONDS = 365.25 * 86_400.0
# Nothing that one series shows tells apart rates below this one.
ALARM_RATE_MIN = 1e-6
# Above one point in ten nothing is exceptional.
EXCEEDANCE_RATE_MAX = 0.1


class QuietRule:
    """Decides which exceedances raise an alarm.

    Args:
        settings: how long the quiet is and what breaks it.
    """

    NUMBERS = ("until", "rarity")

    __slots__ = (*NUMBERS, "_settings")

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self.until = 0
        self.rarity = 0.0

    def raises(self, points: int, rarity: float, threshold: float) -> bool:
        """Return whether a point raises an alarm, and begin the quiet if so.

        Args:
            points: points seen, this one included.
            rarity: decades of rarity of this point.
            threshold: decades from which on a point is an anomaly.
        """
        if rarity < threshold:
            return False
        settings = self._settings
        if points < self.until and rarity < self.rarity + settings.rarer_decades:
            # What grows little by little is still the same break.
            self.rarity = max(self.rarity, rarity)
            return False
        longest = min(settings.quiet_points_max, int(settings.quiet_share * points))
        self.until = points + max(settings.quiet_points_min, longest)
        self.rarity = rarity
        return True


def alarm_rate_asked(settings: DetectorSettings, step_seconds: float) -> float:
    """Return the alarms a point that are asked for.

    Args:
        settings: what a person chose.
        step_seconds: usual time between two points of the series; 0 if it is not known yet.
    """
    if settings.alarms_per_year is None or step_seconds <= 0.0:
        return settings.alarms_per_1000_points / 1000.0
    rate = settings.alarms_per_year * step_seconds / YEAR_SECONDS
    return min(EXCEEDANCE_RATE_MAX, max(ALARM_RATE_MIN, rate))


def alarm_rate_of(exceedance_rate: float, settings: DetectorSettings) -> float:
    """Return alarms a point when so many points a point exceed the threshold: each alarm silences those after it."""
    return exceedance_rate / (1.0 + exceedance_rate * settings.quiet_points_min)


def exceedance_rate_of(alarm_rate: float, settings: DetectorSettings) -> float:
    """Return the exceedances a point that give an alarm rate: the inverse of :func:`alarm_rate_of`.

    More than one alarm in a quiet cannot be had: a rate above that asks for every exceedance there is.
    """
    free = 1.0 - alarm_rate * settings.quiet_points_min
    return min(EXCEEDANCE_RATE_MAX, alarm_rate / free) if free > 0.0 else EXCEEDANCE_RATE_MAX
