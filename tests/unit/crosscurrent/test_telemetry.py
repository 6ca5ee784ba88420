from __future__ import annotations

import contextlib
import io
import logging

import pytest
import structlog

from crosscurrent.telemetry import configure_logging


def test_logging_goes_to_the_standard_error_of_the_moment_when_the_first_one_was_closed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A command run within the test process left every module's logger on a closed stream: 84 later tests failed
    at their set-up, and only in one run of the whole suite, since each folder alone has no such command before it.
    """
    log = structlog.get_logger()
    replaced = io.StringIO()
    with contextlib.redirect_stderr(replaced):
        configure_logging("info", process="test")
        log.info("first_line_written")
    replaced.close()
    log.info("second_line_written")

    assert "second_line_written" in capsys.readouterr().err


def test_log_lines_are_written_without_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    secret = "t0ken/with+more"
    configure_logging("info", process="test", secrets=[secret, "short"])
    structlog.get_logger().info(
        "asked", url=f"https://vendor.example?key={secret}", quoted="t0ken%2Fwith%2Bmore"
    )
    logging.getLogger("library").warning("it said %s", secret)

    said = capsys.readouterr().err
    assert "vendor.example" in said
    assert "it said" in said
    assert secret not in said
    assert "t0ken" not in said
