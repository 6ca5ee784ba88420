"""crates.io as its documentation describes it: crates, who needs them, and a category by page number."""

from __future__ import annotations

from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

DATE = "Mon, 05 Jan 2026 10:00:00 GMT"
CRATES_IN_CATEGORY = 250
PAGE_MAX = 100  # of rows


def crates_io() -> ASGIApp:
    return Starlette(
        routes=[
            Route("/api/v1/crates", category),
            Route("/api/v1/crates/{name}", crate),
            Route("/api/v1/crates/{name}/reverse_dependencies", reverse_dependencies),
        ]
    )


def crate_row(name: str, downloads: int) -> dict[str, object]:
    return {
        "id": name,
        "name": name,
        "description": f"What {name} does",
        "homepage": None,
        "documentation": f"https://docs.rs/{name}",
        "repository": f"https://github.com/{name}-rs/{name}",
        "created_at": "2014-12-05T20:20:39.487502Z",
        "updated_at": "2025-12-30T08:12:01.221010Z",
        "downloads": downloads,
        "recent_downloads": downloads // 9,
        "max_version": "1.0.228",
        "max_stable_version": "1.0.228",
        "newest_version": "1.0.228",
        "yanked": False,
        "links": {"owners": f"/api/v1/crates/{name}/owners"},
    }


def crate(request: Request) -> Response:
    row = crate_row(request.path_params["name"], 700_000_000)
    return _answer(request, {"crate": row, "versions": [], "keywords": [], "categories": []})


def reverse_dependencies(request: Request) -> Response:
    return _answer(request, {"dependencies": [], "versions": [], "meta": {"total": 61_234}})


def category(request: Request) -> Response:
    size = min(int(request.query_params.get("per_page", 10)), PAGE_MAX)
    first = (int(request.query_params.get("page", 1)) - 1) * size
    indexes = range(first, min(first + size, CRATES_IN_CATEGORY))
    rows = [crate_row(f"crate-{index}", 1_000_000 - index) for index in indexes]
    return _answer(request, {"crates": rows, "meta": {"total": CRATES_IN_CATEGORY}})


def _answer(request: Request, body: object) -> Response:
    answer = JSONResponse(body, headers={"date": DATE})
    tag = f'"{sha256(bytes(answer.body)).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag, "date": DATE})
    answer.headers["etag"] = tag
    return answer
