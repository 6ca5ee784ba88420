"""Many repositories and playlists of which few change: what somebody watches who watches much (pure).

Their hours begin at moments of their own, spread evenly, so that what changes does so at any second.
"""

from __future__ import annotations

from typing import Final

from crosscurrent.embedded.world.block_chain import generator
from crosscurrent.embedded.world.scenario import Playlist, Repository

OWNER_REPOSITORIES: Final = 20

_LATE_STREAM = 61
_HOUR_SECONDS = 3600
_STARS_INITIAL = 40
# of a repository's changes; an issue changes it twice, when it is opened and when it is closed
_STARS, _FORKS, _ISSUES, _PUSHES = 0.4, 0.1, 0.1, 0.3


def quiet_repositories(seed: int, count: int, changes_per_hour: float) -> tuple[Repository, ...]:
    """Return repositories that change so often.

    Args:
        seed: of the scenario.
        count: how many.
        changes_per_hour: of each, as a mean.
    """
    return tuple(
        Repository(
            owner=f"wharf-{number // OWNER_REPOSITORIES:03d}",
            name=f"crate-{number:04d}",
            description=f"Crate {number}",
            language=None,
            topics=(),
            stars_initial=_STARS_INITIAL + number,
            stars_per_hour=changes_per_hour * _STARS,
            forks_per_hour=changes_per_hour * _FORKS,
            issues_per_hour=changes_per_hour * _ISSUES,
            pushes_per_hour=changes_per_hour * _PUSHES,
            late_seconds=late_seconds,
        )
        for number, late_seconds in enumerate(_late(seed, 0, count))
    )


def quiet_playlists(seed: int, count: int, changes_per_hour: float) -> tuple[Playlist, ...]:
    """Return playlists that change so often; see ``quiet_repositories``."""
    return tuple(Playlist(changes_per_hour, late) for late in _late(seed, 1, count))


def _late(seed: int, number: int, count: int) -> list[int]:
    drawn = generator(seed, _LATE_STREAM, number).integers(0, _HOUR_SECONDS, count)
    return [int(seconds) for seconds in drawn]
