"""The quiet after an alarm: one break is one alarm, unless something much rarer follows."""

from __future__ import annotations

from streams.detect.settings import DetectorSettings

YEAR_SECONDS = 365.25 * 86_400.0
# Nothing that one series shows tells apart rates below this one.
ALARM_RATE_MIN = 1e-6
# Above one point in ten nothing is exceptional.
EXCEEDANCE_RATE_MAX = 0.1
# At least this share of the time is reckoned to be free of quiets, however often alarms are asked for.
FREE_SHARE_MIN = 0.6


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
        self.until = points + quiet_points(points, settings)
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


def quiet_points(points: int, settings: DetectorSettings) -> int:
    """Return how long the quiet after an alarm is, in points, when so many were seen."""
    longest = min(settings.quiet_points_max, int(settings.quiet_share * points))
    return max(settings.quiet_points_min, longest)


def alarm_rate_of(exceedance_rate: float, quiet: int) -> float:
    """Return alarms a point when so many points a point exceed the threshold: each alarm silences those after it."""
    return exceedance_rate / (1.0 + exceedance_rate * quiet)


def exceedance_rate_of(alarm_rate: float, quiet: int) -> float:
    """Return the exceedances a point that give an alarm rate: the inverse of :func:`alarm_rate_of`.

    More than one alarm in a quiet cannot be had: above a rate that would be quiet for much of the time, fewer come
    than were asked for.

    Args:
        alarm_rate: alarms a point.
        quiet: length of the quiet after an alarm, in points.
    """
    free = max(FREE_SHARE_MIN, 1.0 - alarm_rate * quiet)
    return min(EXCEEDANCE_RATE_MAX, alarm_rate / free)
