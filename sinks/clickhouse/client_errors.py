"""What the errors of clickhouse_connect mean to us: what to try again, what to bury, and what to tell a person."""

from __future__ import annotations

import re

from urllib3.exceptions import NewConnectionError

from crosscurrent.errors import Fatal, Poison, Transient, WrongUse
from crosscurrent.settings import Settings

_TEXT_SHOWN_MAX = 500
_WORDS_SHOWN_MAX = 2000

# codes of src/Common/ErrorCodes.cpp that speak of the data, so no repetition helps
_DATA_CODES = frozenset({6, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 131, 349, 376, 407, 441, 691})
_ACCESS_CODES = frozenset({192, 193, 194, 291, 497, 516})


def translated(error: Exception, code: int | None, settings: Settings) -> Transient | Poison | Fatal:
    """Return our error for one of the client library or of the connection below it.

    Args:
        error: what was raised.
        code: ClickHouse's number of the error; None if it is none of ClickHouse's.
        settings: where ClickHouse is, and as whom it is asked.
    """
    where, text = settings.clickhouse_url, str(error).strip()[:_TEXT_SHOWN_MAX]
    if code in _ACCESS_CODES:
        return Fatal(
            f"ClickHouse at {where} refuses user {settings.clickhouse.user}: {text}",
            expected="a user that may read and write the database",
            todo="set CROSSCURRENT_CLICKHOUSE__USER and CROSSCURRENT_CLICKHOUSE__PASSWORD",
            code=code,
        )
    if code in _DATA_CODES:
        return Poison(
            f"ClickHouse refuses a value: {text}",
            expected="values that fit their columns",
            todo="look at the dead letter",
            code=code,
        )
    unreachable = _why_unreachable(error)
    if unreachable is not None:
        return Transient(
            f"no ClickHouse answers at {where} ({unreachable})",
            expected="a reachable ClickHouse server",
            todo="start the embedded home with `crosscurrent up`, or set CROSSCURRENT_CLICKHOUSE__URL",
        )
    return Transient(
        f"ClickHouse at {where} does not do what is asked: {text}",
        expected="an answer without an error",
        todo="check that it runs (`crosscurrent status`) and has room; it is tried again",
        code=code,
    )


def refusal(error: Exception, code: int | None, settings: Settings) -> WrongUse | Fatal:
    """Return our error for a query of a person that ClickHouse does not accept.

    Args:
        error: what ClickHouse answered.
        code: its number of that.
        settings: where ClickHouse is, and as whom it is asked.
    """
    telling = translated(error, code, settings)
    if isinstance(telling, Fatal):
        return telling
    return WrongUse(
        own_words(str(error)),
        expected="a query that ClickHouse accepts and that changes nothing",
        todo="correct the query; `SHOW TABLES` and `DESCRIBE TABLE name` say what there is",
        code=code,
    )


def own_words(text: str) -> str:
    """Return what ClickHouse said, without what the client library puts around it."""
    match = re.search(r"DB::Exception:\s*(.*)", text, re.DOTALL)
    words = (match[1] if match else text).strip()
    words = re.sub(r"\s*\(for url [^)]*\)\s*$", "", words)
    # a syntax error lists every word of the language that could have stood there
    return re.sub(r"(Expected one of: .{200}).*?(?=\(SYNTAX_ERROR\)|$)", r"\1… ", words, flags=re.DOTALL)[
        :_WORDS_SHOWN_MAX
    ]


def _why_unreachable(error: BaseException) -> str | None:
    """Return what the system said of a connection that could not be made; None if that is not what went wrong."""
    made_none = False
    seen: BaseException | None = error
    while seen is not None:
        made_none = made_none or isinstance(seen, NewConnectionError)
        if made_none and isinstance(seen, OSError):
            return (seen.strerror or str(seen)).lower()
        reason = getattr(seen, "reason", None)
        seen = seen.__cause__ or seen.__context__ or (reason if isinstance(reason, BaseException) else None)
    return None
