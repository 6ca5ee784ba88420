"""The shape of the payloads of one endpoint: learned payload by payload, and what changes in it (pure).

What is told, and when:

- a field that was never there, once the shape has settled: ``warm_up`` payloads without anything new in a row (with 95%
  confidence fewer than ``3 / warm_up`` of them would hold something new). What lies below a new field is part of it;
- a type that was never there, at a place that had ``warm_up`` values before;
- a field that every object had, and that stays away; more nulls than usual; numbers outside of the range: as soon as
  the evidence suffices (see ``sequential``). A field that was ever missing is optional, and may stay away;
- a value of a text that has few of them (see ``words``): at once.

After each the present is the usual: it is learned anew, and told once.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterator
from typing import Final

from streams.drift.finding import Finding, Kind, example_of
from streams.drift.node import (
    LIKE_FIELDS_REPORTED_MAX,
    STRING,
    Node,
    type_names,
)
from streams.drift.sequential import RateWatch, Terms
from streams.drift.walk import Walk
from streams.drift.words import Words

PATHS_MAX: Final = 2000
REMEMBERED_MAX: Final = 320  # ids of payloads that may come again after a crash
ANSWERS_MAX: Final = 128  # answers that may come again since nothing has changed
# how many times longer a field that had gone must stay than at first, until its absence is told again
_PATIENCE_FACTOR = 20


class Shape:
    """What the payloads of one endpoint look like.

    Args:
        terms: warm-up and threshold of the tests.
        maps: paths of objects whose field names are data, as the source's mapping knows.
    """

    def __init__(self, terms: Terms, maps: Collection[str] = ()) -> None:
        self.terms = terms
        self.maps = frozenset(maps)
        self.root = Node("$", None)
        self.root.is_map = "$" in self.maps
        self.payloads = 0
        self.novel_payloads = 0
        self.quiet_payloads = 0
        self.settled = False
        self.path_count = 1
        self.refused = 0
        self.repeats = 0
        self.seen: deque[int] = deque(maxlen=REMEMBERED_MAX)
        self.answers: deque[int] = deque(maxlen=ANSWERS_MAX)
        self._seen: set[int] = set()
        self._born: set[Node] = set()
        self._mark = 0

    def has_seen(self, identity: str) -> bool:
        """Return whether a payload came before, within the last ``REMEMBERED_MAX``; as after a crash."""
        return _short(identity) in self._seen

    def has_answer(self, digest: int) -> bool:
        """Return whether an answer is one of the last ``ANSWERS_MAX`` that differed.

        Args:
            digest: of the request and the payload.
        """
        return digest in self.answers

    def look_again(self, identity: str) -> None:
        """Take in an answer that came before: nothing is new, but it is no further evidence of a rate.

        Args:
            identity: ``record_id`` of its raw event.
        """
        self._remember(identity)
        self.repeats += 1
        self._count(novel=False)

    def recall(self, seen: Collection[int], answers: Collection[int]) -> None:
        """Take back what is remembered of the payloads before."""
        self.seen.extend(seen)
        self._seen = set(self.seen)
        self.answers.extend(answers)

    def look(self, payload: object, identity: str, at_ms: int, digest: int = 0) -> list[Finding]:
        """Learn from a payload and return what has changed.

        Args:
            payload: decoded JSON.
            identity: ``record_id`` of its raw event.
            at_ms: its time, milliseconds since the epoch.
            digest: of the request and the payload.
        """
        self._remember(identity)
        self.answers.append(digest)
        refused_before = self.refused
        self._born = set()
        self._mark += 1
        walk = Walk(self._mark, self._grow)
        walk.visit(self.root, payload)
        findings = list(self._changes(walk.touched, identity, at_ms))
        if self.refused and not refused_before:
            findings.append(self._exceeded(identity, at_ms))
        for node in walk.touched:
            self._learn(node)
        self._count(novel=bool(self._born))
        return findings

    def _remember(self, identity: str) -> None:
        if len(self.seen) == REMEMBERED_MAX:
            self._seen.discard(self.seen[0])
        self.seen.append(_short(identity))
        self._seen.add(_short(identity))

    def _grow(self, parent: Node, step: str) -> Node | None:
        if self.path_count >= PATHS_MAX:
            self.refused += 1
            return None
        node = Node(step, parent)
        node.is_map = bool(self.maps) and node.path in self.maps
        if step == "[]":
            parent.items = node
        elif step == ".*":
            parent.entries = node
        else:
            parent.fields[step] = node
            # it was missing in all that came before
            node.absent.trials, node.absent.total = parent.objects, float(parent.objects)
        self._born.add(node)
        self.path_count += 1
        return node

    def _count(self, *, novel: bool) -> None:
        self.payloads += 1
        self.novel_payloads += novel
        self.quiet_payloads = 0 if novel else self.quiet_payloads + 1
        if self.quiet_payloads >= self.terms.warm_up:
            self.settled = True

    # what has changed

    def _changes(self, touched: list[Node], identity: str, at_ms: int) -> Iterator[Finding]:
        for node in touched:
            if node in self._born:
                yield from self._appeared(node, identity, at_ms)
            else:
                yield from self._retyped(node, identity, at_ms)
            if node.here_object:
                yield from self._vanished(node, identity, at_ms)
            yield from self._nulled(node, identity, at_ms)
            if node.here_number:
                yield from self._left_range(node, identity, at_ms)
            if node.words is not None and node.words.new:
                yield from self._new_words(node, node.words, identity, at_ms)

    def _appeared(self, node: Node, identity: str, at_ms: int) -> Iterator[Finding]:
        parent = node.parent
        if parent is None or parent in self._born or parent.fields.get(node.step) is not node:
            return
        if (
            not self.settled
            or parent.objects + self.repeats < self.terms.warm_up
            or not self._is_told(parent, node)
        ):
            return
        # from now on it is a field like others: required, if it stays
        node.absent = RateWatch()
        yield self._finding(
            "field_appeared",
            node,
            f"no such field in {parent.objects} payloads",
            type_names(node.here_types),
            node.example,
            chance=(self.novel_payloads + 1) / (self.payloads + 2),
            before=parent.objects,
            changed=1,
            first=(at_ms, identity),
        )

    def _is_told(self, parent: Node, node: Node) -> bool:
        """Return whether a new field is a change; of one that looks like all the others only the first few are."""
        if not parent.has_alike_fields:
            return True
        parent.alike_reported += 1
        return parent.alike_reported <= LIKE_FIELDS_REPORTED_MAX

    def _retyped(self, node: Node, identity: str, at_ms: int) -> Iterator[Finding]:
        new = node.here_types & ~node.types
        if not new or not node.types or node.values + self.repeats < self.terms.warm_up:
            return
        yield self._finding(
            "type_changed",
            node,
            type_names(node.types),
            type_names(new),
            node.example,
            chance=1 / (node.values + 2),
            before=node.values,
            changed=1,
            first=(at_ms, identity),
        )

    def _vanished(self, node: Node, identity: str, at_ms: int) -> Iterator[Finding]:
        mark, objects = node.mark, node.here_object
        for child in node.fields.values():
            watch = child.absent
            here = child.here_count if child.mark == mark else 0
            if here and child.gone:
                yield self._came_back(child, identity, at_ms)
                continue
            if here == objects and watch.evidence == 0.0:
                watch.trials += 1
                continue
            share = 1 - here / objects
            if watch.total > 0.0:
                watch.trials += 1
                watch.total += share
            elif watch.take(share, self._patience(child), at_ms, identity):
                child.gone = True
                child.times_gone += 1
                found = f"missing in {watch.pending_total:g} of the last {watch.pending_trials}"
                expected = f"in each of {watch.trials} payloads"
                yield self._risen("field_vanished", child, watch, expected, found, None)

    def _patience(self, node: Node) -> Terms:
        """Return the terms of a field's absence: what comes and goes is optional, and told once or twice."""
        warm_up = self.terms.warm_up * _PATIENCE_FACTOR**node.times_gone
        return Terms(warm_up, self.terms.threshold)

    def _came_back(self, node: Node, identity: str, at_ms: int) -> Finding:
        before = node.absent.trials
        node.absent, node.gone = RateWatch(), False
        return self._finding(
            "field_appeared",
            node,
            f"no such field in the last {before} payloads",
            f"{type_names(node.here_types)}, as before",
            node.example,
            chance=1 / (before + 2),
            before=before,
            changed=1,
            first=(at_ms, identity),
        )

    def _nulled(self, node: Node, identity: str, at_ms: int) -> Iterator[Finding]:
        watch = node.nulls
        if not node.here_null and watch.evidence == 0.0:
            watch.trials += 1
        elif watch.take(node.here_null / node.here_count, self.terms, at_ms, identity):
            expected = f"null in {watch.total:g} of {watch.trials} payloads"
            found = f"null in {watch.pending_total:g} of the last {watch.pending_trials}"
            yield self._risen("nulls_risen", node, watch, expected, found, "null")

    def _left_range(self, node: Node, identity: str, at_ms: int) -> Iterator[Finding]:
        if node.outside is None:
            node.outside = RateWatch()
        watch = node.outside
        if not node.here_outside and watch.evidence == 0.0:
            watch.trials += 1
        elif watch.take(node.here_outside / node.here_number, self.terms, at_ms, identity):
            expected = f"{node.low:.15g} to {node.high:.15g} in {watch.trials} payloads"
            low, high = node.pending_low, node.pending_high
            found = f"{low:.15g} to {high:.15g} in {watch.pending_total:g} of the last {watch.pending_trials}"
            yield self._risen("range_left", node, watch, expected, found, example_of(node.example, node.path))
            node.low, node.high = low, high
        if watch.evidence == 0.0:
            node.pending_low, node.pending_high = math.inf, -math.inf

    def _new_words(self, node: Node, words: Words, identity: str, at_ms: int) -> Iterator[Finding]:
        if not words.is_news(self.terms.warm_up):
            return
        words.told += 1
        expected = f"one of {', '.join(sorted(words.times))} in {words.quiet} payloads in a row"
        yield self._finding(
            "range_left",
            node,
            expected,
            ", ".join(words.new),
            words.new[0],
            chance=1 / (words.quiet + 2),
            before=words.quiet,
            changed=1,
            first=(at_ms, identity),
        )

    def _risen(
        self, kind: Kind, node: Node, watch: RateWatch, expected: str, found: str, example: str | None
    ) -> Finding:
        finding = Finding(
            kind=kind,
            path=node.path,
            expected=expected,
            found=found,
            example=example,
            chance=math.exp(-watch.evidence),
            payloads_before=watch.trials,
            payloads_changed=watch.pending_trials,
            first_at_ms=watch.first_at_ms,
            first_id=watch.first_id,
        )
        watch.begin_anew()
        return finding

    def _finding(
        self,
        kind: Kind,
        node: Node,
        expected: str,
        found: str,
        example: object,
        *,
        chance: float,
        before: int,
        changed: int,
        first: tuple[int, str],
    ) -> Finding:
        shown = example_of(example, node.path)
        return Finding(kind, node.path, expected, found, shown, chance, before, changed, *first)

    def _exceeded(self, identity: str, at_ms: int) -> Finding:
        return Finding(
            kind="paths_exceeded",
            path="$",
            expected=f"at most {PATHS_MAX} paths",
            found="more of them; the further ones are neither learned nor told",
            example=None,
            chance=1.0,
            payloads_before=self.payloads,
            payloads_changed=1,
            first_at_ms=at_ms,
            first_id=identity,
        )

    # what is learned

    def _learn(self, node: Node) -> None:
        node.types |= node.here_types
        if node.here_count > node.here_null:
            node.values += 1
        if node.here_object:
            node.objects += 1
            if not node.is_map and node.seems_map():
                self.path_count -= node.become_map()
        if node.outside is not None and node.here_number:
            self._widen(node, node.outside.trials)
        if node.words is not None and node.here_types & STRING and not node.words.learn(node.here_words):
            node.words = None
        node.example = None

    def _widen(self, node: Node, trials: int) -> None:
        if node.here_low < node.low or node.here_high > node.high or trials <= self.terms.warm_up + 1:
            node.low, node.high = min(node.low, node.here_low), max(node.high, node.here_high)
            node.set_bounds(self.terms.warm_up)


def _short(identity: str) -> int:
    return int(identity.replace("-", "")[:10], 16)
