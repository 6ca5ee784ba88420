"""Whether every ledger stretch has the rows it speaks of, and every row a stretch.

Large tables are looked at a page at a time: some lives of some topics together, or a range of offsets of one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sinks.clickhouse.audit.finding import CheckResult, Finding
from sinks.clickhouse.audit.scope import DEAD_LETTERS_TABLE, ROW_TABLES, Scope, result, tables_of

NAME = "rows"

_PAGE_MESSAGES_MAX = 500_000
_PAGE_LIVES_MAX = 500
_FINDINGS_READ_MAX = 200  # of each kind and page
_OFFSET_MAX = 2**63 - 1

_LEDGER_PLACES_SQL = """
SELECT _topic, _cluster, sum(messages) AS messages FROM ingest_ledger FINAL
GROUP BY _topic, _cluster HAVING max(ingested_at) >= {since:DateTime64(3, 'UTC')}
"""
_ROW_PLACES_SQL = """
SELECT _topic, _cluster, count() AS rows FROM {table}
GROUP BY _topic, _cluster HAVING max(ingested_at) >= {{since:DateTime64(3, 'UTC')}}
"""
_BOUNDARIES_SQL = """
SELECT _partition, min(first_offset) AS low FROM
(
    SELECT _partition, first_offset, intDiv(sum(messages) OVER (
        PARTITION BY _partition ORDER BY first_offset ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) - messages, {size:UInt64}) AS page
    FROM ingest_ledger FINAL WHERE _topic = {topic:String} AND _cluster = {cluster:String}
)
GROUP BY _partition, page ORDER BY _partition, low
"""
_IN_PAGE = (
    "_topic IN {topics:Array(String)} AND _cluster IN {clusters:Array(String)} "
    "AND ({partition:Int32} < 0 OR _partition = {partition:Int32})"
)
_MESSAGES_SQL = (
    "SELECT _topic, _cluster, _partition, _offset, count() AS rows, min(ingested_at) AS came_in FROM {table} "
    f"WHERE {_IN_PAGE} AND _offset >= {{low:Int64}} AND _offset < {{high:Int64}} "
    "GROUP BY _topic, _cluster, _partition, _offset"
)
_PAGE_SQL = f"""
WITH
    spans AS
    (
        SELECT _topic, _cluster, _partition, first_offset, last_offset, messages, rows_written, empty_offsets,
               duplicate_offsets, dead_letter_offsets, lost_offsets, ingested_at
        FROM ingest_ledger FINAL
        WHERE {_IN_PAGE} AND first_offset >= {{low:Int64}} AND first_offset < {{high:Int64}}
    ),
    counted AS
    (
        SELECT _topic, _cluster, _partition, _offset, sum(rows) AS rows, min(came_in) AS came_in
        FROM (MESSAGES) GROUP BY _topic, _cluster, _partition, _offset
    ),
    placed AS
    (
        SELECT
            counted._topic AS _topic, counted._cluster AS _cluster, counted._partition AS _partition,
            counted._offset AS _offset, counted.rows AS rows, counted.came_in AS came_in, spans.first_offset AS first_offset,
            spans.ingested_at > toDateTime64(0, 3, 'UTC') AND counted._offset <= spans.last_offset AS inside,
            has(spans.dead_letter_offsets, counted._offset) AS dead
        FROM counted ASOF LEFT JOIN spans
            ON counted._topic = spans._topic AND counted._cluster = spans._cluster AND counted._partition = spans._partition
            AND counted._offset >= spans.first_offset
    )
"""
_WRONG_SQL = f"""
{_PAGE_SQL}
SELECT
    spans._topic AS _topic, spans._cluster AS _cluster, spans._partition AS _partition, first_offset, last_offset,
    messages, rows_written, found.rows AS rows_found,
    found.with_rows + length(empty_offsets) + length(duplicate_offsets) + length(dead_letter_offsets)
        + length(lost_offsets) AS accounted
FROM spans LEFT JOIN
(
    SELECT _topic, _cluster, _partition, first_offset, sum(rows) AS rows, countIf(NOT dead) AS with_rows
    FROM placed WHERE inside GROUP BY _topic, _cluster, _partition, first_offset
) AS found USING (_topic, _cluster, _partition, first_offset)
WHERE ingested_at >= {{since:DateTime64(3, 'UTC')}} AND (rows_found != rows_written OR accounted != messages)
ORDER BY _topic, _cluster, _partition, first_offset LIMIT {_FINDINGS_READ_MAX}
"""
_HOMELESS_SQL = f"""
{_PAGE_SQL}
SELECT _topic, _cluster, _partition, min(_offset) AS first_offset, max(_offset) AS last_offset, sum(rows) AS rows_found
FROM placed WHERE NOT inside AND came_in >= {{since:DateTime64(3, 'UTC')}}
GROUP BY _topic, _cluster, _partition ORDER BY _topic, _cluster, _partition LIMIT {_FINDINGS_READ_MAX}
"""
_DEAD_SQL = f"""
SELECT _cluster, _topic, _partition, letter.1 AS offset, letter.2 AS id FROM
(
    SELECT _cluster, _topic, _partition,
           arrayJoin(arrayZip(dead_letter_offsets, arrayResize(dead_letter_ids, length(dead_letter_offsets)))) AS letter
    FROM ingest_ledger FINAL
    WHERE notEmpty(dead_letter_offsets) AND ingested_at >= {{since:DateTime64(3, 'UTC')}}
)
WHERE letter.2 NOT IN (SELECT record_id FROM dead_letters WHERE stage = 'sink')
ORDER BY _topic, _cluster, offset LIMIT {_FINDINGS_READ_MAX}
"""


@dataclass(frozen=True, slots=True)
class _Page:
    topics: tuple[str, ...]
    clusters: tuple[str, ...]
    partition: int = -1
    low: int = 0
    high: int = _OFFSET_MAX

    @property
    def parameters(self) -> Mapping[str, object]:
        return {
            "topics": list(self.topics),
            "clusters": list(self.clusters),
            "partition": self.partition,
            "low": self.low,
            "high": self.high,
        }


def check_rows(scope: Scope) -> CheckResult:
    """Return a finding for each stretch whose rows differ, for rows without one, and for lost dead letters.

    Raises:
        Transient: ClickHouse does not answer or is in trouble.
    """
    messages, rows, strangers = _places(scope)
    findings = list(strangers)
    for page in _pages(scope, messages):
        tables = {table for topic in page.topics for table in tables_of(topic)} | {DEAD_LETTERS_TABLE}
        sources = " UNION ALL ".join(_MESSAGES_SQL.replace("{table}", table) for table in sorted(tables))
        for sql, describe in ((_WRONG_SQL, _wrong), (_HOMELESS_SQL, _homeless)):
            found = scope.query(sql.replace("MESSAGES", sources, 1), page.parameters)
            findings += [describe(row) for row in found]
    findings += [_lost_letter(row) for row in scope.query(_DEAD_SQL)]
    return result(
        NAME, "every message is rows, filtered, a duplicate or a dead letter, and every row is in the ledger",
        rows, "rows", findings,
    )  # fmt: skip


def _places(scope: Scope) -> tuple[dict[tuple[str, str], int], int, list[Finding]]:
    """Return (topic, life) to its messages, the number of rows, and findings for rows in the wrong table."""
    messages = {
        (str(row["_topic"]), str(row["_cluster"])): int(row["messages"])
        for row in scope.query(_LEDGER_PLACES_SQL)
        if tables_of(str(row["_topic"]))
    }
    total, strangers = 0, []
    for table in ROW_TABLES:
        for row in scope.query(_ROW_PLACES_SQL.format(table=table)):
            topic, rows = str(row["_topic"]), int(row["rows"])
            total += rows
            if table in tables_of(topic):
                messages.setdefault((topic, str(row["_cluster"])), 0)
            elif table != DEAD_LETTERS_TABLE:
                strangers.append(_stranger(table, topic, rows))
    return messages, total, strangers


def _pages(scope: Scope, messages: Mapping[tuple[str, str], int]) -> Iterator[_Page]:
    """Yield pages of about as many messages as are looked at together."""
    places: list[tuple[str, str]] = []
    size = 0
    for (topic, cluster), count in sorted(messages.items()):
        if count > _PAGE_MESSAGES_MAX:
            yield from _slices(scope, topic, cluster)
            continue
        if places and (size + count > _PAGE_MESSAGES_MAX or len(places) >= _PAGE_LIVES_MAX):
            yield _page(places)
            places, size = [], 0
        places.append((topic, cluster))
        size += count
    if places:
        yield _page(places)


def _page(places: Sequence[tuple[str, str]]) -> _Page:
    # a life is one of one topic, so that topics and lives can be named apart
    topics = dict.fromkeys(topic for topic, _ in places)
    return _Page(tuple(topics), tuple(cluster for _, cluster in places))


def _slices(scope: Scope, topic: str, cluster: str) -> Iterator[_Page]:
    parameters = {"topic": topic, "cluster": cluster, "size": _PAGE_MESSAGES_MAX}
    lows: dict[int, list[int]] = {}
    for row in scope.query(_BOUNDARIES_SQL, parameters):
        lows.setdefault(int(row["_partition"]), []).append(int(row["low"]))
    for partition, bounds in lows.items():
        edges = [0, *bounds[1:], _OFFSET_MAX]
        for low, high in itertools.pairwise(edges):
            yield _Page((topic,), (cluster,), partition, low, high)


def _place(row: Mapping[str, object]) -> str:
    offsets = f"offsets {row['first_offset']} to {row['last_offset']}"
    return f"{row['_topic']}-{row['_partition']}, {offsets}, in life {row['_cluster']}"


def _wrong(row: Mapping[str, object]) -> Finding:
    rows_found, rows_written = int(str(row["rows_found"])), int(str(row["rows_written"]))
    if rows_found != rows_written:
        kind = "missing" if rows_found < rows_written else "too many"
        return Finding(
            NAME,
            _place(row),
            f"{rows_found} rows: {abs(rows_found - rows_written)} {kind}",
            f"{rows_written} rows, as the ledger says",
            f"look in {', '.join(tables_of(str(row['_topic'])))} at these offsets; rows that are gone come back "
            "from a backup, or from the raw events that are still there",
        )
    return Finding(
        NAME,
        _place(row),
        f"{row['accounted']} messages are rows, filtered, duplicates or dead letters",
        f"{row['messages']} messages, as the ledger says",
        "look at the ledger line: it was altered, or rows of one message were given to another",
    )


def _homeless(row: Mapping[str, object]) -> Finding:
    return Finding(
        NAME,
        _place(row),
        f"{row['rows_found']} rows that no ledger line speaks of",
        "a ledger line for every row",
        "if the sink runs, it writes the line with its next batch; rows of a life that is over get theirs when "
        "the next life begins; otherwise somebody wrote them past the sink",
    )


def _stranger(table: str, topic: str, rows: int) -> Finding:
    return Finding(
        NAME,
        table,
        f"{rows} rows that say they come from topic {topic!r}",
        "a topic that goes to this table",
        "find out who wrote them: the sink did not",
    )


def _lost_letter(row: Mapping[str, object]) -> Finding:
    return Finding(
        NAME,
        f"{row['_topic']}-{row['_partition']}, offset {row['offset']}, in life {row['_cluster']}",
        f"dead letter {row['id']} is not in dead_letters",
        "a row for every message that could not be processed",
        "restore the row from a backup; while the broker still has the message, its bytes are there",
    )
