"""What the mapping leaves out of TMDB's payloads, and why (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "$.watch/providers.*": "where it can be seen, by country",
    "*translations*": "titles and texts in other languages",
    "*.alternative_names.*": "names in other languages",
    "*.alternative_titles.*": "titles in other languages",
    "*.keywords.*": "what it is about, in words",
    "*.content_ratings.*": "from which age on it may be seen, by country",
    "*.release_dates.*": "when it came out, by country; the first day is mapped",
    "*_path": "address of a picture",
    "*.page": "paging",
    "*.total_pages": "paging",
    "*.total_results": "paging",
    "*.overview": "what a film is about, in words",
    "*.biography": "a person's life, in words",
    "*.genre_ids[]": "genres, which a film's own answer names",
    "*.genres[].id": "the number of a genre whose name is mapped",
    "$.results[].*": "a row: of a film, show or person the numbers are mapped, its own answer says the rest",
    "*_results[]*": "a row: of a film, show or person the numbers are mapped, its own answer says the rest",
    "*_results": "a row: of a film, show or person the numbers are mapped, its own answer says the rest",
    "$.parts[].*": "a film, whose own answer says more",
    "*.belongs_to_collection*": "the collection, whose own answer says more",
    "*.production_companies*": "a company, whose own answer says more",
    "*.production_countries*": "the countries it was made in",
    "*.spoken_languages*": "the languages spoken in it",
    "*.languages[]": "the languages spoken in it",
    "*.networks[]*": "a network, whose own answer says more",
    "*.created_by*": "a person, whose own answer says more",
    "*.seasons[]*": "the seasons of a show, which are counted",
    "*episode_to_air*": "the episodes before and after today",
    "*.video": "whether it is no film of its own",
    "*.softcore": "whether it is for adults, in part",
    "$.credits.*": "who took part",
    "$.videos.*": "trailers elsewhere",
    "$.images.*": "addresses of pictures",
    "*.parent_company*": "a company, whose own answer says more",
}
"""Pattern of paths to the reason; ``*`` stands for anything."""
