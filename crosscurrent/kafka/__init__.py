"""Kafka clients, topics and offsets as every process uses them."""

from crosscurrent.kafka.cluster import TopicLife, topic_lives
from crosscurrent.kafka.consumer import read_to_end
from crosscurrent.kafka.follow import follow
from crosscurrent.kafka.headers import cloud_event_headers
from crosscurrent.kafka.producer import Acknowledged, Producer, make_producer
from crosscurrent.kafka.rests_on import RESTS_ON, RestsOn
from crosscurrent.kafka.topic_plan import (
    TopicChange,
    TopicState,
    WantedTopic,
    apply_changes,
    plan_topics,
    read_topics,
)
from crosscurrent.kafka.topics import NewTopic, ensure_topics
from crosscurrent.kafka.watermarks import high_watermarks

__all__ = [
    "RESTS_ON",
    "Acknowledged",
    "NewTopic",
    "Producer",
    "RestsOn",
    "TopicChange",
    "TopicLife",
    "TopicState",
    "WantedTopic",
    "apply_changes",
    "cloud_event_headers",
    "ensure_topics",
    "follow",
    "high_watermarks",
    "make_producer",
    "plan_topics",
    "read_to_end",
    "read_topics",
    "topic_lives",
]
