"""Where things lie below the home directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crosscurrent.errors import WrongUse


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one home.

    Attributes:
        root: the home directory, absolute.
    """

    root: Path

    @classmethod
    def of(cls, home: Path) -> Layout:
        """Return the layout of a home directory as the settings name it."""
        return cls(home.expanduser().absolute())

    @property
    def format_file(self) -> Path:
        """Which format the home has."""
        return self.root / "home.json"

    @property
    def broker_file(self) -> Path:
        """Which embedded broker the home has."""
        return self.root / "broker.json"

    @property
    def run(self) -> Path:
        """What belongs to the present run."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    @property
    def lock_file(self) -> Path:
        """Locked for as long as a supervisor has the home."""
        return self.run / "lock.json"

    @property
    def state_file(self) -> Path:
        """What runs, renewed every second."""
        return self.run / "state.json"

    def data(self, server: str) -> Path:
        """Return the directory that belongs to an embedded server alone."""
        return self.root / server

    def log(self, process: str) -> Path:
        """Return the log file of a process."""
        return self.logs / f"{process}.log"

    def make(self) -> None:
        """Create the directories.

        Raises:
            WrongUse: they cannot be created or written.
        """
        try:
            for directory in (self.root, self.run, self.logs):
                directory.mkdir(parents=True, exist_ok=True)
            probe = self.run / "writable"
            probe.write_bytes(b"ok")
            probe.unlink()
        except OSError as error:
            raise unwritable(self.root, error) from error


def unwritable(root: Path, error: OSError) -> WrongUse:
    """Return the error for a home that cannot be written."""
    return WrongUse(
        f"the home {root} cannot be written ({error.strerror or error})",
        expected="a directory of this user on a disk with room",
        todo="make room, correct its permissions, or set CROSSCURRENT_HOME to another directory",
    )
