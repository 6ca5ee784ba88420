"""What a statement is, and where its clauses stand."""

from __future__ import annotations

import pytest

from crosscurrent.embedded.clickhouse.failure import Failure, failure_from_engine, http_status
from crosscurrent.embedded.clickhouse.policy import check_statement
from crosscurrent.embedded.clickhouse.processes import condition_of_kill, show_request_ids
from crosscurrent.embedded.clickhouse.sql_tokens import quoted, tokens, unquoted
from crosscurrent.embedded.clickhouse.statement import Kind, parse_statement

OUTER = frozenset({"file", "url", "s3", "remote"})


def test_tokens_leave_out_comments_and_keep_what_quotes_hold() -> None:
    sql = "SELECT 'a -- b', \"c # d\", `e``f` /* g ' */ -- h\n, $x$ i ' j $x$ # k\n, 1.5e3"
    assert [token.text for token in tokens(sql) if token.text != ","] == [
        "SELECT",
        "'a -- b'",
        '"c # d"',
        "`e``f`",
        "$x$ i ' j $x$",
        "1.5e3",
    ]


@pytest.mark.parametrize("text", ["plain", "it's", "back\\slash", "\\'", "line\nend"])
def test_quoted_text_says_the_same_when_unquoted(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert [token.kind for token in tokens(quoted(text))] == ["string"]


@pytest.mark.parametrize(
    ("sql", "head", "format_name", "tail"),
    [
        ("SELECT 1", "SELECT 1", "", ""),
        ("SELECT 1;", "SELECT 1", "", ""),
        ("SELECT 1 FORMAT JSON", "SELECT 1 ", "JSON", ""),
        ("SELECT 1 FORMAT JSON;\n-- done", "SELECT 1 ", "JSON", ""),
        ("SELECT 1 SETTINGS a = 1 FORMAT CSV", "SELECT 1 SETTINGS a = 1 ", "CSV", ""),
        ("SELECT 1 FORMAT CSV SETTINGS a = 1", "SELECT 1 ", "CSV", "SETTINGS a = 1"),
        ("SELECT 1 AS format", "SELECT 1 AS format", "", ""),
        ("SELECT format('{}', 1)", "SELECT format('{}', 1)", "", ""),
        ("SELECT 'x FORMAT JSON'", "SELECT 'x FORMAT JSON'", "", ""),
        ("(SELECT 1 FORMAT CSV)", "(SELECT 1 FORMAT CSV)", "", ""),
        ("WITH 1 AS x SELECT x FORMAT TSV", "WITH 1 AS x SELECT x ", "TSV", ""),
    ],
)
def test_select_is_cut_before_its_format(sql: str, head: str, format_name: str, tail: str) -> None:
    statement = parse_statement(sql)
    assert (statement.kind, statement.head, statement.format, statement.tail) == (
        Kind.SELECT,
        head,
        format_name,
        tail,
    )


@pytest.mark.parametrize(
    ("sql", "head", "format_name", "data"),
    [
        ("INSERT INTO t VALUES (1)", "INSERT INTO t ", "Values", " (1)"),
        ("INSERT INTO t (a, b) FORMAT CSV\n1,2\n", "INSERT INTO t (a, b) ", "CSV", "1,2\n"),
        ("INSERT INTO t FORMAT CSV \r\n1,2", "INSERT INTO t ", "CSV", "1,2"),
        ("INSERT INTO t FORMAT TSV ; SELECT", "INSERT INTO t ", "TSV", " SELECT"),
        ("insert into values (a) format JSONEachRow {}", "insert into values (a) ", "JSONEachRow", "{}"),
        ("INSERT INTO db.format (a) VALUES (1)", "INSERT INTO db.format (a) ", "Values", " (1)"),
        ("INSERT INTO t SETTINGS x = 1 FORMAT TSV\n", "INSERT INTO t SETTINGS x = 1 ", "TSV", ""),
        ("INSERT INTO {t:Identifier} FORMAT CSV\n'", "INSERT INTO {t:Identifier} ", "CSV", "'"),
    ],
)
def test_insert_is_cut_before_its_rows(sql: str, head: str, format_name: str, data: str) -> None:
    statement = parse_statement(sql)
    assert statement.kind is Kind.INSERT_DATA
    assert statement.data_start is not None
    assert (statement.head, statement.format, sql[statement.data_start :]) == (head, format_name, data)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("INSERT INTO t SELECT 1", Kind.OTHER),
        ("INSERT INTO t (SELECT 1)", Kind.OTHER),
        ("INSERT INTO t WITH 1 AS x SELECT x", Kind.OTHER),
        ("INSERT INTO t SELECT a FROM input('a UInt8') FORMAT CSV\n1\n", Kind.INSERT_INPUT),
        ("SHOW TABLES", Kind.OTHER),
        ("/* x */ CREATE TABLE t (a Int8) ENGINE = Memory", Kind.OTHER),
        ("EXPLAIN SELECT 1", Kind.OTHER),
    ],
)
def test_statement_is_of_its_kind(sql: str, kind: Kind) -> None:
    assert parse_statement(sql).kind is kind


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/x')",
        "SELECT * FROM `file` ('/x')",
        "SELECT (SELECT file('/x'))",
        "CREATE VIEW v AS SELECT * FROM url('x')",
        "INSERT INTO FUNCTION s3('x') SELECT 1",
        "CREATE TABLE t (a Int8) ENGINE=File(CSV)",
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/')",
        "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '/x')) LAYOUT(FLAT()) LIFETIME(0)",
        "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = MergeTree ORDER BY a",
        "ALTER TABLE t ON CLUSTER 'c' DROP COLUMN a",
        "CREATE OR REPLACE ROW POLICY p ON t",
        "SHOW CURRENT ROLES",
        "SYSTEM KILL",
    ],
)
def test_statement_that_reaches_outside_is_refused(sql: str) -> None:
    with pytest.raises(Failure, match="embedded ClickHouse"):
        check_statement(list(tokens(sql)), OUTER)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO url (a) VALUES",
        "CREATE TABLE file (url String, engine String) ENGINE = MergeTree ORDER BY url",
        "CREATE TABLE IF NOT EXISTS db.url (a Int8) ENGINE = Memory",
        "SELECT url, file FROM t WHERE url = 'file(1)'",
        "SELECT 'INTO OUTFILE' FROM numbers(1)",
        "SELECT user, role FROM t",
        "SHOW TABLES FROM system",
        "SELECT a.cluster FROM a JOIN b ON cluster = 1",
        "CREATE MATERIALIZED VIEW v ENGINE = AggregatingMergeTree ORDER BY a AS SELECT a FROM t",
        "SELECT name FROM system.tables WHERE engine = 'File'",
        "SELECT engine File FROM system.tables",
        "SYSTEM FLUSH LOGS",
        "SET max_threads = 1",
    ],
)
def test_statement_that_stays_inside_is_not_refused(sql: str) -> None:
    check_statement(list(tokens(sql)), OUTER)


def test_processes_are_shown_under_the_ids_of_their_requests() -> None:
    assert show_request_ids("SELECT 'system.processes' FROM t") is None
    shown = show_request_ids("SELECT p.query_id FROM system.processes AS p, system . `processes`")
    assert shown == "SELECT p.query_id FROM `system.processes` AS p, `system.processes`"


def test_kill_is_cut_into_condition_and_mode() -> None:
    assert condition_of_kill("KILL QUERY WHERE query_id = 'SYNC' SYNC") == (" query_id = 'SYNC'", "SYNC")
    assert condition_of_kill("SELECT 1 WHERE 1") is None


def test_engine_message_becomes_one_failure() -> None:
    layered = (
        "Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT) (version 1.2). "
        "(UNKNOWN_FORMAT)"
    )
    failure = failure_from_engine(layered)
    assert str(failure) == "Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT)"
    assert http_status(failure.code) == 404
    assert failure_from_engine("no code").code == 1002
    assert http_status(1002) == 500
