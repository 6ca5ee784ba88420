"""What the demo counts while it runs and says at its end."""

from crosscurrent.demo.facts import Anomaly, Facts, Pair, Progress, take_facts, take_progress
from crosscurrent.demo.planted import PlantedBreak, PlantedCoupling, planted

__all__ = [
    "Anomaly",
    "Facts",
    "Pair",
    "PlantedBreak",
    "PlantedCoupling",
    "Progress",
    "planted",
    "take_facts",
    "take_progress",
]
