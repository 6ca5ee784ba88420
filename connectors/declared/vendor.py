"""How a vendor is spoken to: credential, pages, quota (the models of ``client`` and ``quota``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from connectors.declared.parts import Parameter, Part, PlainPath, wrong
from connectors.kit.declaration import CONCURRENCY_DEFAULT
from connectors.kit.pagination import PAGES_MAX_DEFAULT

PAGES_MAX = 500
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "user-agent"})


class NoCredential(Part):
    """The vendor answers everyone."""

    type: Literal["none"]


class BearerAuth(Part):
    """The header `Authorization: Bearer …`; the secret is the setting `token`."""

    type: Literal["bearer"]
    required: bool = Field(True, description="Whether the vendor answers nothing without it.")


class ApiKeyAuth(Part):
    """A key in a header or in the query; the secret is the setting `token`."""

    type: Literal["api_key"]
    name: Parameter = Field(description="Name of the header or of the query parameter.")
    location: Literal["header", "query"] = Field("header", description="Where the vendor wants it.")
    prefix: str = Field("", max_length=40, description="What stands before the key in the header.")
    required: bool = Field(True, description="Whether the vendor answers nothing without it.")


class BasicAuth(Part):
    """The header `Authorization: Basic …`; the setting `token` is `user:password`."""

    type: Literal["http_basic"]
    required: bool = Field(True, description="Whether the vendor answers nothing without it.")


class ClientCredentialsAuth(Part):
    """A token granted for the settings `client_id` and `client_secret` (OAuth client credentials)."""

    type: Literal["oauth2_client_credentials"]
    access_token_url: str = Field(pattern=r"^https://[^\s@]+$", description="Address that grants tokens.")


Auth = Annotated[
    NoCredential | BearerAuth | ApiKeyAuth | BasicAuth | ClientCredentialsAuth, Field(discriminator="type")
]


class SinglePage(Part):
    """The whole answer is one page."""

    type: Literal["single_page"]


class _Paged(Part):
    maximum_pages: int = Field(
        PAGES_MAX_DEFAULT, ge=1, le=PAGES_MAX, description="Pages of one poll at most."
    )
    limit_param: Parameter | None = Field(
        None, description="Query parameter of the page size; none if there is none."
    )


class HeaderLink(_Paged):
    """The next page is the relation `next` of the header `Link` (RFC 8288)."""

    type: Literal["header_link"]
    limit: int = Field(100, ge=1, description="Rows asked for, with `limit_param`.")


class PageNumbers(_Paged):
    """Pages are counted, until one is not full, or empty, or the last by the vendor's word."""

    type: Literal["page_number"]
    base_page: int = Field(1, ge=0, description="Number of the first page.")
    page_param: Parameter = Field("page", description="Query parameter of the number.")
    limit: int | None = Field(
        None, ge=1, description="Rows of a full page; without it an empty page is the end."
    )
    total_path: PlainPath | None = Field(
        None,
        description="Path in the body of the last page's number (with `base_page: 1` the number of pages).",
    )


class Offsets(_Paged):
    """The offset grows by the rows that came."""

    type: Literal["offset"]
    limit: int = Field(100, ge=1, description="Rows asked for.")
    limit_param: Parameter = Field("limit", description="Query parameter of the page size.")
    offset_param: Parameter = Field("offset", description="Query parameter of the offset.")
    total_path: PlainPath | None = Field(
        None,
        description="Path in the body of the number of all rows; without it a page that is not full is the last.",
    )


class Cursors(_Paged):
    """The body names the cursor of the next page."""

    type: Literal["cursor"]
    cursor_path: PlainPath = Field(description="Path in the body of the next page's cursor.")
    cursor_param: Parameter = Field(description="Query parameter that takes it.")
    limit: int = Field(100, ge=1, description="Rows asked for, with `limit_param`.")
    has_more_path: PlainPath | None = Field(
        None, description="Path in the body of a boolean that says whether there is a next page."
    )


class JsonLink(_Paged):
    """The body names the address of the next page."""

    type: Literal["json_link"]
    next_url_path: PlainPath = Field(description="Path in the body of the next page's address.")
    limit: int = Field(100, ge=1, description="Rows asked for, with `limit_param`.")


Paginator = Annotated[
    SinglePage | HeaderLink | PageNumbers | Offsets | Cursors | JsonLink, Field(discriminator="type")
]


class DocumentedQuota(Part):
    """A quota that the vendor documents; a tenth of it may be used at once, the rest is spread."""

    type: Literal["documented"]
    requests: float = Field(gt=0, description="Requests allowed in a window.")
    window_seconds: float = Field(60.0, gt=0, description="Length of a window.")
    description: str = Field("", description="The vendor's words, for people.")


class HeadersQuota(Part):
    """A quota whose state stands in the headers of the answers."""

    type: Literal["headers"]
    limit: Parameter = Field("x-ratelimit-limit", description="Header of the requests allowed in a window.")
    remaining: Parameter = Field("x-ratelimit-remaining", description="Header of the requests left.")
    reset: Parameter = Field(
        "x-ratelimit-reset",
        description="Header of the window's end: epoch seconds, epoch milliseconds, or seconds from now.",
    )
    window_seconds: float = Field(3600.0, gt=0, description="Length of a window, where the end is not said.")
    description: str = Field("", description="The vendor's words, for people.")


Quota = Annotated[DocumentedQuota | HeadersQuota, Field(discriminator="type")]


class Client(Part):
    """How the vendor is spoken to."""

    base_url: str = Field(
        pattern=r"^https://[^\s@?#]+$",
        description="The vendor's base address; the setting `base_url` overrides it.",
    )
    auth: Auth = Field(NoCredential(type="none"), description="How the credential goes onto a request.")
    headers: dict[Parameter, str] = Field({}, description="Headers of every request; no secret belongs here.")
    paginator: Paginator = Field(
        SinglePage(type="single_page"),
        description="How pages follow each other, where a resource does not say.",
    )
    contact_required: bool = Field(
        False, description="Whether the vendor wants the setting `contact` in the `User-Agent`."
    )
    concurrency_max: int = Field(CONCURRENCY_DEFAULT, ge=1, le=32, description="Requests at once.")
    poll_interval_header: str = Field(
        "", description="Header in which the vendor says how many seconds to leave between two polls."
    )
    not_modified_is_free: bool = Field(
        False, description="Whether a 304 to a caller with a credential does not count against the quota."
    )

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in _SECRET_HEADERS:
                raise wrong(
                    f"the header {name!r}",
                    "headers that are the same for everyone",
                    "declare `auth`, and give the secret as a setting; the User-Agent is the kit's",
                )
        return headers
