"""The HTTP interface as its documentation describes it; runs on the embedded server and on a real one alike."""

from __future__ import annotations

import gzip
import json
import threading
import time
import uuid
import zlib
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]
import httpx
import lz4.frame
import pytest
import zstandard

from tests.waiting import wait_until

SLEEPS = (
    "SELECT sleepEachRow(0.1) FROM numbers(600) "
    "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
)


def running(http: httpx.Client, query_id: str) -> int:
    return int(
        http.post(
            "/",
            params={"param_id": query_id},
            content="SELECT count() FROM system.processes WHERE query_id = {id:String}",
        ).text
    )


@pytest.mark.parametrize("path", ["/", "/ping", "/replicas_status"])
def test_health_path_answers_ok(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.text) == (200, "Ok.\n")


def test_unknown_path_is_not_found(http: httpx.Client) -> None:
    assert http.get("/nope").status_code == 404


def test_statement_is_taken_from_the_url_the_body_or_both(http: httpx.Client) -> None:
    assert http.get("/", params={"query": "SELECT 1"}).text == "1\n"
    assert http.post("/", content="SELECT 2").text == "2\n"
    assert http.post("/", params={"query": "SELECT"}, content="3").text == "3\n"


def test_empty_statement_is_a_syntax_error(http: httpx.Client) -> None:
    answer = http.post("/", content=" ")
    assert answer.status_code == 400
    assert answer.headers["X-ClickHouse-Exception-Code"] == "62"


@pytest.mark.parametrize(
    ("how", "format_name"),
    [
        ({}, "TabSeparated"),
        ({"default_format": "CSV"}, "CSV"),
        ({"default_format": "JSONEachRow"}, "JSONEachRow"),
    ],
)
def test_result_has_the_default_format_when_the_statement_names_none(
    http: httpx.Client, how: dict[str, str], format_name: str
) -> None:
    answer = http.get("/", params={"query": "SELECT 'x' AS a", **how})
    assert answer.headers["X-ClickHouse-Format"] == format_name
    assert answer.text == {"TabSeparated": "x\n", "CSV": '"x"\n', "JSONEachRow": '{"a":"x"}\n'}[format_name]


def test_format_header_is_the_default_format(http: httpx.Client) -> None:
    assert http.post("/", content="SELECT 'x'", headers={"X-ClickHouse-Format": "CSV"}).text == '"x"\n'


def test_answer_says_query_id_time_zone_and_summary(http: httpx.Client) -> None:
    query_id = f"contract-{uuid.uuid4()}"
    answer = http.post("/", params={"query_id": query_id}, content="SELECT number FROM numbers(5)")
    assert answer.headers["X-ClickHouse-Query-Id"] == query_id
    assert answer.headers["X-ClickHouse-Timezone"]
    assert answer.headers["X-ClickHouse-Server-Display-Name"]
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"] == "5"


def test_insert_answers_the_rows_written(http: httpx.Client, table: str) -> None:
    answer = http.post("/", params={"query": f"INSERT INTO {table} FORMAT CSV"}, content="1,x\n2,y\n")
    assert answer.status_code == 200
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"


@pytest.mark.parametrize(
    "format_name", ["JSON", "CSV", "Parquet", "Arrow", "ArrowStream", "Native", "Pretty", "XML"]
)
def test_large_result_is_one_document_in_every_format(http: httpx.Client, format_name: str) -> None:
    whole = http.post("/", content=f"SELECT number FROM numbers(300000) FORMAT {format_name}").content
    first, last = {
        "JSON": (b"{", b"}\n"),
        "CSV": (b"0\n", b"299999\n"),
        "Parquet": (b"PAR1", b"PAR1"),
        "Arrow": (b"ARROW1", b"ARROW1"),
        "ArrowStream": (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"),
        "Native": (b"\x01", b"\x00"),
        "XML": (b"<?xml", b"</result>\n"),
        "Pretty": (b" ", b"\n"),
    }[format_name]
    assert whole.startswith(first)
    assert whole.endswith(last)
    if format_name == "JSON":
        assert len(json.loads(whole)["data"]) == 300000


def test_parameter_is_a_value_and_never_sql(http: httpx.Client) -> None:
    tricky = "x' OR 1=1 -- \\t"
    answer = http.get("/", params={"query": "SELECT {v:String}", "param_v": tricky.replace("\\", "\\\\")})
    assert answer.text == tricky.replace("\\", "\\\\").replace("'", "\\'") + "\n"
    names = {"param_d": "system", "param_t": "one"}
    named = http.get("/", params={"query": "SELECT count() FROM {d:Identifier}.{t:Identifier}", **names})
    assert named.text == "1\n"


def test_settings_of_one_request_are_not_those_of_the_next(http: httpx.Client) -> None:
    asking = "SELECT getSetting('max_block_size')"
    assert http.get("/", params={"query": asking, "max_block_size": "77"}).text == "77\n"
    assert http.get("/", params={"query": asking}).text != "77\n"


def test_database_is_where_names_are_looked_up(http: httpx.Client) -> None:
    assert http.get("/", params={"query": "SELECT count() FROM one", "database": "system"}).text == "1\n"
    missing = http.get("/", params={"query": "SELECT 1", "database": "nope"})
    assert missing.status_code == 404
    assert missing.headers["X-ClickHouse-Exception-Code"] == "81"


@pytest.mark.parametrize(
    ("statement", "parameters", "status", "code"),
    [
        ("SELEC 1", {}, 400, 62),
        ("SELECT nope", {}, 404, 47),
        ("SELECT * FROM nope", {}, 404, 60),
        ("SELECT nope()", {}, 404, 46),
        ("SELECT 1 FORMAT Nope", {}, 404, 73),
        ("SELECT 1", {"nope": "1"}, 404, 115),
        ("SELECT toInt8('x')", {}, 400, 6),
        ("SELECT throwIf(1)", {}, 500, 395),
        ("SELECT {x:UInt8}", {}, 400, 456),
        (
            "SELECT sleepEachRow(1) FROM numbers(3)",
            {"max_execution_time": "0.5", "max_block_size": "1"},
            408,
            159,
        ),
    ],
)
def test_error_has_status_code_and_text(
    http: httpx.Client, statement: str, parameters: dict[str, str], status: int, code: int
) -> None:
    answer = http.post("/", params=parameters, content=statement)
    assert answer.headers["X-ClickHouse-Exception-Code"] == str(code)
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    # which status a missing parameter has changed between versions
    assert answer.status_code in {status, 500}


def test_error_in_mid_stream_breaks_the_answer_off_with_the_error_in_it(http: httpx.Client) -> None:
    got = bytearray()
    statement = "SELECT throwIf(number = 3000000) FROM numbers(9000000)"
    with http.stream("POST", "/", content=statement) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(piece for pieces in answer.iter_raw() for piece in _kept(got, pieces))
    assert b"Code: 395. DB::Exception: " in got[-2000:]
    tag = answer.headers.get("X-ClickHouse-Exception-Tag", "")
    assert bytes(got).rstrip().endswith(f"{tag}\r\n__exception__".encode())


def _kept(got: bytearray, piece: bytes) -> bytes:
    got += piece
    return b""


def test_error_is_whole_when_the_client_waits_for_the_end(http: httpx.Client) -> None:
    answer = http.post(
        "/",
        params={"wait_end_of_query": "1"},
        content="SELECT throwIf(number = 3000000) FROM numbers(9000000)",
    )
    assert answer.status_code == 500
    assert answer.text.startswith("Code: 395.")


def test_result_larger_than_the_buffer_is_whole_when_the_client_waits_for_the_end(http: httpx.Client) -> None:
    waits = {"wait_end_of_query": "1", "buffer_size": "1000"}
    answer = http.post("/", params=waits, content="SELECT number FROM numbers(1000000)")
    assert answer.text.count("\n") == 1000000
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"] == "1000000"


def test_get_only_reads(http: httpx.Client, table: str) -> None:
    refused = http.get("/", params={"query": f"INSERT INTO {table} VALUES (1, 'x')"})
    assert refused.headers["X-ClickHouse-Exception-Code"] == "164"
    assert http.get("/", params={"query": f"SELECT count() FROM {table}"}).text == "0\n"


def test_readonly_request_only_reads(http: httpx.Client, table: str) -> None:
    for level in ("1", "2"):
        refused = http.post("/", params={"readonly": level}, content=f"DROP TABLE {table}")
        assert refused.headers["X-ClickHouse-Exception-Code"] == "164"
        assert http.post("/", params={"readonly": level}, content="SELECT 1").text == "1\n"


def test_session_keeps_settings_and_temporary_tables_apart(http: httpx.Client) -> None:
    mine, other = ({"session_id": str(uuid.uuid4())} for _ in range(2))
    http.post("/", params=mine, content="SET max_block_size = 99")
    http.post("/", params=mine, content="CREATE TEMPORARY TABLE kept (a UInt8)")
    http.post("/", params=mine, content="INSERT INTO kept VALUES (7)")
    asking = "SELECT a, getSetting('max_block_size') FROM kept"
    assert http.post("/", params={**mine, "max_threads": "1"}, content=asking).text == "7\t99\n"
    assert http.post("/", params=mine, content=asking).text == "7\t99\n"
    assert http.post("/", params=other, content=asking).headers["X-ClickHouse-Exception-Code"] == "60"
    assert http.post("/", content=asking).headers["X-ClickHouse-Exception-Code"] == "60"


def test_session_setting_of_one_request_is_gone_in_the_next(http: httpx.Client) -> None:
    session = {"session_id": str(uuid.uuid4())}
    http.post("/", params=session, content="CREATE TEMPORARY TABLE kept (a UInt8)")
    asking = "SELECT getSetting('max_block_size')"
    assert http.post("/", params={**session, "max_block_size": "55"}, content=asking).text == "55\n"
    assert http.post("/", params=session, content=asking).text != "55\n"


def test_session_check_refuses_a_session_that_is_not_there(http: httpx.Client) -> None:
    answer = http.post(
        "/", params={"session_id": str(uuid.uuid4()), "session_check": "1"}, content="SELECT 1"
    )
    assert answer.headers["X-ClickHouse-Exception-Code"] == "372"


def test_session_ends_after_its_timeout(http: httpx.Client) -> None:
    session = {"session_id": str(uuid.uuid4()), "session_timeout": "1"}
    http.post("/", params=session, content="CREATE TEMPORARY TABLE kept (a UInt8)")
    checked = {**session, "session_check": "1"}

    def ended() -> bool:
        answer = http.post("/", params={**checked, "session_timeout": "1"}, content="SELECT 1")
        if answer.headers.get("X-ClickHouse-Exception-Code") == "372":
            return True
        time.sleep(1.2)
        return False

    wait_until(ended, "the session is gone", seconds=10)


def test_session_is_locked_while_a_request_runs_in_it(http: httpx.Client, server_url: str) -> None:
    session = {"session_id": str(uuid.uuid4()), "query_id": str(uuid.uuid4())}
    with httpx.Client(base_url=server_url, timeout=60) as other:
        thread = threading.Thread(target=lambda: other.post("/", params=session, content=SLEEPS))
        thread.start()
        wait_until(lambda: running(http, session["query_id"]), "the first statement runs")
        locked = http.post("/", params={"session_id": session["session_id"]}, content="SELECT 1")
        assert locked.headers["X-ClickHouse-Exception-Code"] == "373"
        http.post("/", content=f"KILL QUERY WHERE query_id = '{session['query_id']}' ASYNC")
        thread.join()


def test_external_tables_come_with_the_query(http: httpx.Client) -> None:
    answer = http.post(
        "/",
        params={"query": "SELECT l.a, r.b FROM l JOIN r ON l.a = r.a ORDER BY ALL", "l_structure": "a UInt8",
                "r_structure": "a UInt8, b String", "r_format": "CSV"},
        files={"l": ("l", b"1\n2\n3\n"), "r": ("r", b"2,two\n3,three\n")},
    )  # fmt: skip
    assert answer.text == "2\ttwo\n3\tthree\n"
    typed = http.post(
        "/", params={"query": "SELECT sum(_1) FROM n", "n_types": "UInt8"}, files={"n": ("n", b"4\n5\n")}
    )
    assert typed.text == "9\n"


def test_form_field_is_a_parameter(http: httpx.Client) -> None:
    fields = {"query": (None, "SELECT {x:UInt8} + 1"), "param_x": (None, "41")}
    assert http.post("/", files=fields).text == "42\n"


COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
}
DECOMPRESS = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "lz4": lz4.frame.decompress,
}


@pytest.mark.parametrize("encoding", list(COMPRESS))
def test_body_may_be_compressed(http: httpx.Client, table: str, encoding: str) -> None:
    rows = b"".join(b"%d,text %d\n" % (number, number) for number in range(50_000))
    sent = http.post(
        "/",
        params={"query": f"INSERT INTO {table} FORMAT CSV"},
        content=COMPRESS[encoding](rows),
        headers={"Content-Encoding": encoding},
    )
    assert sent.status_code == 200, sent.text
    assert http.post("/", content=f"SELECT count(), max(a) FROM {table}").text == "50000\t49999\n"


@pytest.mark.parametrize("encoding", list(COMPRESS))
def test_answer_is_compressed_when_both_sides_want_it(http: httpx.Client, encoding: str) -> None:
    asking = {"Accept-Encoding": encoding}
    statement = "SELECT number FROM numbers(400000)"
    with http.stream(
        "POST", "/", params={"enable_http_compression": "1"}, content=statement, headers=asking
    ) as answer:
        assert answer.headers["Content-Encoding"] == encoding
        packed = b"".join(answer.iter_raw())
    plain = http.post("/", content=statement, headers=asking)
    assert "Content-Encoding" not in plain.headers
    assert DECOMPRESS[encoding](packed) == plain.content


def test_body_that_is_not_what_its_encoding_says_is_refused(http: httpx.Client, table: str) -> None:
    answer = http.post(
        "/",
        params={"query": f"INSERT INTO {table} FORMAT CSV"},
        content=b"1,x\n",
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status_code >= 400
    assert http.post("/", content=f"SELECT count() FROM {table}").text == "0\n"


def test_rows_are_streamed_in(http: httpx.Client, table: str) -> None:
    def rows() -> Iterator[bytes]:
        yield f"INSERT INTO {table} FORMAT JSONEachRow ".encode()
        for number in range(300):
            yield b"".join(b'{"a":%d,"b":"x"}\n' % (number * 100 + index) for index in range(100))

    assert http.post("/", content=rows()).status_code == 200
    assert http.post("/", content=f"SELECT count(), sum(a) FROM {table}").text == "30000\t449985000\n"


def test_insert_select_reads_the_rows_by_input(http: httpx.Client, table: str) -> None:
    statement = f"INSERT INTO {table} SELECT a * 10, upper(b) FROM input('a UInt64, b String') FORMAT CSV\n"
    assert http.post("/", content=f"{statement}1,x\n2,y\n").status_code == 200
    assert http.post("/", content=f"SELECT * FROM {table} ORDER BY a").text == "10\tX\n20\tY\n"


def test_insert_writes_nothing_when_a_row_does_not_parse(http: httpx.Client, table: str) -> None:
    answer = http.post("/", params={"query": f"INSERT INTO {table} FORMAT CSV"}, content="1,x\nnope,y\n")
    assert answer.status_code == 400
    assert answer.headers["X-ClickHouse-Exception-Code"] == "27"
    assert http.post("/", content=f"SELECT count() FROM {table}").text == "0\n"


def test_reader_is_answered_while_an_insert_runs(http: httpx.Client, server_url: str, table: str) -> None:
    go_on = threading.Event()
    query_id = str(uuid.uuid4())

    def rows() -> Iterator[bytes]:
        yield b"1,x\n"
        assert go_on.wait(30)
        yield b"2,y\n"

    def insert() -> None:
        with httpx.Client(base_url=server_url, timeout=60) as other:
            other.post(
                "/", params={"query": f"INSERT INTO {table} FORMAT CSV", "query_id": query_id}, content=rows()
            )

    thread = threading.Thread(target=insert)
    thread.start()
    wait_until(lambda: running(http, query_id), "the insert runs")
    assert http.post("/", content=f"SELECT count() FROM {table}").text == "0\n"
    go_on.set()
    thread.join()
    assert http.post("/", content=f"SELECT count() FROM {table}").text == "2\n"


def test_query_stops_when_its_client_goes_away(http: httpx.Client, server_url: str) -> None:
    query_id = str(uuid.uuid4())
    parameters = {"query_id": query_id, "cancel_http_readonly_queries_on_client_close": "1"}
    with httpx.Client(base_url=server_url, timeout=1.0) as other, pytest.raises(httpx.ReadTimeout):
        other.post("/", params=parameters, content=SLEEPS)
    wait_until(lambda: running(http, query_id) == 0, "the statement is gone", seconds=10)


def test_query_is_killed_by_its_id(http: httpx.Client, server_url: str) -> None:
    query_id = str(uuid.uuid4())
    answers: list[httpx.Response] = []

    def ask() -> None:
        with httpx.Client(base_url=server_url, timeout=60) as other:
            answers.append(
                other.post("/", params={"query_id": query_id, "wait_end_of_query": "1"}, content=SLEEPS)
            )

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: running(http, query_id), "the statement runs")
    http.post("/", content=f"KILL QUERY WHERE query_id = '{query_id}' SYNC")
    thread.join()
    assert answers[0].headers["X-ClickHouse-Exception-Code"] == "394"


def test_query_id_that_runs_already_is_refused(http: httpx.Client, server_url: str) -> None:
    query_id = str(uuid.uuid4())
    with httpx.Client(base_url=server_url, timeout=60) as other:
        thread = threading.Thread(
            target=lambda: other.post("/", params={"query_id": query_id}, content=SLEEPS)
        )
        thread.start()
        wait_until(lambda: running(http, query_id), "the statement runs")
        twice = http.post("/", params={"query_id": query_id}, content="SELECT 1")
        assert twice.headers["X-ClickHouse-Exception-Code"] == "216"
        http.post("/", content=f"KILL QUERY WHERE query_id = '{query_id}' SYNC")
        thread.join()


def test_result_limit_is_passed_on(http: httpx.Client) -> None:
    answer = http.post("/", params={"max_result_rows": "10"}, content="SELECT number FROM numbers(100)")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "396"


def test_head_is_answered_without_a_body(http: httpx.Client) -> None:
    answer = http.head("/ping")
    assert (answer.status_code, answer.content) == (200, b"")
