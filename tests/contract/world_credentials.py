"""The credential that a played vendor takes."""

from __future__ import annotations

from base64 import b64encode

import orjson

from crosscurrent.embedded.world.spotify_api import TOKEN_PATH
from crosscurrent.embedded.world.world import World

APP = ("app", "s3cret-of-the-app")


def authorization(world: World, vendor: str) -> str:
    """Return the ``Authorization`` header: any bearer token, but one that was granted where only such is taken."""
    if vendor != "spotify":
        return "Bearer token"
    answer = world.answer(
        vendor,
        TOKEN_PATH,
        {},
        {"authorization": f"Basic {b64encode(':'.join(APP).encode()).decode()}"},
        f"http://world/{vendor}",
        None,
        method="POST",
        body=b"grant_type=client_credentials",
    )
    return f"Bearer {orjson.loads(answer.body)['access_token']}"
