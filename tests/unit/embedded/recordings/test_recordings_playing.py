"""Which recorded exchange answers a request, and what a directory must look like."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from crosscurrent.embedded.recordings import RecordedExchange, Recordings, read_exchanges
from crosscurrent.embedded.recordings.exchange import request_key
from crosscurrent.errors import WrongUse

REPOSITORY = "/repos/a/b"


def recorded(
    name: str, *, status: int = 200, etag: str | None = None, path: str | None = REPOSITORY
) -> RecordedExchange:
    headers = () if etag is None else (("etag", etag),)
    return RecordedExchange(
        "github", "repos", name, "GET", path, None, status, headers, Path(f"{name}.json"), "recorded"
    )


def names_played(recordings: Recordings, count: int, tag: str | None = None) -> list[str]:
    played = [recordings.play("github", "GET", REPOSITORY, None, tag) for _ in range(count)]
    return [f"{one.exchange.name}{' 304' if one.not_modified else ''}" if one else "none" for one in played]


def test_exchanges_of_one_request_are_played_in_order_and_the_last_stays() -> None:
    recordings = Recordings([recorded("1"), recorded("2"), recorded("3")])

    assert names_played(recordings, 5) == ["1", "2", "3", "3", "3"]


def test_recorded_304_is_played_to_a_caller_who_has_that_version() -> None:
    recordings = Recordings(
        [recorded("1", etag='W/"x"'), recorded("2", status=304, etag='"x"'), recorded("3", etag='W/"y"')]
    )

    assert names_played(recordings, 1) == ["1"]
    assert names_played(recordings, 2, 'W/"x"') == ["2 304", "3"]


def test_recorded_304_is_passed_over_for_a_caller_without_a_tag() -> None:
    recordings = Recordings([recorded("1", etag='"x"'), recorded("2", status=304, etag='"x"'), recorded("3")])

    assert names_played(recordings, 3) == ["1", "3", "3"]


def test_caller_with_the_recorded_tag_gets_a_304() -> None:
    recordings = Recordings([recorded("1", etag='W/"x"')])

    assert names_played(recordings, 2, '"x"') == ["1 304", "1 304"]
    assert names_played(recordings, 1, '"other"') == ["1"]


def test_recordings_of_304_alone_play_it() -> None:
    assert names_played(Recordings([recorded("1", status=304)]), 1) == ["1 304"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/x?a=1&b=2", "/x?b=2&a=1"),
        ("/x?a=1&appid=good", "/x?a=1"),
        ("/x?api_key=1&a=1", "/x?a=1&access_token=2"),
        ("/x/", "/x"),
    ],
)
def test_requests_are_the_same_whatever_the_order_and_the_secrets(one: str, other: str) -> None:
    assert request_key("get", one) == request_key("GET", other)


@pytest.mark.parametrize("other", ["/x?per_page=2", "/x", "/x?per_page=1&page=2", "/y?per_page=1"])
def test_requests_differ_in_all_else(other: str) -> None:
    assert request_key("GET", "/x?per_page=1") != request_key("GET", other)


def test_every_exchange_has_an_address_of_its_own() -> None:
    exchanges = [recorded("1"), recorded("2"), recorded("3", path="/other?a=1"), recorded("4", path=None)]
    recordings = Recordings(exchanges)

    assert [recordings.address(exchange) for exchange in exchanges] == [
        "/github/_recordings/repos/1",
        "/github/_recordings/repos/2",
        "/github/other?a=1",
        "/github/_recordings/repos/4",
    ]


def test_address_of_its_own_plays_just_that_exchange_however_often() -> None:
    recordings = Recordings([recorded("1"), recorded("2")])
    played = [recordings.play("github", "GET", "/_recordings/repos/1", None, None) for _ in range(3)]

    assert [one and one.exchange.name for one in played] == ["1", "1", "1"]


def test_requests_with_different_bodies_get_their_own_exchanges(tmp_path: Path) -> None:
    for name, query in (("one", "{a}"), ("two", "{b}")):
        write(tmp_path, f"graph/q/{name}.json", {"data": name})
        request = {"method": "POST", "url": "https://g.example/v1", "body": {"query": query, "variables": {}}}
        write(tmp_path, f"graph/q/{name}.headers.json", {"status": 200, "request": request, "headers": {}})
    recordings = Recordings(read_exchanges(tmp_path))

    played = recordings.play("graph", "POST", "/v1", b'{"query":"{b}","variables":{}}', None)

    assert played is not None
    assert played.exchange.name == "two"
    assert recordings.play("graph", "POST", "/v1", b'{"query":"{c}"}', None) is None


def test_directory_is_read_with_and_without_headers_bodies_and_kinds(tmp_path: Path) -> None:
    write(tmp_path, "a/kind/plain.json", [1])
    write(
        tmp_path,
        "a/kind/gone.headers.json",
        {"status": 304, "headers": {"x-used": 1, "link": ["one", "two"]}},
    )
    write(tmp_path, "a/kind/same.headers.json", {"status": 200, "body_file": "a/kind/plain.json"})
    (tmp_path / "SOURCES.tsv").write_text("path\tr\tp\tl\tkind\tnotes\na/kind/plain.json\t\t\t\tderived\t\n")

    gone, plain, same = read_exchanges(tmp_path)

    assert (gone.status, gone.body_file, gone.path) == (304, None, None)
    assert gone.headers == (("x-used", "1"), ("link", "one"), ("link", "two"))
    assert (plain.status, plain.kind, gone.kind) == (200, "derived", "recorded")
    assert same.body_file == (tmp_path / "a/kind/plain.json").resolve()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (None, None, "no directory"),
        ("loose.json", b"{}", "holds no recorded exchange"),
        ("a/kind/x.headers.json", b"{", "is not JSON"),
        ("a/kind/x.headers.json", b"[]", "no JSON object"),
        ("a/kind/x.headers.json", b'{"status": "fine"}', "status 'fine'"),
        ("a/kind/x.headers.json", b'{"status": 200, "body_file": "../../../etc/passwd"}', "outside"),
    ],
)
def test_directory_in_another_format_is_refused_with_what_is_wrong(
    tmp_path: Path, file: str | None, content: bytes | None, message: str
) -> None:
    directory = tmp_path / "recordings"
    if file and content is not None:
        (directory / file).parent.mkdir(parents=True)
        (directory / file).write_bytes(content)

    with pytest.raises(WrongUse, match=message):
        read_exchanges(directory)


def write(directory: Path, relative: str, payload: object) -> None:
    file = directory / relative
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(payload))
