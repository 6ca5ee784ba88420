"""The settings for a command that asks a vendor: those of the home beside it, if that plays the vendors."""

from __future__ import annotations

import os

from crosscurrent.cli.output import ERRORS
from crosscurrent.embedded.home import Layout, holder_of, read_state
from crosscurrent.settings import Settings, load_settings


def settings_beside_home() -> Settings:
    """Return the settings; while a home runs that plays the vendors, what is asked are these, and it is said.

    Otherwise what the real vendor answers would be published among what is played.

    Raises:
        WrongUse: a value does not fit.
    """
    settings = load_settings()
    layout = Layout.of(settings.home)
    state = read_state(layout) if holder_of(layout) else None
    if state is None or state.world_url is None:
        return settings
    ERRORS.print(
        f"the home {layout.root} plays the vendors, so {state.world_url} is asked; to ask the real ones, "
        "run `crosscurrent down` first or set CROSSCURRENT_HOME to another directory",
        markup=False,
        soft_wrap=True,
    )
    os.environ.update(state.world_settings)
    return load_settings()
