"""What the home needs to know of a broker that it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from crosscurrent.embedded.broker.jars import Say
from crosscurrent.embedded.broker.node_config import NodePlace


class EmbeddedBroker(Protocol):
    """One kind of broker that the home can run on loopback.

    The home calls ``prepare`` once before all else, then ``cluster``, ``command`` and ``environment``. At each start
    it waits until a metadata request is answered with the cluster id that is expected, and from then on asks
    ``size_bytes`` every second.
    """

    @property
    def name(self) -> str:
        """What the command line calls it."""
        ...

    @property
    def forgets(self) -> bool:
        """Whether all topics are gone when the process ends.

        If so, each start is a new life with a cluster id of its own, everything that reads or writes topics is
        stopped with the broker, and what it needs is restored before it starts again.
        """
        ...

    @property
    def session_timeout_seconds(self) -> float | None:
        """The session timeout that group members should use here unless told otherwise; None for theirs."""
        ...

    @property
    def inner_ports(self) -> int:
        """How many ports it listens on beside the one for clients: none or one."""
        ...

    def look(self) -> str:
        """Return in a line what it would run on this machine; gets nothing.

        Raises:
            WrongUse: something is not installed.
        """
        ...

    def prepare(self, place: NodePlace, say: Say) -> None:
        """Get what the broker needs on this machine and write its files; may take a minute the first time.

        Args:
            place: where it will be.
            say: told in a line what takes its time.

        Raises:
            WrongUse: something is not installed, or the directory cannot be written.
            ServerAway: something is not to be had from the network.
            Fatal: what was got is not what it should be.
        """
        ...

    def cluster(self, data: Path) -> str | None:
        """Return the cluster id that the broker keeps in its directory; None if each start has another."""
        ...

    def command(self, *, host: str, port: int, cluster: str, data: Path) -> Sequence[str]:
        """Return the command that runs the broker in the foreground.

        Args:
            host: loopback address to listen on and to advertise.
            port: TCP port.
            cluster: the cluster id, of which the home may replace a part at each start.
            data: directory that belongs to the broker alone.

        Raises:
            WrongUse: the broker is not installed.
        """
        ...

    def environment(self) -> Mapping[str, str]:
        """Return what the process needs beside the environment of the home."""
        ...

    def size_bytes(self, *, resident_bytes: int, data: Path) -> int:
        """Return the size that must stay below the bound: of memory or of the disk, whichever grows.

        Args:
            resident_bytes: resident memory of the process.
            data: the broker's directory.
        """
        ...
