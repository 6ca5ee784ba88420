"""What a file that declares a source may say: the models from which its JSON schema is made."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from connectors.declared.expression import TARGET, TextForm
from connectors.declared.parts import FieldPlace, Name, Parameter, Part, Scalar, wrong
from connectors.declared.vendor import Client, Offsets, PageNumbers, Paginator, Quota
from connectors.kit.cursor import LOOK_BACK_SECONDS_DEFAULT
from schemas.mapping import Kind

TARGET_PATTERN_DEFAULT = r"[A-Za-z0-9_][A-Za-z0-9_.:@,+-]*"
ASKED = re.compile(r"target|resources\.(?P<name>[a-z][a-z0-9_]*)\.(?P<path>[^\s{}@$*]+)")
_BRACES = re.compile(r"\{([^{}]*)\}")
_PATH_PATTERN = r"^/[!\"$->@-~]*$"  # what may stand in an address, without ? and #
_SELECTOR_PATTERN = r"^(\*|[^\s.{}@$*]+(\.[^\s.{}@$*]+)*(\.\*)?)$"


class Targets(Part):
    """What can be asked about, where a path or parameter holds `{target}`."""

    help: str = Field(min_length=1, description="What a target looks like, for people.")
    default: tuple[str, ...] = Field(
        min_length=1, max_length=1000, description="What is watched if the settings name nothing."
    )
    pattern: str = Field(
        TARGET_PATTERN_DEFAULT, max_length=500, description="Regular expression of a whole target."
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        if pattern.startswith("^") or pattern.endswith("$"):
            raise wrong(
                f"the pattern {pattern!r}",
                "one without ^ and $: it is always held against a whole target",
                "leave them out",
            )
        try:
            re.compile(f"(?P<target>{pattern})")
        except re.error as error:
            raise wrong(
                f"a pattern that does not compile ({error})", "a regular expression", "correct it"
            ) from None
        return pattern


class Incremental(Part):
    """Only rows changed since the last poll are asked for; the first poll reads the newest page."""

    cursor_path: Annotated[str, Field(pattern=r"^[^\s.{}@$*]+$")] = Field(
        description="Field of a row with its time of change, ISO 8601."
    )
    start_param: Parameter = Field(description="Query parameter of the time.")
    look_back_seconds: float = Field(
        LOOK_BACK_SECONDS_DEFAULT, ge=0, description="How far before the newest row the next poll begins."
    )
    ascending_params: dict[Parameter, Scalar] = Field(
        {}, description="Parameters that make the vendor answer oldest first."
    )
    newest_first_params: dict[Parameter, Scalar] = Field({}, description="Parameters of the first poll.")


class Endpoint(Part):
    """A request that is made again and again."""

    path: str = Field(
        pattern=_PATH_PATTERN,
        max_length=500,
        description="Below the base address. `{target}` is what is asked about, by the settings; "
        "`{resources.<name>.<path>}` asks about what each row of another resource has at that path.",
    )
    params: dict[Parameter, Scalar] = Field(
        {}, description="Query parameters; a value may hold the same places."
    )
    data_selector: Annotated[str, Field(pattern=_SELECTOR_PATTERN, max_length=200)] | None = Field(
        None,
        description="FieldPlace in the body of the rows: an array, or an object that is the only row; with `.*` at its end, "
        "each field of an object is a row. The whole body if it is not said.",
    )
    paginator: Paginator | None = Field(
        None, description="How pages follow each other; the client's if not said."
    )
    incremental: Incremental | None = Field(
        None, description="From where a poll goes on; everything each time if not said."
    )

    @model_validator(mode="after")
    def _asks_about_one_thing(self) -> Endpoint:
        texts = (self.path, *(str(value) for value in self.params.values()))
        places = {place for text in texts for place in _BRACES.findall(text)}
        strange = [place for place in places if not ASKED.fullmatch(place)]
        if strange or any("{" in rest or "}" in rest for rest in (_BRACES.sub("", text) for text in texts)):
            raise wrong(
                f"braces that hold {strange[0]!r}" if strange else "a brace without its other half",
                "{target}, or {resources.<name>.<path>}",
                "write it out",
            )
        if len(places) > 1 or self.path.count("{") > 1:
            raise wrong(
                "more than one place for what is asked about",
                "one in the path and one in each parameter, all the same",
                "keep one of them",
            )
        return self

    @property
    def asked(self) -> str | None:
        """What it is asked about, without the braces; None if it is asked once for all."""
        texts = (self.path, *(str(value) for value in self.params.values()))
        return next((place for text in texts for place in _BRACES.findall(text)), None)

    @property
    def parent(self) -> tuple[str, str] | None:
        """The resource whose rows name what it is asked about, and the path in a row."""
        match = ASKED.fullmatch(self.asked or "")
        return (match["name"], match["path"]) if match and match["name"] else None


class Entity(Part):
    """What a row is about."""

    type: Name | None = Field(
        None,
        description="Type of the thing that the row shows, such as `repository`; without it the row shows none, and the "
        "key is only what the series are of.",
    )
    primary_key: str = Field(
        max_length=500,
        description="Natural key: a path, or a text with paths in braces; `{target}` is what was asked about.",
    )
    name: str | None = Field(
        None, description="Name for people, in the same form; the key if not said or not there."
    )
    url: str | None = Field(None, description="Page for people, in the same form.")
    attributes: tuple[FieldPlace, ...] = Field(
        (), max_length=50, description="Paths of further plain properties, each kept under its path."
    )

    @field_validator("primary_key", "name", "url")
    @classmethod
    def _is_text_form(cls, text: str | None) -> str | None:
        if text is not None:
            _refused_as_text(text)
        return text


class ObservedAt(Part):
    """The event time of a row."""

    path: FieldPlace = Field(description="Where the row's time stands.")
    format: Literal["iso8601", "epoch_seconds", "epoch_milliseconds"] = Field(
        "iso8601", description="How it is written; without a zone it is UTC."
    )


class Observation(Part):
    """A number in each row that becomes a point of a series."""

    measure: Name = Field(description="What is measured, such as `stargazers`.")
    path: FieldPlace = Field(description="Where the number stands.")
    kind: Kind = Field(
        description="`gauge` (a level), `counter` (only grows but for resets) or `count` (events in a period)."
    )
    unit: str = Field(
        "1", min_length=1, max_length=40, description="SI symbol or UCUM code; `1` for pure numbers."
    )
    scale: float = Field(1.0, description="What the number is multiplied by to be in `unit`.")
    nullable: bool = Field(
        False, description="Whether it may be absent or null; if not, a page without it is a dead letter."
    )
    text: bool = Field(False, description="Whether the vendor writes the number as a text.")


class Resource(Part):
    """One endpoint and what its rows say."""

    name: Name = Field(description="Name of the endpoint.")
    endpoint: Endpoint
    every: int = Field(1, ge=1, le=10_000, description="How many poll intervals lie between two polls.")
    entity: Entity = Field(description="What each row is about; observations are of it.")
    observed_at: ObservedAt | None = Field(
        None,
        description="Event time of the observations; the vendor's `Date`, or when it was fetched, if not said.",
    )
    observations: tuple[Observation, ...] = Field((), max_length=200, description="The numbers in each row.")

    @model_validator(mode="after")
    def _fits_together(self) -> Resource:
        measures = [observation.measure for observation in self.observations]
        paginator, rows = self.endpoint.paginator, self.endpoint.data_selector or ""
        if rows.endswith("*") and (
            isinstance(paginator, PageNumbers | Offsets) or self.endpoint.incremental is not None
        ):
            raise wrong(
                "rows that are the fields of an object, where rows are counted or carry a time",
                "a `data_selector` of an array",
                "use another paginator, and no `incremental`",
            )
        double = next((measure for measure in measures if measures.count(measure) > 1), None)
        if double is not None:
            raise wrong(
                f"the measure {double!r} twice",
                "each measure of an entity once",
                "give one of them another name",
            )
        if self.endpoint.asked is None and self._names_target():
            raise wrong(
                "{target} in an entity whose endpoint asks about nothing of that kind",
                "a place for it in `path` or `params` too",
                "name the thing by a path in the row",
            )
        return self

    def _names_target(self) -> bool:
        texts = (self.entity.primary_key, self.entity.name, self.entity.url)
        return any(TextForm.of(text).uses_target for text in texts if text is not None)


class SourceDocument(Part):
    """A source: a plain REST API that answers GET with JSON."""

    title: str = Field(min_length=1, max_length=100, description="Name of the source for people.")
    documentation: str | None = Field(None, description="Where the vendor documents the API.")
    client: Client
    quota: Quota = Field(description="How many requests the vendor allows.")
    poll_interval_seconds: float = Field(
        ge=1, description="Seconds between polls; the setting of the same name overrides it."
    )
    targets: Targets | None = Field(None, description="Needed where a path or parameter holds `{target}`.")
    ignored: dict[str, str] = Field(
        {},
        max_length=200,
        description="What the mapping leaves out knowingly: paths as `sources check` names them (`*` stands for "
        "anything), to the reason.",
    )
    resources: tuple[Resource, ...] = Field(min_length=1, max_length=100, description="What is asked.")

    @model_validator(mode="after")
    def _fits_together(self) -> SourceDocument:
        names = [resource.name for resource in self.resources]
        double = next((name for name in names if names.count(name) > 1), None)
        if double is not None:
            raise wrong(f"the resource {double!r} twice", "each name once", "give one of them another name")
        self._refuse_strange_parents(names)
        asks = any(resource.endpoint.asked == TARGET for resource in self.resources)
        if asks and self.targets is None:
            raise wrong(
                "{target} in a resource and no `targets`",
                "`targets` with `help` and `default`",
                "say what can be asked about",
            )
        if self.targets is not None and not asks:
            raise wrong(
                "`targets` that no resource asks about",
                "{target} in a `path` or in `params`",
                "put {target} where it belongs, or leave out `targets`",
            )
        return self

    def _refuse_strange_parents(self, names: list[str]) -> None:
        for index, resource in enumerate(self.resources):
            parent = resource.endpoint.parent
            # a parent that stands before its children cannot be its own descendant
            if parent is not None and parent[0] not in names[:index]:
                raise wrong(
                    f"{{resources.{parent[0]}…}} in the resource {resource.name!r}",
                    "one of the resources above it: " + (", ".join(names[:index]) or "there is none"),
                    "correct the name, or move the resource below the one that it needs",
                )


def _refused_as_text(text: str) -> None:
    try:
        TextForm.of(text)
    except ValueError as error:
        raise wrong(str(error), "a path, or a text with paths in braces", "correct it") from None
