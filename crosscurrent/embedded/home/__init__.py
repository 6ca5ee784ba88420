"""The embedded home: what `crosscurrent up` runs on one machine."""

from crosscurrent.embedded.home.background import BackgroundHome, Stopped, stop_home
from crosscurrent.embedded.home.events import HomeEvent, Report
from crosscurrent.embedded.home.foreground import run_home
from crosscurrent.embedded.home.layout import Layout
from crosscurrent.embedded.home.lock import Holder, holder_of
from crosscurrent.embedded.home.options import HomeOptions
from crosscurrent.embedded.home.state import HomeState, ProcessState, read_state

__all__ = [
    "BackgroundHome",
    "Holder",
    "HomeEvent",
    "HomeOptions",
    "HomeState",
    "Layout",
    "ProcessState",
    "Report",
    "Stopped",
    "holder_of",
    "read_state",
    "run_home",
    "stop_home",
]
