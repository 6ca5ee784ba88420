"""What the recorder writes: the exchange, and none of the secrets that were in it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from crosscurrent.embedded.recordings import Exchange, RecordingWriter, read_body, read_exchanges
from crosscurrent.embedded.recordings.writer import safe_name
from crosscurrent.errors import Fatal, WrongUse
from crosscurrent.redaction import clean_bytes, clean_url, is_secret_name, secret_values

TOKEN = "s3cr3t/Tok+en=="
KEY = "0123456789abcdef0123456789abcdef"
# planted where no secret is passed to the writer: found by name or by look
UNKNOWN = (
    "cookievalue42",
    "refreshvalue42",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "bearervalue4242",
    "amzvalue42",
)


def exchange_full_of_secrets() -> Exchange:
    cookie, refresh, github, bearer, signed = UNKNOWN
    body = {
        "access_token": TOKEN,
        "nested": [
            {"refresh_token": refresh, "client_secret": "x" + KEY, "API_KEY": KEY, "temp_clone_token": github}
        ],
        "note": f"use {github} or {TOKEN} or Bearer {bearer}",
        "href": f"https://user:{KEY}@api.example/v1?appid={KEY}&page=2",
        "file": f"https://files.example/a.png?X-Amz-Signature={signed}&w=1",
        "next_page_token": "cursor-17",
        "name": "kept",
    }
    return Exchange(
        method="get",
        url=f"https://api.example/v1/things?appid={KEY}&q=a%20b&access_token={quote(TOKEN, safe='')}",
        status=200,
        headers={
            "Content-Type": "application/json",
            "ETag": 'W/"kept"',
            "Set-Cookie": f"session={cookie}",
            "Authorization": f"Bearer {TOKEN}",
            "X-Api-Key": KEY,
            "X-Echo": f"token {TOKEN}",
            "Link": f"<https://api.example/v1/things?page=2&appid={KEY}>; rel=next",
            "Content-Encoding": "gzip",
        },
        body=orjson.dumps(body),
        request_body=orjson.dumps(
            {"grant": "x", "client_secret": TOKEN, "basic": b64encode(TOKEN.encode()).decode()}
        ),
    )


def everything_written(directory: Path) -> bytes:
    files = [file for file in directory.rglob("*") if file.is_file()]
    return b"\n".join(str(file).encode() + b"\n" + file.read_bytes() for file in files)


def test_recorder_leaves_no_planted_secret_anywhere(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, "example", [TOKEN, KEY])
    writer.write("things", f"list-{KEY}", exchange_full_of_secrets())

    written = everything_written(tmp_path)

    forms = [TOKEN, KEY, quote(TOKEN, safe=""), b64encode(TOKEN.encode()).decode(), *UNKNOWN]
    assert [form for form in forms if form.encode() in written] == []


def test_recorder_leaves_no_secret_that_stands_where_secrets_stand_though_it_was_not_told_it(
    tmp_path: Path,
) -> None:
    RecordingWriter(tmp_path, "example").write("things", "one", exchange_full_of_secrets())

    written = everything_written(tmp_path)

    # the token also stands in free text and under a harmless name, where only its value could give it away
    assert [form for form in (KEY, *UNKNOWN) if form.encode() in written] == []


def test_recorder_keeps_all_else(tmp_path: Path) -> None:
    RecordingWriter(tmp_path, "example", [TOKEN, KEY]).write("things", "one", exchange_full_of_secrets())
    exchange = read_exchanges(tmp_path)[0]
    body = orjson.loads(read_body(exchange))

    assert (exchange.method, exchange.path, exchange.status) == ("GET", "/v1/things?q=a+b", 200)
    assert exchange.header("etag") == 'W/"kept"'
    assert exchange.header("content-encoding") is None
    assert (body["name"], body["next_page_token"], body["access_token"]) == ("kept", "cursor-17", "REDACTED")
    assert "page=2" in body["href"]


def test_recorder_writes_a_body_without_secrets_byte_for_byte(tmp_path: Path) -> None:
    body = b'{ "a":1.0,\n "b" : [ ] }\n'
    writer = RecordingWriter(tmp_path, "example", [TOKEN])
    writer.write("things", "one", Exchange("GET", "https://api.example/a", 200, {}, body))

    assert read_body(read_exchanges(tmp_path)[0]) == body


def test_recorder_keeps_pages_that_are_not_json_and_answers_without_a_body(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, "example")
    writer.write(
        "errors", "html", Exchange("GET", "https://api.example/a", 429, {}, b"<html>slow down</html>")
    )
    writer.write("errors", "nothing", Exchange("GET", "https://api.example/a", 304, {}, b""))
    html, nothing = read_exchanges(tmp_path)

    assert (html.status, read_body(html)) == (429, b"<html>slow down</html>")
    assert (nothing.status, nothing.body_file, read_body(nothing)) == (304, None, b"")


def test_recorder_numbers_exchanges_of_one_name_in_order(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, "example")
    for number in range(12):
        writer.write("things", "one", Exchange("GET", "https://api.example/a", 200, {}, b"%d" % number))

    assert [read_body(exchange) for exchange in read_exchanges(tmp_path)] == [b"%d" % n for n in range(12)]


def test_recorder_says_what_is_wrong_when_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "example").write_bytes(b"in the way")

    with pytest.raises(Fatal, match="cannot be written"):
        RecordingWriter(tmp_path, "example").write(
            "a", "b", Exchange("GET", "https://a.example", 200, {}, b"{}")
        )


@pytest.mark.parametrize("name", ["../../etc/passwd", "/", "", "...", "a b/c?d=e", "é" * 200])
def test_safe_name_is_a_file_name_whatever_it_was_made_from(name: str) -> None:
    safe = safe_name(name)

    assert safe
    assert not safe.startswith(".")
    assert "/" not in safe


@pytest.mark.parametrize(
    "name", ["appid", "api_key", "apikey", "access_token", "token", "client_secret", "X-Amz-Signature", "key"]
)
def test_secret_names_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["page", "next_page_token", "keys_url", "token_type", "monkey", "start_token", "per_page"]
)
def test_harmless_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


def test_harmless_text_is_left_alone() -> None:
    text = b'{"keys_url":"https://a/keys{/key_id}","token_type":"Bearer","expires_in":3600,"node_id":"MDEw","temp_clone_token":""}'
    text += b"a basic understanding of token authentication and bearer instruments; mail me@example.org"
    text += b'{"license":{"key":"mit"},"verification":{"signature":"-----BEGIN PGP"}}'

    assert clean_bytes(text) == text


def test_url_keeps_its_query_but_for_secrets() -> None:
    assert (
        clean_url("https://u:p@a.example/x?b=1&appid=2&a=3") == "https://a.example/x?b=1&appid=REDACTED&a=3"
    )


def test_short_secret_is_refused_because_it_would_blank_other_text() -> None:
    with pytest.raises(WrongUse, match="3 characters"):
        secret_values(["abc"])
