"""What a statement may not do here: reach outside of the data directory, or use what chDB lacks.

The embedded home has one user and no sandbox beneath it, so every table function, engine and clause that reads or
writes files, other servers or programs is refused, whatever the statement's settings are. What is refused is found by
its tokens, so a name inside a string or a comment is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.sql_tokens import Token

_INSTEAD = "use a ClickHouse server for it (CROSSCURRENT_CLICKHOUSE__URL)"

# of the table functions of system.table_functions these read nothing but the engine's own data
INNER_TABLE_FUNCTIONS = frozenset(
    {
        *("arrayjoin", "dictionary", "format", "fuzzjson", "fuzzquery", "generaterandom", "generateseries"),
        *(
            "generate_series",
            "input",
            "loop",
            "merge",
            "mergetreeanalyzeindexes",
            "mergetreeanalyzeindexesuuid",
        ),
        *("mergetreecodecblockcounts", "mergetreeindex", "mergetreeprojection", "mergetreetextindex", "null"),
        *("numbers", "numbers_mt", "primes", "sqlstandardvalues", "timeseriesdata", "timeseriesmetrics"),
        *("timeseriesmetricfamilies", "timeseriessamples", "timeseriesselector", "timeseriestags"),
        *("prometheusquery", "prometheusqueryrange", "values", "view", "viewexplain", "viewifpermitted"),
        *("zeros", "zeros_mt"),
    }
)
# a name that is followed by a bracket although it is a table or a column list
_BEFORE_A_NAME = frozenset(
    {"INTO", "TABLE", "EXISTS", "VIEW", "DICTIONARY", "WITH", "AS", "TO", "INDEX", "ON"}
)

_INNER_ENGINES = frozenset(
    {
        *(
            "MERGETREE",
            "REPLACINGMERGETREE",
            "SUMMINGMERGETREE",
            "AGGREGATINGMERGETREE",
            "COLLAPSINGMERGETREE",
        ),
        *(
            "VERSIONEDCOLLAPSINGMERGETREE",
            "GRAPHITEMERGETREE",
            "COALESCINGMERGETREE",
            "LOG",
            "TINYLOG",
            "STRIPELOG",
        ),
        *(
            "MEMORY",
            "NULL",
            "SET",
            "JOIN",
            "BUFFER",
            "VIEW",
            "MATERIALIZEDVIEW",
            "MERGE",
            "DICTIONARY",
            "ALIAS",
        ),
        *("GENERATERANDOM", "TIMESERIES", "EMBEDDEDROCKSDB", "FUZZJSON", "FUZZQUERY", "LOOP"),
        *("ATOMIC", "ORDINARY", "LAZY"),
    }
)
_INNER_SOURCES = frozenset({"CLICKHOUSE", "NULL"})
_ACCESS_WORDS = frozenset(
    {"USER", "ROLE", "QUOTA", "POLICY", "PROFILE", "USERS", "ROLES", "QUOTAS", "POLICIES"}
)
_ACCESS_VERBS = frozenset({"CREATE", "ALTER", "DROP", "SHOW", "SET", "MOVE"})
_ACCESS_FILLERS = frozenset({"ROW", "SETTINGS", "MASKING", "DEFAULT", "CURRENT", "ENABLED", "OR", "REPLACE"})
_SYSTEM_VERBS = frozenset(
    {"FLUSH", "DROP", "CLEAR", "RELOAD", "START", "STOP", "SYNC", "WAIT", "REFRESH", "CANCEL"}
)


def check_statement(found: Sequence[Token], outer_functions: frozenset[str]) -> None:
    """Return if the statement may run.

    Args:
        found: its tokens, without rows that follow it.
        outer_functions: table functions that reach outside, in lower case.

    Raises:
        Failure: it may not; says what is refused and where it would be possible.
    """
    words = [token.keyword for token in found[:6]]
    _check_verb(words)
    for index, token in enumerate(found):
        before = found[index - 1] if index else None
        after = found[index + 1] if index + 1 < len(found) else None
        _check_clause(token, before, after)
        if after is not None and after.text == "(" and _is_call(before):
            _check_call(token.name.lower(), before, outer_functions)
        if token.keyword == "ENGINE" and after is not None:
            _check_engine(found[index + 1 : index + 3])
        if token.keyword == "SOURCE" and after is not None and after.text == "(":
            _check_source(found[index + 2 : index + 3])


def _check_verb(words: Sequence[str]) -> None:
    verb = words[0] if words else ""
    if verb in {"GRANT", "REVOKE"} or (
        verb in _ACCESS_VERBS and _first_other(words[1:], _ACCESS_FILLERS) in _ACCESS_WORDS
    ):
        raise _lacks("users, roles, row policies, quotas and settings profiles")
    if verb in {"BACKUP", "RESTORE"}:
        raise _outside(f"{verb} reads or writes files")
    if verb == "SYSTEM" and len(words) > 1 and words[1] not in _SYSTEM_VERBS:
        raise Failure(497, f"SYSTEM {words[1]} is refused by the embedded ClickHouse", "ACCESS_DENIED")


def _check_clause(token: Token, before: Token | None, after: Token | None) -> None:
    follows = before.keyword if before is not None else ""
    if token.keyword == "OUTFILE" and follows == "INTO":
        raise _outside("INTO OUTFILE writes a file; read the answer instead")
    if token.keyword == "INFILE" and follows == "FROM":
        raise _outside("FROM INFILE reads a file; send the rows in the body instead")
    if token.keyword == "CLUSTER" and follows == "ON" and after is not None and after.text not in "(.=<>":
        raise _lacks("clusters (ON CLUSTER)")
    if token.kind == "string" and follows == "FROM":
        raise _outside("ATTACH … FROM a path reads files")


def _is_call(before: Token | None) -> bool:
    return before is None or not (before.keyword in _BEFORE_A_NAME or before.text == ".")


def _check_call(name: str, before: Token | None, outer_functions: frozenset[str]) -> None:
    if name == "disk" or name in outer_functions:
        raise _outside(f"{name}() reaches outside of its data")


def _check_engine(following: Sequence[Token]) -> None:
    names = [token for token in following if token.text != "="]
    name = names[0].name if names else ""
    # a column may be called so, too
    if not name or (len(following) > 1 and following[0].text != "=" and not following[0].name):
        return
    if following[0].text != "=" and name.upper() not in _INNER_ENGINES:
        return
    if name.upper() not in _INNER_ENGINES:
        raise _lacks(f"the engine {name}, which needs files, other servers or Keeper")


def _check_source(following: Sequence[Token]) -> None:
    if following and following[0].name and following[0].name.upper() not in _INNER_SOURCES:
        raise _outside(f"a dictionary from {following[0].name} reads outside of its data")


def _first_other(words: Sequence[str], skipped: frozenset[str]) -> str:
    return next((word for word in words if word not in skipped), "")


def _outside(what: str) -> Failure:
    return Failure(497, f"{what}, which the embedded ClickHouse refuses; {_INSTEAD}", "ACCESS_DENIED")


def _lacks(what: str) -> Failure:
    return Failure(48, f"The embedded ClickHouse (chDB) has no {what}; {_INSTEAD}", "NOT_IMPLEMENTED")
