"""Requests, access, sessions, forms and the data directory."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from crosscurrent.embedded.clickhouse.access import Access
from crosscurrent.embedded.clickhouse.data_directory import DataDirectory
from crosscurrent.embedded.clickhouse.failure import Failure
from crosscurrent.embedded.clickhouse.form import read_form
from crosscurrent.embedded.clickhouse.request import make_request
from crosscurrent.embedded.clickhouse.sessions import STATEMENTS_MAX, Sessions
from crosscurrent.errors import WrongUse

FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT 1\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="t"; filename="t.csv"\r\n\r\n1,x\r\n2,y\r\n--edge--\r\n'
)


def test_settings_are_what_the_interface_does_not_take_for_itself() -> None:
    items = [
        ("query", "SELECT 1"),
        ("max_threads", "2"),
        ("param_x", "1"),
        ("session_id", "s"),
        ("user", "u"),
    ]
    assert make_request("POST", items, {}).settings == {"max_threads": "2", "param_x": "1"}


def test_structure_of_an_external_table_is_no_setting() -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    request = make_request("POST", [("t_structure", "a Int8"), ("t_format", "CSV")], headers)
    assert request.settings == {}
    assert make_request("POST", [("t_format", "CSV")], {}).settings == {"t_format": "CSV"}


def test_get_reads_and_a_post_may_write() -> None:
    assert make_request("GET", [], {}).readonly_level == 2
    assert make_request("GET", [("readonly", "1")], {}).readonly_level == 1
    assert make_request("POST", [], {}).readonly_level == 0


def test_session_timeout_has_a_bound() -> None:
    with pytest.raises(Failure) as refused:
        _ = make_request("POST", [("session_timeout", "3601")], {}).session_timeout_seconds
    assert refused.value.code == 374


@pytest.mark.parametrize(
    ("items", "headers"),
    [
        ([("user", "u"), ("password", "p")], {}),
        ([], {"x-clickhouse-user": "u", "x-clickhouse-key": "p"}),
        ([], {"authorization": "Basic " + base64.b64encode(b"u:p").decode()}),
    ],
)
def test_credentials_come_three_ways(items: list[tuple[str, str]], headers: dict[str, str]) -> None:
    given = make_request("POST", items, headers).credentials
    assert (given.user, given.password) == ("u", "p")
    Access("u", "p", "127.0.0.1").check_credentials(make_request("POST", items, headers))


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost", "[::1]:80", "a.localhost", "10.0.0.1", ""])
def test_host_of_this_machine_is_let_in(host: str) -> None:
    Access("default", "", "127.0.0.1").check_origin({"host": host})


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "null"}, {"origin": "http://a.example"}]
)
def test_other_site_is_kept_out(headers: dict[str, str]) -> None:
    with pytest.raises(Failure):
        Access("default", "", "127.0.0.1").check_origin(headers)


async def test_session_is_for_one_request_at_a_time() -> None:
    sessions = Sessions()
    session = sessions.enter("s", must_exist=False)
    with pytest.raises(Failure, match="locked"):
        sessions.enter("s", must_exist=False)
    sessions.leave("s", timeout_seconds=60)
    assert sessions.enter("s", must_exist=True) is session
    for number in range(STATEMENTS_MAX):
        session.remember(f"SET a = {number}")
    with pytest.raises(Failure, match="at most"):
        session.remember("SET b = 1")
    sessions.close()
    with pytest.raises(Failure, match="not found"):
        sessions.enter("s", must_exist=True)


@pytest.mark.parametrize("step", [1, 10, 1000])
def test_form_is_read_in_pieces(step: int) -> None:
    pieces = (FORM[at : at + step] for at in range(0, len(FORM), step))
    found: dict[str, bytes] = {}
    for event in read_form("multipart/form-data; boundary=edge", pieces):
        found[event.part.name] = found.get(event.part.name, b"") + event.data
        assert event.part.is_file == (event.part.name == "t")
    assert found == {"query": b"SELECT 1", "t": b"1,x\r\n2,y"}


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_form_that_is_none_is_refused(content_type: str) -> None:
    with pytest.raises(Failure):
        list(read_form(content_type, [FORM]))


def test_directory_is_for_one_holder_at_a_time(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path)
    with pytest.raises(WrongUse, match="in use by process"):
        DataDirectory(tmp_path)
    first.close()
    DataDirectory(tmp_path).close()


def test_directory_that_cannot_be_made_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongUse, match="cannot be used"):
        DataDirectory(tmp_path / "file" / "data")
