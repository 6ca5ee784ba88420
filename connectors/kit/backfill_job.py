"""What is being filled in, and which call goes on with it (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from connectors.kit.cursor import iso_seconds
from connectors.kit.history import Span
from crosscurrent.errors import WrongUse

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before everything that a source shows


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for.

    Attributes:
        begin: the first moment; ``None`` for everything.
        end: the last moment; ``None`` for the present.
        resync: whether every request is read whole, instead of a stretch of time.
        again: whether what is done is done once more.
    """

    begin: datetime | None = None
    end: datetime | None = None
    resync: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One round of filling in.

    Attributes:
        round: its number.
        begin: ISO 8601.
        end: ISO 8601.
        open_end: whether the end was the present when it began.
        resync: whether every request is read whole.
        done: whether nothing is left of it.
    """

    round: int
    begin: str
    end: str
    open_end: bool = False
    resync: bool = False
    done: bool = False

    @property
    def span(self) -> Span:
        """The stretch that it reads."""
        return Span(datetime.fromisoformat(self.begin), datetime.fromisoformat(self.end), self.round)

    def to_json(self) -> str:
        """Return the job as JSON."""
        return orjson.dumps(self).decode()

    @classmethod
    def from_json(cls, text: str | None) -> Job | None:
        """Return the job in a text; ``None`` if it is of another version."""
        try:
            job = cls(**orjson.loads(text or "null"))
            return job if job.span.begin <= job.span.end else None
        except (ValueError, TypeError):
            return None


def job_for(wanted: Wanted, last: Job | None, now: datetime) -> Job:
    """Return the job that a call works on: the last one if it is the same and not done, else a new round.

    Args:
        wanted: what is asked for.
        last: as stored; ``None`` if there is none.
        now: the present.

    Raises:
        WrongUse: the stretch is empty, or lies in the future.
    """
    begin = iso_seconds(wanted.begin or _BEGINNING)
    # a row of this very second may still come
    end = iso_seconds(wanted.end or now + timedelta(seconds=1))
    if begin >= end or begin > iso_seconds(now):
        raise WrongUse(
            f"a stretch from {begin} to {end}",
            expected="a beginning in the past, before its end",
            todo="correct --from and --to",
        )
    fresh = Job((last.round if last else 0) + 1, begin, end, wanted.end is None, wanted.resync)
    if last is None or (wanted.again and last.done) or not _is_same(fresh, last):
        return fresh
    # what is done and reaches to a fixed end stays done; a new present is a new round
    return fresh if last.done and (last.open_end or last.resync) else last


def ended(job: Job) -> Job:
    """Return the job with nothing left of it."""
    return replace(job, done=True)


def _is_same(job: Job, other: Job) -> bool:
    return (job.begin, job.open_end, job.resync) == (other.begin, other.open_end, other.resync) and (
        job.open_end or job.end == other.end
    )
