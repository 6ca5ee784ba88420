"""Where metrics and health are served."""

from __future__ import annotations

import httpx
import pytest

from crosscurrent.errors import WrongUse
from crosscurrent.metrics import ProcessServer


def test_metrics_are_served_where_the_settings_say() -> None:
    server = ProcessServer("127.0.0.1", 0, lambda: ["not yet"])
    port = server.start()
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz")
    finally:
        server.close()
    assert (answer.status_code, answer.text) == (503, "not yet\n")


def test_metrics_on_an_address_of_another_machine_are_refused_with_the_setting_to_change() -> None:
    with pytest.raises(WrongUse) as caught:
        ProcessServer("192.0.2.1", None, list).start()
    assert "192.0.2.1 port 9464 cannot be listened on" in caught.value.found
    assert "CROSSCURRENT_METRICS__HOST" in caught.value.todo
