"""The HTTP interface judged by clickhouse-connect, the official client for Python."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

COLUMNS = (
    "a UInt64, b LowCardinality(String), c Nullable(Float64), d DateTime64(3, 'UTC'), e Array(String), "
    "f Map(String, UInt8), g Decimal(18, 4), h UUID, i Tuple(x Int32, y String), j FixedString(3)"
)


def connect(server_url: str, **more: Any) -> Any:
    address = urlsplit(server_url)
    return clickhouse_connect.get_client(host=address.hostname, port=address.port, **more)


@pytest.fixture
def client(server_url: str) -> Iterator[Any]:
    client = connect(server_url)
    yield client
    client.close()


def row(number: int) -> list[Any]:
    text = f"text {number}"
    moment = datetime(2026, 1, 1, 0, 0, number % 60, 5000, tzinfo=UTC)
    value = None if number % 3 == 0 else number / 2
    return [
        *(number, text, value, moment, [text, ""], {"k": number % 256}),
        *(number, uuid.UUID(int=number), (number, text), b"abc"),
    ]


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip", "br"])
def test_rows_of_every_kind_come_back_as_they_went(server_url: str, compress: bool | str) -> None:
    client = connect(server_url, compress=compress)
    name = f"connect_{uuid.uuid4().hex[:12]}"
    client.command(f"CREATE TABLE {name} ({COLUMNS}) ENGINE = MergeTree ORDER BY a")
    sent = [row(number) for number in range(5000)]
    assert client.insert(name, sent).written_rows == 5000
    result = client.query(f"SELECT * FROM {name} ORDER BY a", query_tz="UTC", column_formats={"j": "bytes"})
    assert result.row_count == 5000
    got = result.result_rows[4999]
    assert [*got[:3], *got[4:6]] == [*sent[4999][:3], *sent[4999][4:6]]
    assert int(result.summary["read_rows"]) == 5000
    client.command(f"DROP TABLE {name}")
    client.close()


def test_arrow_goes_in_and_comes_out(client: Any) -> None:
    name = f"connect_{uuid.uuid4().hex[:12]}"
    client.command(f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    table = pa.table({"a": pa.array(range(1000), pa.uint64()), "b": [f"x{number}" for number in range(1000)]})
    client.insert_arrow(name, table)
    got = client.query_arrow(f"SELECT * FROM {name} ORDER BY a", use_strings=True)
    assert got.to_pylist() == table.to_pylist()
    client.command(f"DROP TABLE {name}")


def test_numpy_result_is_columns(client: Any) -> None:
    assert client.query_np("SELECT number, number * 2 AS two FROM numbers(4)").tolist() == [
        [0, 0],
        [1, 2],
        [2, 4],
        [3, 6],
    ]


def test_result_is_streamed_block_by_block(client: Any) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(500000)") as stream:
        sizes = [len(block) for block in stream]
    assert sum(sizes) == 500000
    assert len(sizes) > 1


def test_raw_insert_and_raw_query_take_any_format(client: Any) -> None:
    name = f"connect_{uuid.uuid4().hex[:12]}"
    client.command(f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    client.raw_insert(name, insert_block=(b"%d,x\n" % number for number in range(1000)), fmt="CSV")
    assert client.raw_query(f"SELECT count() FROM {name}", fmt="JSONEachRow") == b'{"count()":1000}\n'
    client.command(f"DROP TABLE {name}")


def test_parameters_are_bound_by_the_server(client: Any) -> None:
    given = {"text": "it's\n\\ here", "numbers": [1, 2], "moment": datetime(2026, 1, 1, tzinfo=UTC)}
    sql = "SELECT {text:String}, {numbers:Array(UInt8)}, {moment:DateTime}"
    assert client.query(sql, parameters=given).result_rows[0][:2] == (given["text"], given["numbers"])


def test_external_data_is_a_table(client: Any) -> None:
    data = ExternalData(data=b"1,x\n2,y\n", file_name="given", fmt="CSV", structure=["a UInt8", "b String"])
    assert client.query("SELECT b FROM given WHERE a = 2", external_data=data).result_rows == [("y",)]


def test_session_keeps_its_temporary_table(client: Any, server_url: str) -> None:
    client.command("CREATE TEMPORARY TABLE kept (a UInt8)")
    client.insert("kept", [[7]])
    assert client.command("SELECT a FROM kept") == 7
    other = connect(server_url)
    with pytest.raises(DatabaseError) as refused:
        other.query("SELECT a FROM kept")
    assert refused.value.code == 60
    other.close()


def test_setting_is_in_force(client: Any) -> None:
    assert client.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 5}).first_row == (
        5,
    )
    client.set_client_setting("max_threads", 1)
    assert client.command("SELECT getSetting('max_threads')") == 1


def test_error_carries_code_and_name(client: Any) -> None:
    with pytest.raises(DatabaseError) as refused:
        client.query("SELECT * FROM nope")
    assert (refused.value.code, refused.value.name) == (60, "UNKNOWN_TABLE")


def test_error_in_mid_stream_is_raised(client: Any) -> None:
    client.set_client_setting("wait_end_of_query", "0")
    with (
        pytest.raises(StreamFailureError, match="395"),
        client.query_row_block_stream("SELECT throwIf(number = 5000000) FROM numbers(9000000)") as stream,
    ):
        for _ in stream:
            pass


async def test_asynchronous_client_asks_many_things_at_once(server_url: str) -> None:
    import asyncio

    address = urlsplit(server_url)
    client = await clickhouse_connect.get_async_client(
        host=address.hostname, port=address.port, autogenerate_session_id=False
    )
    answers = await asyncio.gather(*(client.query(f"SELECT {number}") for number in range(10)))
    assert [answer.first_row[0] for answer in answers] == list(range(10))
    result = client.close()
    if result is not None:
        await result


def test_small_query_is_quick_on_an_open_connection(client: Any) -> None:
    client.command("SELECT 1")
    taken = []
    for _ in range(50):
        start = time.perf_counter()
        client.command("SELECT 1")
        taken.append(time.perf_counter() - start)
    # the benchmark says how quick; here a server that waits for a timer would show
    assert sorted(taken)[25] < 0.1
