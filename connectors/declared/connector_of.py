"""A declaration as the connector that the kit runs (pure)."""

from __future__ import annotations

from typing import assert_never

from connectors.declared import vendor
from connectors.declared.document import SourceDocument
from connectors.declared.mapping import table_of
from connectors.declared.requests import Requests
from connectors.kit.auth import (
    Auth,
    BasicHeader,
    BearerHeader,
    ClientCredentials,
    HeaderKey,
    NoAuth,
    QueryKey,
)
from connectors.kit.declaration import Connector
from connectors.kit.quota import DocumentedRate, HeaderQuota, Quota


def connector_of(name: str, declared: SourceDocument) -> Connector:
    """Return the connector of a declared source.

    Args:
        name: of the source, as in settings, topics and records.
        declared: what its file says.
    """
    requests, client, targets = Requests(name, declared), declared.client, declared.targets
    table = table_of(name, declared, requests.target_of)
    has_children = any(resource.endpoint.parent for resource in declared.resources)
    return Connector(
        name=name,
        title=declared.title,
        base_url=client.base_url,
        auth=_auth(client.auth),
        quota=_quota(declared.quota),
        interval_seconds=declared.poll_interval_seconds,
        endpoints=tuple(resource.name for resource in declared.resources),
        polls=requests.polls,
        map_payload=table.map_payload,
        table=table,
        endpoint_of=requests.endpoint_of,
        poll_for=requests.poll_for if has_children else None,
        targets_default=targets.default if targets else (),
        targets_help=targets.help if targets else "none: there is nothing to choose",
        headers={field.lower(): value for field, value in client.headers.items()},
        poll_interval_header=client.poll_interval_header.lower(),
        not_modified_is_free=client.not_modified_is_free,
        concurrency_max=client.concurrency_max,
        contact_required=client.contact_required,
    )


def _auth(auth: vendor.Auth) -> Auth:
    match auth:
        case vendor.NoCredential():
            return NoAuth()
        case vendor.BearerAuth():
            return BearerHeader(required=auth.required)
        case vendor.BasicAuth():
            return BasicHeader(required=auth.required, description="user:password")
        case vendor.ClientCredentialsAuth():
            return ClientCredentials(auth.access_token_url)
        case vendor.ApiKeyAuth(location="query"):
            return QueryKey(auth.name, required=auth.required)
        case vendor.ApiKeyAuth():
            return HeaderKey(auth.name.lower(), auth.prefix, required=auth.required)
        case _:
            assert_never(auth)


def _quota(quota: vendor.Quota) -> Quota:
    if isinstance(quota, vendor.HeadersQuota):
        return HeaderQuota(
            limit=quota.limit.lower(),
            remaining=quota.remaining.lower(),
            reset=quota.reset.lower(),
            window_seconds=quota.window_seconds,
            description=quota.description or f"told in {quota.remaining}",
        )
    words = quota.description or f"{quota.requests:g} requests in {quota.window_seconds:g} s"
    return DocumentedRate(quota.requests, quota.window_seconds, description=words)
