"""The rhythms that series share because they live by one calendar.

Two series with a daily course correlate although neither knows of the other. So every line that stands out
from the spectrum of *any* series is taken out of *every* series: a rhythm too weak to be seen in one series
is strong enough to correlate with the same rhythm in another.

Source: Fisher, Tests of significance in harmonic analysis, Proc. R. Soc. A 125 (1929) 54-59 (the periodogram of
    white noise is exponential); the residuals of a first-order autoregression stand in for white noise.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from streams.correlate.parallel import side_by_side
from streams.correlate.regression import fit_autoregression, trend_and_lines
from streams.correlate.series import FloatArray

LINES_MAX = 12
# Each line costs two degrees of freedom, so that a short window pays for fewer.
STEPS_PER_LINE = 16
LINE_P_VALUE = 0.01
ROUNDS_MAX = 8
LINES_PER_ROUND = 3
_OVERSAMPLING = 16
_CLIP_SPREADS = 3.0
_MAD_TO_SPREAD = 1.4826
# Slower than this many cycles a window is trend, which the quadratic takes.
_CYCLES_MIN = 1.5
_CHUNK_SERIES = 256


def shared_calendar_lines(signals: FloatArray) -> FloatArray:
    """Return the frequencies of the lines that at least one series, or all together, clearly show.

    Args:
        signals: one row a series in levels, NaN in gaps.

    Returns:
        Frequencies in cycles a step, ascending, at most :data:`LINES_MAX`.
    """
    window_steps = signals.shape[1]
    bound = min(LINES_MAX, window_steps // STEPS_PER_LINE)
    found: list[float] = []
    for _ in range(ROUNDS_MAX):
        if len(signals) == 0 or len(found) >= bound:
            break
        shared = trend_and_lines(window_steps, np.array(found))
        residuals = fit_autoregression(signals, shared, order_max=1, by_aicc=False).residuals
        parts = [
            residuals[first : first + _CHUNK_SERIES] for first in range(0, len(residuals), _CHUNK_SERIES)
        ]
        power = np.concatenate(side_by_side(_periodograms, parts))
        new = _standing_out(power, window_steps, found)
        if not new:
            break
        found.extend(new[: bound - len(found)])
    return np.array(sorted(found))


def _periodograms(residuals: FloatArray) -> FloatArray:
    """Return the power of each series on a fine grid of frequencies; it averages 1 for white noise."""
    spread = _MAD_TO_SPREAD * np.nanmedian(np.abs(residuals), axis=1, keepdims=True)
    spread = np.where(spread > 0, spread, np.nanstd(residuals, axis=1, keepdims=True))
    bound = _CLIP_SPREADS * np.where(spread > 0, spread, 1.0)
    clipped = np.nan_to_num(np.clip(residuals, -bound, bound))
    spectrum = np.fft.rfft(clipped, n=_OVERSAMPLING * residuals.shape[1], axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    energy = np.sum(clipped**2, axis=1, keepdims=True)
    normalised: FloatArray = power / np.where(energy > 0, energy, 1.0)
    return normalised


def _standing_out(power: FloatArray, window_steps: int, found: list[float]) -> list[float]:
    """Return the strongest lines of this round, strongest first, apart from each other and from those found."""
    independent = window_steps / 2
    single = np.log(len(power) * independent / LINE_P_VALUE)
    pooled = special.gammaincc(len(power), power.sum(axis=0)) < LINE_P_VALUE / independent
    strength = np.maximum(power.max(axis=0) / single, np.where(pooled, 1.0, 0.0))
    evidence = np.where(strength >= 1.0, power.sum(axis=0) + power.max(axis=0), 0.0)
    evidence[: int(_CYCLES_MIN * _OVERSAMPLING)] = 0.0
    apart = _OVERSAMPLING // 2
    for frequency in found:
        centre = round(frequency * _OVERSAMPLING * window_steps)
        evidence[max(0, centre - apart) : centre + apart + 1] = 0.0
    new: list[float] = []
    for _ in range(LINES_PER_ROUND):
        peak = int(np.argmax(evidence))
        if evidence[peak] <= 0.0:
            break
        new.append(peak / (_OVERSAMPLING * window_steps))
        # A strong line leaks into its neighbourhood: what stands there is judged again in the next round.
        evidence[max(0, peak - 2 * _OVERSAMPLING) : peak + 2 * _OVERSAMPLING + 1] = 0.0
    return new
