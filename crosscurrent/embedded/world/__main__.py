"""Play the vendors: ``python -m crosscurrent.embedded.world``."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

from crosscurrent.clock import SystemClock
from crosscurrent.embedded.loopback_server import serve
from crosscurrent.embedded.world.app import create_app
from crosscurrent.embedded.world.default_scenario import default_scenario
from crosscurrent.embedded.world.faults import fault_from, random_faults
from crosscurrent.embedded.world.github_api import DEFAULT_LIMIT as GITHUB_LIMIT
from crosscurrent.embedded.world.github_api import GithubTerms
from crosscurrent.embedded.world.musicbrainz_api import DEFAULT_LIMIT as MUSICBRAINZ_LIMIT
from crosscurrent.embedded.world.musicbrainz_api import MusicBrainzTerms
from crosscurrent.embedded.world.notion_api import NotionTerms
from crosscurrent.embedded.world.openweathermap_api import DEFAULT_LIMIT as OPENWEATHERMAP_LIMIT
from crosscurrent.embedded.world.openweathermap_api import OpenWeatherMapTerms
from crosscurrent.embedded.world.paced_time import Pace, PacedTime
from crosscurrent.embedded.world.pokeapi_graphql_api import PokeApiGraphqlTerms
from crosscurrent.embedded.world.scenario import (
    DEFAULT_BREAK_AFTER_HOURS,
    DEFAULT_START_UTC,
    Scenario,
)
from crosscurrent.embedded.world.scenario_file import load_scenario
from crosscurrent.embedded.world.spotify_api import DEFAULT_LIMIT as SPOTIFY_LIMIT
from crosscurrent.embedded.world.spotify_api import SpotifyTerms
from crosscurrent.embedded.world.spotify_tokens import TOKEN_SECONDS_DEFAULT, TokenTerms
from crosscurrent.embedded.world.tmdb_api import DEFAULT_LIMIT as TMDB_LIMIT
from crosscurrent.embedded.world.tmdb_api import TmdbTerms
from crosscurrent.embedded.world.vendors import VENDORS
from crosscurrent.embedded.world.virtual_time import (
    DEFAULT_SPEED,
    ELAPSED_SECONDS_MAX,
    SECONDS_PER_HOUR,
    VirtualTime,
)
from crosscurrent.embedded.world.world import GITHUB_CONCURRENT_DEFAULT, World, WorldTerms
from crosscurrent.errors import WrongUse
from crosscurrent.exit_codes import EXIT_DONE, EXIT_WRONG_USE
from crosscurrent.settings import load_settings, source_variable
from crosscurrent.telemetry import configure_logging


def main(arguments: list[str] | None = None) -> int:
    """Run the world until it is asked to stop and return the exit code."""
    given = _parser().parse_args(arguments)
    configure_logging(given.log_level, process="embedded.world")
    try:
        world = _world(given)
        _subscribe(world, given.webhook or [])
        serve(create_app(world), host=given.host, port=given.port, name="world")
    except WrongUse as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_WRONG_USE
    return EXIT_DONE


def _subscribe(world: World, webhooks: list[str]) -> None:
    settings = load_settings() if webhooks else None
    for text in webhooks:
        vendor, _, url = text.partition("=")
        secret = settings.source(vendor).webhook_secret if settings else None
        if secret is None:
            raise WrongUse(
                f"a webhook of {vendor!r} without a secret",
                expected=f"{source_variable(vendor, 'webhook_secret')}",
                todo="set it",
            )
        asked = {"vendor": vendor, "url": url, "secret": secret.get_secret_value()}
        world.hooks.subscribe(asked, world.time.now_seconds())


def _world(given: argparse.Namespace) -> World:
    scenario = _scenario(given)
    terms = WorldTerms(
        GithubTerms(given.github_token, given.github_limit, given.secondary_retry_after),
        OpenWeatherMapTerms(given.openweathermap_key, given.openweathermap_limit),
        musicbrainz=MusicBrainzTerms(given.musicbrainz_limit),
        notion=NotionTerms(limit=given.notion_limit),
        pokeapi_graphql=PokeApiGraphqlTerms(burst=given.pokeapi_graphql_limit),
        spotify=SpotifyTerms(_token_terms(given), given.spotify_limit),
        tmdb=TmdbTerms(given.tmdb_credential, given.tmdb_limit),
        github_concurrent=given.github_concurrent,
    )
    return World(scenario, _time(given, scenario), terms)


def _token_terms(given: argparse.Namespace) -> TokenTerms:
    return TokenTerms(
        given.spotify_client_id,
        given.spotify_client_secret,
        given.spotify_token_seconds,
        given.spotify_token_requests,
    )


def _time(given: argparse.Namespace, scenario: Scenario) -> VirtualTime:
    hours = given.until_hours
    until_seconds = ELAPSED_SECONDS_MAX if hours is None else hours * SECONDS_PER_HOUR
    if given.pace:
        return PacedTime(
            scenario.start_seconds,
            SystemClock(),
            paces=[Pace.parse(text) for text in given.pace],
            hour_seconds=SECONDS_PER_HOUR / given.speed,
            until_seconds=until_seconds,
            held=given.hold,
        )
    return VirtualTime(
        scenario.start_seconds,
        SystemClock(),
        speed=0.0 if given.manual else given.speed,
        anchor_seconds=given.anchor,
        until_seconds=until_seconds,
        held=given.hold,
    )


def _scenario(given: argparse.Namespace) -> Scenario:
    if given.scenario is not None:
        scenario = load_scenario(given.scenario)
        scenario = scenario if given.seed is None else replace(scenario, seed=given.seed)
    else:
        scenario = default_scenario(
            1 if given.seed is None else given.seed,
            start_utc=_start(given.start),
            break_after_hours=given.break_after_hours,
        )
    for kind in given.fault_kind or ():
        fault_from({"kind": kind})
    added = random_faults(
        given.faults,
        scenario.seed,
        hours=given.until_hours or scenario.hours,
        vendors=VENDORS,
        kinds=given.fault_kind or (),
    )
    return replace(scenario, faults=scenario.faults + added)


def _start(text: str | None) -> datetime:
    if text is None:
        return DEFAULT_START_UTC
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(
            f"start {text!r}", expected="ISO 8601 such as 2026-01-05T00:00:00Z", todo="give another --start"
        ) from error
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crosscurrent.embedded.world",
        description=f"Plays its vendors below their names: {', '.join(VENDORS)}.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    add("--scenario", help="name of a scenario that is shipped, or the path of a file")
    add("--seed", type=int, help="another seed is another world of the same kind")
    add("--faults", type=int, default=0, help="so many faults at random hours, the same for the same seed")
    add("--fault-kind", action="append", help="of these kinds only; given more than once for more than one")
    add("--start", help="virtual time at the start, a full hour in ISO 8601")
    add("--break-after-hours", type=int, default=DEFAULT_BREAK_AFTER_HOURS, help="virtual hours to the break")
    moving = parser.add_mutually_exclusive_group()
    moving.add_argument("--speed", type=float, default=DEFAULT_SPEED, help="virtual seconds a real second")
    moving.add_argument("--manual", action="store_true", help="time moves only by POST /_world/advance")
    add(
        "--pace", action="append", help="/vendor/path=N: an hour lasts until N addresses of it were asked for"
    )
    add("--hold", action="store_true", help="time stands still at the start until POST /_world/release")
    add("--anchor", type=float, help="real epoch seconds at which virtual time was the start")
    add("--until-hours", type=float, help="virtual hours after the start at which time stands still")
    # the environment is for whoever does not want a credential in the process list
    add("--github-token", default=os.environ.get("CROSSCURRENT_WORLD_GITHUB_TOKEN"), help="the good token")
    add("--github-limit", type=int, default=GITHUB_LIMIT, help="requests a real hour with a token")
    add("--github-concurrent", type=int, default=GITHUB_CONCURRENT_DEFAULT, help="requests at once")
    add("--secondary-retry-after", type=int, default=1, help="real seconds that the secondary limit says")
    add(
        "--openweathermap-key",
        default=os.environ.get("CROSSCURRENT_WORLD_OPENWEATHERMAP_KEY"),
        help="the key",
    )
    add("--openweathermap-limit", type=int, default=OPENWEATHERMAP_LIMIT, help="requests a real minute")
    add("--spotify-client-id", default=os.environ.get("CROSSCURRENT_WORLD_SPOTIFY_CLIENT_ID"), help="the app")
    add(
        "--spotify-client-secret",
        default=os.environ.get("CROSSCURRENT_WORLD_SPOTIFY_CLIENT_SECRET"),
        help="the app's secret",
    )
    add("--spotify-limit", type=int, default=SPOTIFY_LIMIT, help="requests in 30 real seconds")
    add("--spotify-token-seconds", type=float, default=TOKEN_SECONDS_DEFAULT, help="real life of a token")
    add("--spotify-token-requests", type=int, help="requests after which a token ends before its time")
    add("--musicbrainz-limit", type=int, default=MUSICBRAINZ_LIMIT, help="requests in 20 real seconds")
    add(
        "--tmdb-credential",
        default=os.environ.get("CROSSCURRENT_WORLD_TMDB_CREDENTIAL"),
        help="the token or key",
    )
    add("--notion-limit", type=int, default=NotionTerms().limit, help="requests in a real second")
    add(
        "--pokeapi-graphql-limit",
        type=int,
        default=PokeApiGraphqlTerms().burst,
        help="requests that its proxy lets through at once",
    )
    add("--tmdb-limit", type=int, default=TMDB_LIMIT, help="requests a real second")
    add(
        "--webhook",
        action="append",
        help="vendor=URL: where it sends, signed with the source's webhook secret",
    )
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info", help="what is logged")
    return parser


if __name__ == "__main__":
    sys.exit(main())
