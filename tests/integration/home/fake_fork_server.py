"""The fork server of the product, whose forks are fake programs: ``python -m …fake_fork_server DESCRIPTOR``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from crosscurrent.cli import fork_server
from tests.integration.home import fake_program


def _run(words: Sequence[str]) -> int:
    del words  # the program reads them from sys.argv, as always
    fake_program.main()
    return 0


if __name__ == "__main__":
    sys.exit(fork_server.main(sys.argv[1:], shared=(), run=_run))
