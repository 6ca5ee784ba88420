"""Kafka in production form: three brokers that replicate, with an open listener and one with TLS, SCRAM and ACLs."""

from __future__ import annotations

import datetime
import subprocess
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crosscurrent.embedded.broker.archive import archive_arguments
from crosscurrent.embedded.broker.jars import cache_directory, class_path, resolve_jars
from crosscurrent.embedded.broker.java import find_java
from crosscurrent.embedded.broker.node import new_cluster_id
from crosscurrent.embedded.broker.node_config import (
    NodePlace,
    java_arguments,
    logging_properties,
    to_arguments_file,
    to_properties,
)
from crosscurrent.kafka.client import client_config
from tests.waiting import free_ports, wait_until

NODES = 3
_HEAP_BYTES = 192 * 1024 * 1024
_ANYWHERE = "*"


class Authority:
    """Signs certificates for loopback, in files.

    Args:
        directory: where the files go.
        name: its name.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._directory = directory
        self.certificate_file = directory / f"{name}.pem"
        root = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        signed = root.sign(self._key, hashes.SHA256())
        self.certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server_file(self) -> Path:
        """Return a file of a key, a certificate for 127.0.0.1, and the authority's."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        built = self._builder(name, key.public_key()).add_extension(names, critical=False)
        signed = built.sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._directory / "server.pem"
        file.write_bytes(
            private + signed.public_bytes(serialization.Encoding.PEM) + self.certificate_file.read_bytes()
        )
        return file

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=365 * 100))
        )


class KafkaCluster:
    """Three brokers, of which the first ones are controllers, too.

    ``open_servers`` lets everybody in as the administrator; ``servers`` asks for TLS and SCRAM and obeys ACLs.

    Args:
        directory: where it lies.
        controllers: how many of the nodes vote; with three any node may be killed, with one all but the first.
    """

    def __init__(self, directory: Path, controllers: int = 1) -> None:
        self._directory = directory
        self._controllers = controllers
        self.authority = Authority(directory, "authority")
        self._certificate = self.authority.server_file()
        self._open, self._secured, self._controller = (free_ports(NODES) for _ in range(3))
        self.open_servers = ",".join(f"127.0.0.1:{port}" for port in self._open)
        self.servers = ",".join(f"127.0.0.1:{port}" for port in self._secured)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._java, cache = find_java(), cache_directory()
        resolve_jars(cache, lambda _: None)
        self._class_path = class_path(cache)
        self._archive = archive_arguments(self._java, cache, lambda _: None)

    def start(self) -> None:
        """Format and start all nodes; return when all three are in."""
        cluster = new_cluster_id()
        with ThreadPoolExecutor(NODES) as pool:
            list(pool.map(lambda node: self._format(node, cluster), range(NODES)))
        for node in range(NODES):
            self.start_node(node)
        wait_until(lambda: self.brokers() == NODES, "three brokers", seconds=120)

    def start_node(self, node: int) -> None:
        """Start one node."""
        place = self._place(node)
        command = [str(self._java.program), f"@{place.arguments_file}", "kafka.Kafka"]
        with (place.data / "out.log").open("ab") as log:
            self._processes[node] = subprocess.Popen(
                [*command, str(place.properties_file)], stdout=log, stderr=log
            )

    def kill_node(self, node: int) -> None:
        """Kill one node."""
        self._processes[node].kill()
        self._processes[node].wait()

    def kill(self) -> None:
        """Kill all nodes."""
        for node in self._processes:
            self.kill_node(node)

    def brokers(self) -> int:
        """Return how many brokers are in the cluster."""
        try:
            admin = self.admin()
            return len(admin.list_topics(timeout=1.0).brokers)
        except KafkaException:
            return 0

    def admin(self) -> AdminClient:
        """Return an administrator's client; whoever asks keeps it until it has answered."""
        return AdminClient(client_config(self.open_servers))

    def add_user(self, name: str, password: str) -> None:
        """Add a user, who may do nothing yet."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(name, info, password.encode())
        admin = self.admin()
        for future in admin.alter_user_scram_credentials([change]).values():
            future.result()

    def grant(self, user: str, resource: ResourceType, name: str, *operations: AclOperation) -> None:
        """Let a user do something with all whose names begin so."""
        pattern = ResourcePatternType.LITERAL if name == "kafka-cluster" else ResourcePatternType.PREFIXED
        bindings = [
            AclBinding(resource, name, pattern, f"User:{user}", _ANYWHERE, operation, AclPermissionType.ALLOW)
            for operation in operations
        ]
        admin = self.admin()
        for future in admin.create_acls(bindings).values():
            future.result()

    def _place(self, node: int) -> NodePlace:
        data = self._directory / f"node-{node}"
        return NodePlace("127.0.0.1", self._open[node], self._controller[node], data, _HEAP_BYTES)

    def _format(self, node: int, cluster: str) -> None:
        place = self._place(node)
        place.data.mkdir()
        place.logging_file.write_text(to_properties(logging_properties()))
        place.properties_file.write_text(to_properties(self._properties(node, place)))
        arguments = java_arguments(place, self._class_path, self._archive, self._java.major)
        place.arguments_file.write_text(to_arguments_file(arguments))
        subprocess.run(
            [
                *(str(self._java.program), f"@{place.arguments_file}", "kafka.tools.StorageTool", "format"),
                *("--cluster-id", cluster, "--config", str(place.properties_file)),
            ],
            check=True,
            capture_output=True,
        )

    def _properties(self, node: int, place: NodePlace) -> dict[str, str]:
        voting = self._controller[: self._controllers]
        voters = ",".join(f"{one + 1}@127.0.0.1:{port}" for one, port in enumerate(voting))
        votes = node < self._controllers
        clients = f"OPEN://127.0.0.1:{place.port},SECURED://127.0.0.1:{self._secured[node]}"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {
            "process.roles": "broker,controller" if votes else "broker",
            "node.id": str(node + 1),
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": clients + (f",CONTROLLER://127.0.0.1:{place.controller_port}" if votes else ""),
            "advertised.listeners": clients,
            "listener.security.protocol.map": "OPEN:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "OPEN",
            "log.dirs": str(place.log),
            "listener.name.secured.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secured.scram-sha-512.sasl.jaas.config": scram,
            "listener.name.secured.ssl.keystore.type": "PEM",
            "listener.name.secured.ssl.keystore.location": str(self._certificate),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "auto.create.topics.enable": "false",
            "default.replication.factor": str(NODES),
            "min.insync.replicas": "2",
            "offsets.topic.num.partitions": "2",
            "transaction.state.log.num.partitions": "2",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "broker.session.timeout.ms": "6000",
            "broker.heartbeat.interval.ms": "500",
            "controller.quorum.election.timeout.ms": "1000",
            "controller.quorum.fetch.timeout.ms": "5000",
            "message.max.bytes": str(64 * 1024 * 1024),
            "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
            "num.network.threads": "2",
            "num.io.threads": "2",
        }
