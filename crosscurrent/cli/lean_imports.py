"""Keeps what the processes of a home do not use from being imported, for as long as they run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

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


def import_lean() -> None:
    """Import, from now on, without what is not used."""
    if _Finder not in sys.meta_path:
        sys.meta_path[sys.meta_path.index(PathFinder)] = _Finder
