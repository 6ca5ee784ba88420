"""One process of a home: ``python -m crosscurrent.cli.process connector github``.

The same as ``crosscurrent run connector github``, without the libraries of the command line: a home starts a dozen
of these at once, and those libraries would be a fifth of its start and 15 MB in each. With ``--when-told`` before the
words it gets ready as far as it can by itself, and begins when it reads a line: so the processes of a home import
while the servers they need are still starting.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from crosscurrent.embedded.waiting import WHEN_TOLD, told_to_begin
from crosscurrent.exit_codes import EXIT_DONE, exit_code_of

# Libraries that others import only because they are there: structlog takes rich for its tracebacks on a terminal, httpx
# pygments for its command line, pyarrow pandas to see whether it was given a frame. These processes log JSON to a file
# and have no frames.
_HIDDEN = frozenset({"rich", "pygments", "pandas"})
# What libraries import for uses that these processes have not, with the names that are asked for. River's drift detectors
# bring scipy.stats and data sets, its tools data frames; Confluent's registry client brings OAuth and an asynchronous
# second self; Faust's types the HTTP client of its web view; scipy.special a compiler's front end. Together they would be
# a third of the start of a worker.
_UNUSED: dict[str, tuple[str, ...]] = {
    "river.drift.kswin": ("KSWIN",),
    "river.drift.datasets": (),
    "river.utils.dataframe": (),
    "confluent_kafka.schema_registry._async.schema_registry_client": ("AsyncSchemaRegistryClient",),
    "authlib.integrations.httpx_client": ("OAuth2Client", "AsyncOAuth2Client"),
    "aiohttp": (),
    "aiohttp.client": ("ClientSession",),
    "numpy.f2py": (),
}


class _Nothing(Loader):
    """Makes the empty module that stands for an unused one."""

    def exec_module(self, module: ModuleType) -> None:
        """Give the module the names that are asked for."""
        for name in _UNUSED[module.__name__]:
            setattr(module, name, None)


class _Finder(PathFinder):
    """Finds what Python finds, but for what is hidden or unused."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is, or None if it is not to be found."""
        if fullname in _HIDDEN:
            return None
        if fullname in _UNUSED:
            return ModuleSpec(fullname, _Nothing(), is_package=True)
        return super().find_spec(fullname, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = _Finder
# what is imported stays: looking for garbage among it, again and again, would take a tenth of the start
gc.disable()

from crosscurrent.cli import processes  # noqa: E402
from crosscurrent.errors import CrosscurrentError  # noqa: E402

_PROCESSES: dict[str, Callable[..., processes.Run]] = {
    "connector": processes.connector,
    "worker": processes.worker,
    "sink": processes.sink,
    "restore": processes.restore,
    "drain": processes.drain,
    "live": processes.live,
}


def main(words: list[str]) -> int:
    """Run the process that the words name until it is asked to stop, and return the exit code."""
    when_told = words[0] == WHEN_TOLD
    name, *arguments = words[1:] if when_told else words
    try:
        run = _PROCESSES[name](*arguments)
        gc.enable()
        if when_told and not told_to_begin():
            # whoever would have told it is gone
            return EXIT_DONE
        run()
    except CrosscurrentError as error:
        sys.stderr.write(f"error: {error}\n")
        return exit_code_of(error)
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
