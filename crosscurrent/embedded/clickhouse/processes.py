"""The running statements under the ids that the clients gave them.

chDB gives every statement an id of its own. The id of the request travels in a setting that does nothing here, and a
statement that names ``system.processes`` sees a temporary view in its place, which shows the request's id.
"""

from __future__ import annotations

from crosscurrent.embedded.clickhouse.sql_tokens import Token, quoted, tokens

# It says which queue an insert into a NATS or Redis stream goes to; chDB has neither engine.
ID_SETTING = "stream_like_engine_insert_queue"
_VIEW = "`system.processes`"
CREATE_VIEW = f"""
CREATE TEMPORARY VIEW {_VIEW} AS
SELECT * REPLACE (
    if(Settings['{ID_SETTING}'] = '', query_id, Settings['{ID_SETTING}']) AS query_id,
    if(Settings['{ID_SETTING}'] = '', initial_query_id, Settings['{ID_SETTING}']) AS initial_query_id,
    mapFilter((name, value) -> name != '{ID_SETTING}', Settings) AS Settings
)
FROM system.processes
"""


def show_request_ids(sql: str) -> str | None:
    """Return the statement with ``system.processes`` replaced by the view; ``None`` if it does not name it."""
    found = list(tokens(sql))
    if len(found) >= 2 and found[0].keyword == "SHOW" and found[1].keyword == "PROCESSLIST":
        return f"SELECT * FROM {_VIEW} ORDER BY elapsed DESC{sql[found[1].end :]}"
    pieces = []
    position = 0
    for index in range(len(found) - 2):
        if _names_processes(found[index : index + 3]):
            pieces += [sql[position : found[index].start], _VIEW]
            position = found[index + 2].end
    return "".join([*pieces, sql[position:]]) if pieces else None


def condition_of_kill(sql: str) -> tuple[str, str] | None:
    """Return the condition of a ``KILL QUERY`` and what follows it; ``None`` if it is another statement."""
    found = list(tokens(sql))
    if [token.keyword for token in found[:2]] != ["KILL", "QUERY"]:
        return None
    start = next((token.end for token in found if token.keyword == "WHERE" and token.depth == 0), None)
    if start is None:
        return None
    words = ("SYNC", "ASYNC", "TEST")
    end = next((token.start for token in found if token.start >= start and token.keyword in words), len(sql))
    return sql[start:end].rstrip().rstrip(";"), sql[end:]


def kill_statement(query_id: str) -> str:
    """Return the statement that stops the one that runs under an id."""
    return f"KILL QUERY WHERE Settings['{ID_SETTING}'] = {quoted(query_id)} ASYNC"


def _names_processes(three: list[Token]) -> bool:
    first, dot, last = three
    return first.name == "system" and dot.text == "." and last.name == "processes"
