"""People and groups whom several played vendors know, under ids of their own and the same ids elsewhere.

A link between two vendors is right where both name the same Wikidata or IMDb id, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who is known beyond one vendor.

    Attributes:
        name: unique.
        wikidata_id: such as ``Q990000011``; beyond all that are given out.
        imdb_id: such as ``nm9900011``.
        born: ISO date.
    """

    name: str
    wikidata_id: str
    imdb_id: str
    born: str


KNOWN_PEOPLE = (
    KnownPerson("Marit Fenwick", "Q990000011", "nm9900011", "1971-10-20"),
    KnownPerson("Oskar Tarnow", "Q990000012", "nm9900012", "1958-03-02"),
    KnownPerson("Ines Quill", "Q990000013", "nm9900013", "1989-12-11"),
)
