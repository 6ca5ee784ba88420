"""Looks whether servers that are not the home's own are there, before anything is started."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from crosscurrent.errors import ServerAway, WrongUse
from crosscurrent.settings import Settings

_TIMEOUT_SECONDS = 5.0
_HTTPS_PORT, _HTTP_PORT, _KAFKA_PORT = 443, 80, 9092


async def require_configured_servers(settings: Settings) -> None:
    """Look whether each server whose address is set can be connected to.

    Raises:
        ServerAway: one cannot.
        WrongUse: an address is not one.
    """
    addresses: list[tuple[str, str, list[tuple[str, int]]]] = []
    if settings.kafka.bootstrap_servers is not None:
        hosts = [
            kafka_address(server) for server in settings.kafka.bootstrap_servers.split(",") if server.strip()
        ]
        addresses.append(("Kafka", "CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS", hosts))
    if settings.schema_registry.url is not None:
        url = settings.schema_registry.url
        addresses.append(("schema registry", "CROSSCURRENT_SCHEMA_REGISTRY__URL", [url_address(url)]))
    if settings.clickhouse.url is not None:
        url = settings.clickhouse.url
        addresses.append(("ClickHouse", "CROSSCURRENT_CLICKHOUSE__URL", [url_address(url)]))
    await asyncio.gather(*(_require(*address) for address in addresses))


def url_address(url: str) -> tuple[str, int]:
    """Return the host and port of an HTTP address.

    Raises:
        WrongUse: it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongUse(
            f"{parts.scheme or 'a server'} address that is none",
            expected="an address such as http://127.0.0.1:8123",
            todo="correct CROSSCURRENT_SCHEMA_REGISTRY__URL or CROSSCURRENT_CLICKHOUSE__URL",
        )
    return parts.hostname, port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)


def kafka_address(server: str) -> tuple[str, int]:
    """Return the host and port of one bootstrap server.

    Raises:
        WrongUse: it is none.
    """
    host, colon, port = server.strip().rpartition(":")
    if not colon:
        host, port = port, str(_KAFKA_PORT)
    if not host or not port.isdigit():
        raise WrongUse(
            f"Kafka address {server!r}",
            expected="host:port,…",
            todo="correct CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS",
        )
    return host.strip("[]"), int(port)


async def _require(what: str, setting: str, hosts: list[tuple[str, int]]) -> None:
    reasons = []
    for host, port in hosts:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        except (OSError, TimeoutError) as error:
            reasons.append(f"{host}:{port}: {getattr(error, 'strerror', None) or type(error).__name__}")
    raise ServerAway(
        f"no {what} answers ({'; '.join(reasons)})",
        expected=f"the server that {setting} names",
        todo=f"start it, correct {setting}, or unset it to use the embedded one",
    )
