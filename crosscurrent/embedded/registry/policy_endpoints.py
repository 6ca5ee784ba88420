"""The answers below ``/config`` and ``/mode``: thin over the policy.

Source: the pages of Confluent's Schema Registry API reference.
"""

from __future__ import annotations

from crosscurrent.embedded.registry.policy import Policy
from crosscurrent.embedded.registry.request import config_in, mode_in, subject_in
from crosscurrent.embedded.registry.routing import Call, Handler, JsonObject, Route


class PolicyEndpoints:
    """Levels and modes, for everyone and by subject.

    Args:
        policy: what holds them.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def routes(self) -> list[Route]:
        """Return the paths that are answered here."""
        config: dict[str, Handler] = {
            "GET": self.config,
            "PUT": self.set_config,
            "DELETE": self.delete_config,
        }
        mode: dict[str, Handler] = {"GET": self.mode, "PUT": self.set_mode, "DELETE": self.delete_mode}
        return [
            Route("config", config),
            Route("config/{subject}", config),
            Route("mode", mode),
            Route("mode/{subject}", mode),
        ]

    def config(self, call: Call) -> object:
        """Return the level as it is configured."""
        return self._policy.config(_owner(call), default_to_global=call.flag("defaultToGlobal"))

    def set_config(self, call: Call) -> object:
        """Set level, normalisation or both and return what was set."""
        level, normalize = config_in(call.body)
        self._policy.set_config(_owner(call), level, normalize)
        answer: JsonObject = {} if level is None else {"compatibility": level.upper()}
        return answer if normalize is None else answer | {"normalize": normalize}

    def delete_config(self, call: Call) -> object:
        """Take a configuration away and return what it was."""
        return self._policy.delete_config(_owner(call))

    def mode(self, call: Call) -> object:
        """Return the mode as it is configured."""
        return {"mode": self._policy.own_mode(_owner(call), default_to_global=call.flag("defaultToGlobal"))}

    def set_mode(self, call: Call) -> object:
        """Set a mode and return it."""
        mode = mode_in(call.body)
        self._policy.set_mode(_owner(call), mode, force=call.flag("force"))
        return {"mode": mode.upper()}

    def delete_mode(self, call: Call) -> object:
        """Take a mode away and return what it was."""
        return {"mode": self._policy.delete_mode(_owner(call))}


def _owner(call: Call) -> str | None:
    return subject_in(call.path) if "subject" in call.path else None
