"""Whether the broker is still in the life that this process began in.

A broker that forgot its log and came back counts its offsets from 0 again. To it our positions mean other messages,
and state that rests on messages of the old life must not be stored in the new one. So a process whose life is over
ends; it is started again after the new life was given what it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from crosscurrent.errors import Fatal, ServerAway
from crosscurrent.kafka import topic_lives
from crosscurrent.kafka_access import Brokers


class BrokerLife:
    """The lives of some topics, as they were when this object was made.

    Args:
        bootstrap_servers: the brokers.
        topics: names of topics, which must exist.

    Raises:
        ServerAway: the broker does not answer, or lacks a topic.
    """

    def __init__(self, bootstrap_servers: Brokers, topics: Sequence[str]) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topics = tuple(topics)
        self._lives = dict(topic_lives(bootstrap_servers, self._topics))
        missing = [topic for topic in self._topics if topic not in self._lives]
        if missing:
            raise ServerAway(
                f"no topic {', '.join(missing)} on {bootstrap_servers}",
                expected="the topics that were just created",
                todo="check the broker",
            )

    @property
    def cluster(self) -> str:
        """Id of the broker's cluster, which the embedded broker makes anew at each start."""
        return self._lives[self._topics[0]].partition("/")[0]

    async def check(self) -> None:
        """Return if the life goes on.

        Raises:
            Fatal: it is over.
            ServerAway: the broker does not answer; the life may go on.
        """
        now = await asyncio.to_thread(topic_lives, self._bootstrap_servers, self._topics)
        for topic, life in self._lives.items():
            if now.get(topic) != life:
                raise Fatal(
                    f"topic {topic} was {life} when this process started and is {now.get(topic, 'gone')} now",
                    expected="the broker and the topics of the start",
                    todo="start the worker again; `crosscurrent up` does",
                    topic=topic,
                )

    async def is_over(self) -> Fatal | None:
        """Return why the life is over, or None if it goes on or nobody can say."""
        try:
            await self.check()
        except ServerAway:
            return None
        except Fatal as error:
            return error
        return None
