"""Compatibility levels, normalisation and modes, for everyone and by subject."""

from __future__ import annotations

from crosscurrent.embedded.registry.events import SettingChanged, SettingName
from crosscurrent.embedded.registry.evolution import DEFAULT_LEVEL, LEVELS
from crosscurrent.embedded.registry.refusal import (
    compatibility_not_configured,
    invalid_compatibility,
    invalid_mode,
    mode_not_configured,
    not_permitted,
)
from crosscurrent.embedded.registry.store import Store

READWRITE, READONLY, READONLY_OVERRIDE, IMPORT = "READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"
MODES = (READWRITE, READONLY, READONLY_OVERRIDE, IMPORT)


class Policy:
    """What may be registered where.

    A subject without a value of its own follows everyone's. The mode READONLY_OVERRIDE, which only everyone can have,
    wins over a subject's own.

    Args:
        store: where the settings are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def level(self, subject: str | None) -> str:
        """Return the compatibility level that holds."""
        return self._effective(subject, "compatibility") or DEFAULT_LEVEL

    def normalises(self, subject: str) -> bool:
        """Return whether the subject's schemas are normalised even if the client does not ask."""
        return self._effective(subject, "normalize") == "true"

    def mode(self, subject: str | None) -> str:
        """Return the mode that holds."""
        if self._store.state.setting(None, "mode") == READONLY_OVERRIDE:
            return READONLY_OVERRIDE
        return self._effective(subject, "mode") or READWRITE

    def config(self, subject: str | None, *, default_to_global: bool = False) -> dict[str, object]:
        """Return level and normalisation as they are configured.

        Raises:
            Refusal: the subject has no configuration of its own, and everyone's was not asked for.
        """
        own = self._configured(subject)
        if own or subject is None:
            return {"compatibilityLevel": DEFAULT_LEVEL} | own
        if not default_to_global:
            raise compatibility_not_configured(subject)
        return {"compatibilityLevel": DEFAULT_LEVEL} | self._configured(None)

    def set_config(self, subject: str | None, level: str | None, normalize: bool | None) -> None:
        """Set what is given and leave the rest.

        Raises:
            Refusal: there is no such level, the mode forbids it, or it could not be kept.
        """
        if level is not None and level.upper() not in LEVELS:
            raise invalid_compatibility(LEVELS)
        self.check_writable(subject)
        values: dict[SettingName, str | None] = {}
        if level is not None:
            values["compatibility"] = level.upper()
        if normalize is not None:
            values["normalize"] = "true" if normalize else "false"
        self._set(subject, values)

    def delete_config(self, subject: str | None) -> dict[str, object]:
        """Take a configuration away and return what it was.

        Raises:
            Refusal: there is none, the mode forbids it, or it could not be kept.
        """
        self.check_writable(subject)
        before = self.config(subject)
        self._set(subject, {"compatibility": None, "normalize": None})
        return before

    def own_mode(self, subject: str | None, *, default_to_global: bool = False) -> str:
        """Return the mode as it is configured.

        Raises:
            Refusal: the subject has no mode of its own, and everyone's was not asked for.
        """
        own = self._store.state.setting(subject, "mode")
        if own is None and subject is not None and not default_to_global:
            raise mode_not_configured(subject)
        return own or self.mode(None)

    def set_mode(self, subject: str | None, mode: str, *, force: bool = False) -> None:
        """Set a mode.

        Raises:
            Refusal: there is no such mode, schemas are in the way of an import, or it could not be kept.
        """
        mode = mode.upper()
        if mode not in MODES:
            raise invalid_mode(MODES)
        if mode == READONLY_OVERRIDE and subject is not None:
            raise not_permitted("READONLY_OVERRIDE is a mode for all subjects. Set it with PUT /mode")
        state = self._store.state
        taken = state.versions(subject, deleted=True) if subject is not None else state.subjects(deleted=True)
        if (
            mode == IMPORT
            and self.own_mode(subject, default_to_global=True) != IMPORT
            and taken
            and not force
        ):
            raise not_permitted("Cannot import since found existing subjects. Delete them or give force=true")
        self._set(subject, {"mode": mode})

    def delete_mode(self, subject: str | None) -> str:
        """Take a mode away and return what it was.

        Raises:
            Refusal: there is none, or it could not be kept.
        """
        before = self.own_mode(subject)
        self._set(subject, {"mode": None})
        return before

    def check_writable(self, subject: str | None) -> None:
        """Check that the mode allows changes.

        Raises:
            Refusal: it is read-only.
        """
        if self.mode(subject) in (READONLY, READONLY_OVERRIDE):
            whose = "The registry" if subject is None else f"Subject {subject}"
            raise not_permitted(f"{whose} is in read-only mode. Set the mode READWRITE first")

    def check_registrable(self, subject: str, *, imported: bool) -> None:
        """Check that the mode allows a new version.

        Args:
            subject: subject.
            imported: whether the client gives the id itself.

        Raises:
            Refusal: the mode is another.
        """
        self.check_writable(subject)
        importing = self.mode(subject) == IMPORT
        if imported and not importing:
            raise not_permitted(f"Subject {subject} is not in import mode. Leave the id to the registry")
        if importing and not imported:
            raise not_permitted(
                f"Subject {subject} is in import mode. Give the id, or set the mode READWRITE"
            )

    def _effective(self, subject: str | None, name: SettingName) -> str | None:
        state = self._store.state
        own = None if subject is None else state.setting(subject, name)
        return state.setting(None, name) if own is None else own

    def _configured(self, subject: str | None) -> dict[str, object]:
        state, configured = self._store.state, dict[str, object]()
        level, normalize = state.setting(subject, "compatibility"), state.setting(subject, "normalize")
        if level is not None:
            configured["compatibilityLevel"] = level
        if normalize is not None:
            configured["normalize"] = normalize == "true"
        return configured

    def _set(self, subject: str | None, values: dict[SettingName, str | None]) -> None:
        state = self._store.state
        changes = [
            SettingChanged(subject, name, value)
            for name, value in values.items()
            if state.setting(subject, name) != value
        ]
        if changes:
            self._store.commit(*changes)
