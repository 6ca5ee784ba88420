"""iNaturalist as its documentation describes it: taxa, counts of species by page number, sightings since a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

DATE = "Mon, 05 Jan 2026 10:00:00 GMT"
SPECIES_BELOW = 250
SIGHTINGS = 430
PAGE_MAX = 200  # of rows

_LAST_EDIT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def inaturalist() -> ASGIApp:
    return Starlette(
        routes=[
            Route("/v1/taxa/{number}", taxon),
            Route("/v1/observations/species_counts", species_counts),
            Route("/v1/observations", sightings),
        ]
    )


def taxon(request: Request) -> Response:
    row = taxon_row(int(request.path_params["number"])) | {"wikipedia_summary": "An insect.", "children": []}
    return _answer(request, [row], 1)


def species_counts(request: Request) -> Response:
    taxon_id = int(request.query_params["taxon_id"])
    rows = [{"count": 9_000 - i, "taxon": taxon_row(taxon_id * 1000 + i)} for i in range(SPECIES_BELOW)]
    return _answer(request, _page(request, rows), len(rows))


def sightings(request: Request) -> Response:
    since = request.query_params.get("updated_since")
    after = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
    edits = ((i, _LAST_EDIT - timedelta(minutes=i)) for i in range(SIGHTINGS))
    rows = [sighting_row(request.query_params["taxon_id"], i, at) for i, at in edits if at >= after]
    if request.query_params.get("order") == "asc":
        rows.reverse()
    return _answer(request, _page(request, rows), len(rows))


def taxon_row(number: int) -> dict[str, object]:
    return {
        "id": number,
        "name": f"Genus species{number}",
        "rank": "species",
        "rank_level": 10,
        "iconic_taxon_name": "Insecta",
        "preferred_common_name": f"Bee {number}",
        "wikipedia_url": None,
        "is_active": True,
        "ancestor_ids": [48460, 1, number],
        "observations_count": 100_000 + number,
    }


def sighting_row(taxon_id: str, index: int, updated_at: datetime) -> dict[str, object]:
    return {
        "id": 300_000_000 + index,
        "uuid": f"7f0c1d4e-0000-4000-8000-{int(taxon_id):06d}{index:06d}",
        "uri": f"https://www.inaturalist.org/observations/{300_000_000 + index}",
        "species_guess": "Bee",
        "taxon": taxon_row(int(taxon_id)),
        "observed_on": "2026-01-04",
        "created_at": "2026-01-04T18:00:00+00:00",
        "updated_at": updated_at.isoformat(),
        "quality_grade": "research",
        "place_guess": "Vlissingen, Zeeland",
        "location": "51.4425,3.5736",
    }


def _page(request: Request, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    size = min(int(request.query_params.get("per_page", 30)), PAGE_MAX)
    first = (int(request.query_params.get("page", 1)) - 1) * size
    return rows[first : first + size]


def _answer(request: Request, rows: list[dict[str, object]], total: int) -> Response:
    page, size = (int(request.query_params.get(name, n)) for name, n in (("page", 1), ("per_page", 30)))
    answer = JSONResponse(
        {"total_results": total, "page": page, "per_page": size, "results": rows}, headers={"date": DATE}
    )
    tag = f'"{sha256(bytes(answer.body)).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag, "date": DATE})
    answer.headers["etag"] = tag
    return answer
