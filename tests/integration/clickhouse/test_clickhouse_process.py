"""The embedded ClickHouse as a process: its directory, its end, and what it survives and refuses."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.integration.clickhouse.conftest import EmbeddedServer, command
from tests.waiting import wait_until

IDLE_BYTES_MAX = 600 * 1024 * 1024
EXIT_WRONG_USE = 2
CONNECTIONS = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server with a password, for tests that leave it running."""
    server = EmbeddedServer(tmp_path_factory.mktemp("clickhouse-process") / "data", password="secret")
    yield server
    assert server.stop() == 0, server.log()


def ask(server: EmbeddedServer, statement: str, **more: object) -> httpx.Response:
    return httpx.post(server.url, content=statement, auth=("default", "secret"), timeout=60.0, **more)  # type: ignore[arg-type]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command(), *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_second_process_on_a_directory_ends_with_the_holders_pid(server: EmbeddedServer) -> None:
    second = run("--port", "0", "--data", str(server.data))
    assert second.returncode == EXIT_WRONG_USE
    assert f"in use by process {server.process.pid}" in second.stderr
    assert "Expected: " in second.stderr
    assert "To do: " in second.stderr


def test_taken_port_is_told_before_anything_is_started(server: EmbeddedServer, tmp_path: Path) -> None:
    port = str(urlsplit(server.url).port)
    second = run("--port", port, "--data", str(tmp_path / "data"))
    assert second.returncode == EXIT_WRONG_USE
    assert f"127.0.0.1:{port} is taken" in second.stderr
    assert not (tmp_path / "data").exists()


def test_directory_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "format-version").write_text("999\n")
    refused = run("--port", "0", "--data", str(tmp_path))
    assert refused.returncode == EXIT_WRONG_USE
    assert "format version '999'" in refused.stderr
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["format-version", "lock"]


def test_acknowledged_rows_are_there_after_a_kill(tmp_path: Path) -> None:
    first = EmbeddedServer(tmp_path / "data")
    acknowledged: list[int] = []
    with httpx.Client(base_url=first.url, timeout=60) as http:
        http.post(
            "/", content="CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a"
        ).raise_for_status()

        def insert() -> None:
            for number in range(100_000):
                try:
                    http.post(
                        "/", content=f"INSERT INTO t SELECT {number}, 'x' FROM numbers(10)"
                    ).raise_for_status()
                except httpx.HTTPError:
                    return
                acknowledged.append(number)

        thread = threading.Thread(target=insert)
        thread.start()
        wait_until(lambda: len(acknowledged) >= 40, "forty inserts are acknowledged")
        first.kill()
        thread.join()
    second = EmbeddedServer(tmp_path / "data")
    found = httpx.post(second.url, content="SELECT a, count() FROM t GROUP BY a ORDER BY a", timeout=60).text
    counts: dict[int, int] = {}
    for line in found.splitlines():
        number, count = line.split("	")
        counts[int(number)] = int(count)
    assert [counts.get(number) for number in acknowledged] == [10] * len(acknowledged)
    # of the insert that was not acknowledged all rows are there, or none
    assert set(counts.values()) == {10}
    assert second.stop() == 0


def test_stop_closes_the_engine_and_keeps_everything(tmp_path: Path) -> None:
    first = EmbeddedServer(tmp_path / "data")
    for statement in (
        "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO t VALUES (1), (2)",
    ):
        httpx.post(first.url, content=statement, timeout=60).raise_for_status()
    assert first.stop() == 0
    assert '"clickhouse_stopped"' in first.log()
    second = EmbeddedServer(tmp_path / "data")
    assert httpx.post(second.url, content="SELECT sum(a) FROM t", timeout=60).text == "3\n"
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({}, 401, "194"),
        ({"auth": ("default", "wrong")}, 403, "516"),
        ({"auth": ("nobody", "secret")}, 403, "516"),
        ({"params": {"user": "default", "password": "wrong"}}, 403, "516"),
        ({"auth": ("default", "secret"), "params": {"user": "default"}}, 403, "516"),
        ({"headers": {"Authorization": "Bearer secret"}}, 403, "516"),
        ({"auth": ("default", "secret")}, 200, None),
        ({"headers": {"X-ClickHouse-User": "default", "X-ClickHouse-Key": "secret"}}, 200, None),
        ({"params": {"user": "default", "password": "secret"}}, 200, None),
    ],
)
def test_password_is_asked_for(
    server: EmbeddedServer, arguments: dict[str, object], status: int, code: str | None
) -> None:
    answer = httpx.post(server.url, content="SELECT 1", timeout=60.0, **arguments)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers.get("X-ClickHouse-Exception-Code")) == (status, code)
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Host": "evil.example:8123"}]
)
def test_web_page_cannot_reach_the_server(server: EmbeddedServer, headers: dict[str, str]) -> None:
    assert ask(server, "SELECT 1", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT * FROM file('/etc/passwd', LineAsString)", 497),
        ("SELECT * FROM `FILE`('/etc/passwd')", 497),
        ("SELECT file('/etc/passwd')", 497),
        ("SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int8')", 497),
        ("SELECT * FROM s3('http://127.0.0.1:1/x', CSV)", 497),
        ("SELECT * FROM executable('ls', CSV, 'a String')", 497),
        ("SELECT * FROM remote('127.0.0.1', system.one)", 497),
        ("INSERT INTO FUNCTION file('/tmp/crosscurrent-no', CSV) SELECT 1", 497),
        ("SELECT 1 INTO OUTFILE '/tmp/crosscurrent-no'", 497),
        ("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 497),
        ("BACKUP DATABASE default TO File('/tmp/crosscurrent-no')", 497),
        ("SYSTEM SHUTDOWN", 497),
        ("CREATE TABLE x (a Int8) ENGINE = URL('http://127.0.0.1:1/', CSV)", 48),
        ("CREATE TABLE x (a Int8) ENGINE = KeeperMap('/x') PRIMARY KEY a", 48),
        ("CREATE TABLE x ON CLUSTER c (a Int8) ENGINE = Memory", 48),
        ("CREATE TABLE x (a Int8) ENGINE = ReplicatedMergeTree('/x', 'r') ORDER BY a", 48),
        ("CREATE DATABASE x ENGINE = MySQL('h', 'd', 'u', 'p')", 48),
        ("CREATE USER x", 48),
        ("CREATE ROW POLICY p ON t USING 1", 48),
        ("GRANT SELECT ON *.* TO default", 48),
        ("SET ROLE x", 48),
    ],
)
def test_what_the_embedded_server_lacks_or_refuses_is_said(
    server: EmbeddedServer, statement: str, code: int
) -> None:
    answer = ask(server, statement)
    assert answer.headers["X-ClickHouse-Exception-Code"] == str(code)
    assert "embedded ClickHouse" in answer.text
    assert answer.status_code in {403, 501}


def test_statement_that_needs_too_much_memory_fails_alone(server: EmbeddedServer) -> None:
    limit = {"max_memory_usage": "100000000", "max_bytes_before_external_group_by": "0"}
    answer = ask(server, "SELECT groupArray(number) FROM numbers(100000000)", params=limit)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "241"
    assert ask(server, "SELECT 1").text == "1\n"


def test_insert_whose_client_dies_half_way_writes_nothing(server: EmbeddedServer) -> None:
    ask(server, "CREATE TABLE IF NOT EXISTS half (a UInt64) ENGINE = MergeTree ORDER BY a")
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            b"POST /?query=INSERT+INTO+half+FORMAT+CSV&query_id=half&user=default&password=secret HTTP/1.1\r\n"
            b"Host: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n" + b"1\n" * 1000
        )
        running = "SELECT count() FROM system.processes WHERE query_id = 'half'"
        wait_until(lambda: ask(server, running).text == "1\n", "the insert runs")
    wait_until(lambda: ask(server, running).text == "0\n", "the insert is gone")
    assert ask(server, "SELECT count() FROM half").text == "0\n"


def test_idle_connections_do_not_keep_others_out(server: EmbeddedServer) -> None:
    address = urlsplit(server.url)
    idle = [socket.create_connection((address.hostname, address.port)) for _ in range(CONNECTIONS)]
    try:
        assert ask(server, "SELECT 1").text == "1\n"
    finally:
        for connection in idle:
            connection.close()


def test_large_result_and_insert_leave_the_memory_bounded(server: EmbeddedServer) -> None:
    ask(server, "CREATE TABLE IF NOT EXISTS big (a UInt64) ENGINE = Null")
    resident = psutil.Process(server.process.pid).memory_info
    with httpx.stream(
        "POST",
        server.url,
        content="SELECT number FROM numbers(30000000)",
        auth=("default", "secret"),
        timeout=60,
    ) as answer:
        for _ in answer.iter_raw():
            pass
    piece = b"12345678\n" * 100_000
    rows = (piece for _ in range(200))
    sent = httpx.post(
        server.url,
        params={"query": "INSERT INTO big FORMAT CSV"},
        content=rows,
        auth=("default", "secret"),
        timeout=60,
    )
    assert sent.status_code == 200, sent.text
    assert resident().rss < IDLE_BYTES_MAX


def test_slow_reader_holds_up_nobody_else(server: EmbeddedServer) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            b"GET /?query=SELECT+number+FROM+system.numbers&user=default&password=secret HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert ask(server, "SELECT 1").text == "1\n"
    running = "SELECT count() FROM system.processes WHERE query LIKE '%FROM system.numbers%' AND query NOT LIKE '%LIKE%'"
    wait_until(lambda: ask(server, running).text == "0\n", "the endless statement is gone")


def test_statements_at_once_are_all_answered(server: EmbeddedServer) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(ask(server, "SELECT sum(number) FROM numbers(1000)").text)
        )
        for _ in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["499500\n"] * 24
