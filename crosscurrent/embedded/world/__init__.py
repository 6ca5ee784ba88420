"""A local server that plays the vendors, with values that move and a truth that is known."""

from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.scenario import Break, City, Coupling, Repository, Scenario
from crosscurrent.embedded.world.truth import truth

__all__ = ["Break", "City", "Coupling", "Repository", "Scenario", "default_scenario", "truth"]
