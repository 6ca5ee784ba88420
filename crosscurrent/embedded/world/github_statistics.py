"""Traffic, commits by day, workflow runs and files of the played GitHub, in its shapes (pure but for what it is given)."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1, sha256

from crosscurrent.embedded.world.exchange import iso_time
from crosscurrent.embedded.world.github_accounts import SITE, node_id, user
from crosscurrent.embedded.world.github_history import GithubHistory
from crosscurrent.embedded.world.github_payload import Place, repository_payload

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
TRAFFIC_DAYS = 15
COMMIT_WEEKS = 52
RUNS_SHOWN_MAX = 300
RUN_ID_FIRST = 7_890_000_000

_FIRST_SUNDAY_SECONDS = 3 * DAY_SECONDS  # 4 January 1970
_REFERRERS = ("Google", "github.com", "duckduckgo.com", "news.example")
_FILES = {"README.md": 3_411, "model/weights.bin": 0, "src/main.txt": 18_250}
_LFS_BYTES = 268_435_456
_RUN_SECONDS = 140


class GithubStatistics:
    """What the played GitHub adds up.

    Args:
        history: what there is at a virtual time.
    """

    def __init__(self, history: GithubHistory) -> None:
        self._history = history

    def traffic(self, place: Place, now_seconds: float, rows: str) -> dict[str, object]:
        """Return the visits (``views``) or ``clones`` of the last fortnight by day."""
        today = int(now_seconds // DAY_SECONDS)
        days = []
        for day in range(today - TRAFFIC_DAYS + 1, today + 1):
            count = self._visits(place, day, now_seconds, rows)
            days.append(
                {"timestamp": iso_time(day * DAY_SECONDS), "count": count, "uniques": count - count // 3}
            )
        both = {name: sum(int(str(day[name])) for day in days) for name in ("count", "uniques")}
        return {**both, rows: days}

    def referrers(self, place: Place, now_seconds: float) -> list[dict[str, object]]:
        """Return where visitors of the last fortnight came from, the strongest first."""
        whole = int(str(self.traffic(place, now_seconds, "views")["count"]))
        parts = [(name, whole // (3 + position)) for position, name in enumerate(_REFERRERS)]
        return [
            {"referrer": name, "count": count, "uniques": count - count // 3}
            for name, count in parts
            if count
        ]

    def paths(self, place: Place, now_seconds: float) -> list[dict[str, object]]:
        """Return the most visited pages of the last fortnight."""
        whole, full_name = (
            int(str(self.traffic(place, now_seconds, "views")["count"])),
            place.repository.full_name,
        )
        pages = ((f"/{full_name}", full_name), (f"/{full_name}/issues", f"Issues · {full_name}"))
        return [
            {"path": path, "title": title, "count": whole // (2 + row), "uniques": whole // (4 + row)}
            for row, (path, title) in enumerate(pages)
            if whole // (4 + row)
        ]

    def commit_activity(self, place: Place, now_seconds: float) -> list[dict[str, object]]:
        """Return the commits of the last year by week, each with its days."""
        this_week = int((now_seconds - _FIRST_SUNDAY_SECONDS) // WEEK_SECONDS)
        weeks = []
        for week in range(this_week - COMMIT_WEEKS + 1, this_week + 1):
            begin = _FIRST_SUNDAY_SECONDS + week * WEEK_SECONDS
            days = [self._pushes(place, begin + day * DAY_SECONDS, now_seconds) for day in range(7)]
            weeks.append({"total": sum(days), "week": begin, "days": days})
        return weeks

    def run_count(self, place: Place, now_seconds: float) -> int:
        """Return how many runs there are to be shown: one for each push."""
        return min(RUNS_SHOWN_MAX, self._counts_at(place, now_seconds)[1])

    def run(self, place: Place, now_seconds: float, row: int) -> dict[str, object]:
        """Return a workflow run, ``row`` 0 being the newest."""
        number = self._counts_at(place, now_seconds)[1] - row
        counts = self._history.counts(place, self._history.hour_at(place, now_seconds))
        created = counts.pushed_seconds - row * 3600
        return _run(place, number, created, repository_payload(place, counts, detail=False))

    def file(self, place: Place, path: str, ref: str) -> dict[str, object] | None:
        """Return a file by its path, ``None`` if there is none."""
        if path not in _FILES:
            return None
        content = _content(place, path)
        sha = sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()
        where = f"{place.url}/contents/{path}?ref={ref}"
        page = f"{SITE}/{place.repository.full_name}/blob/{ref}/{path}"
        git = f"{place.url}/git/blobs/{sha}"
        raw = f"https://raw.githubusercontent.com/{place.repository.full_name}/{ref}/{path}"
        return {
            "name": path.rpartition("/")[2], "path": path, "sha": sha, "size": len(content), "url": where,
            "html_url": page, "git_url": git, "download_url": raw, "type": "file",
            "content": b64encode(content).decode() + "\n", "encoding": "base64",
            "_links": {"self": where, "git": git, "html": page},
        }  # fmt: skip

    def _visits(self, place: Place, day: int, now_seconds: float, rows: str) -> int:
        # who comes may give a star
        end = min(now_seconds, (day + 1) * DAY_SECONDS)
        gained = self._counts_at(place, end)[0] - self._counts_at(place, day * DAY_SECONDS)[0]
        base = _noise(place, f"{rows} {day}", 40) + 10
        passed = (end - day * DAY_SECONDS) / DAY_SECONDS
        return int(base * passed) + (9 if rows == "views" else 2) * max(0, gained)

    def _pushes(self, place: Place, begin: int, now_seconds: float) -> int:
        if begin >= now_seconds:
            return 0
        if self._history.exact_hour(place, begin) < self._history.first_hour:
            return _noise(place, f"pushes {begin}", 6)
        end = min(now_seconds, begin + DAY_SECONDS)
        return max(0, self._counts_at(place, end)[1] - self._counts_at(place, begin)[1])

    def _counts_at(self, place: Place, seconds: float) -> tuple[int, int]:
        """Return stars and pushes at a moment."""
        hour = max(self._history.first_hour, self._history.hour_at(place, seconds))
        counts = self._history.counts(place, hour)
        return counts.stars, counts.pushes


def _noise(place: Place, text: str, bound: int) -> int:
    digest = sha256(f"{place.repository.full_name} {text}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % bound


def _content(place: Place, path: str) -> bytes:
    if path.endswith(".bin"):
        oid = sha256(place.repository.full_name.encode()).hexdigest()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {_LFS_BYTES}\n".encode()
    line = f"{place.repository.full_name} {path}\n".encode()
    return (line * (_FILES[path] // len(line) + 1))[: _FILES[path]]


def _run(place: Place, number: int, created: int, repository: dict[str, object]) -> dict[str, object]:
    identifier, sha = RUN_ID_FIRST + place.index * 1_000_000 + number, _sha(place, number)
    url = f"{place.url}/actions/runs/{identifier}"
    suite, who = identifier + 11, user(number % 7)
    whole = {
        name: value
        for name, value in repository.items()
        if name in _REPOSITORY_FIELDS or name.endswith("_url")
    }
    whole = {name: value for name, value in whole.items() if name not in _REPOSITORY_FIELDS_LEFT_OUT}
    return {
        "id": identifier, "name": "Tests", "node_id": node_id("WorkflowRun", identifier), "head_branch": "main",
        "head_sha": sha, "path": ".github/workflows/tests.yml", "display_title": f"Change {number}",
        "run_number": number, "event": "push", "status": "completed",
        "conclusion": "failure" if number % 9 == 4 else "success", "workflow_id": 7_400_000 + place.index,
        "check_suite_id": suite, "check_suite_node_id": node_id("CheckSuite", suite), "url": url,
        "html_url": f"{SITE}/{place.repository.full_name}/actions/runs/{identifier}", "pull_requests": [],
        "created_at": iso_time(created), "updated_at": iso_time(created + _RUN_SECONDS), "actor": who,
        "run_attempt": 1, "referenced_workflows": [], "run_started_at": iso_time(created), "triggering_actor": who,
        "jobs_url": f"{url}/jobs", "logs_url": f"{url}/logs", "check_suite_url": f"{place.url}/check-suites/{suite}",
        "artifacts_url": f"{url}/artifacts", "cancel_url": f"{url}/cancel", "rerun_url": f"{url}/rerun",
        "previous_attempt_url": None, "workflow_url": f"{place.url}/actions/workflows/{7_400_000 + place.index}",
        "head_commit": {
            "id": sha, "tree_id": _sha(place, -number), "message": f"Change {number}", "timestamp": iso_time(created),
            "author": _person(who), "committer": _person(who),
        },
        "repository": whole, "head_repository": whole,
    }  # fmt: skip


_REPOSITORY_FIELDS = frozenset(
    {"id", "node_id", "name", "full_name", "private", "owner", "html_url", "description", "fork", "url"}
)
_REPOSITORY_FIELDS_LEFT_OUT = frozenset({"git_url", "ssh_url", "clone_url", "svn_url", "mirror_url"})


def _person(who: dict[str, object]) -> dict[str, object]:
    return {"name": who["login"], "email": f"{who['login']}@users.example"}


def _sha(place: Place, number: int) -> str:
    return sha1(f"{place.repository.full_name}#{number}".encode(), usedforsecurity=False).hexdigest()
