"""Pasted text as single messages: logs, psql, drivers, kwtui's own words, or one bare sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kwtui.model.collected import without_prefix

_MOST_CHARACTERS = 4 << 20
"""More than anybody pastes; a whole log is read with the log view."""
_LONGEST_MESSAGE = 6000

# facts.md, 5.2 and 5.4; the day of a TsEngine line is padded with a space.
_LOG = re.compile(
    r"(?P<severity>[DIWEF])\d{4}[ \d]\d \d{2}:\d{2}:\d{2}\.\d{6} (?:\d+ )?[^\s:]+:\d+ +"
)
_MORE = re.compile(
    r"\s|DETAIL:|HINT:|LINE \d|CONTEXT:|STATEMENT:|QUERY:|LOCATION:|SQLSTATE|source SQL:"
    r"|goroutine \d|\^|-->"
)
# What follows these belongs to the message, however it looks: a statement, mostly.
_OPEN_END = re.compile(r"(?:DETAIL:|STATEMENT:|QUERY:|CONTEXT:|source SQL:|goroutine \d|Traceback)")
_STARTS = re.compile(
    r"(?:[\w./-]*psql(?:\.exe)?: |psycopg2?\.|pq: |kwtui: |org\.postgresql|sqlalchemy\."
    r"|(?:ERROR|FATAL|PANIC|WARNING|NOTICE|error)(?::|\s+\d{5}))"
)
_OF_CLIENT = re.compile(
    r"ERROR: (?:cannot dial server|cannot establish secure connection|cannot load certificates"
    r"|server closed the connection\.|SSL authentication error|operation timed out\.)"
)
"""What KWDB's own client prints of a failed connection: several lines, the cause after a blank."""
_OF_CLIENT_ENDS = re.compile(r"Failed running ")
_SQLSTATE = (
    re.compile(r"SQL ?STATE\W{0,4}([0-9A-Z]{5})\b", re.IGNORECASE),
    re.compile(r"\b(?:ERROR|FATAL|PANIC|WARNING|NOTICE): +([0-9A-Z]{5}): "),
    re.compile(r"[\[(]([0-9A-Z]{5})[\])]"),
    re.compile(r"\A\s*([0-9A-Z]{5})\s*\Z"),
)
_KW = re.compile(r"\bKW[- ]?(\d{3})\b", re.IGNORECASE)
_DRIVER_CLASS = re.compile(r"\b(?:psycopg2?|asyncpg)\.(?:\w+\.)*(\w+)")
_PROGRAM = re.compile(r"\b(?:ERROR|FATAL|PANIC|WARNING|NOTICE|pq|psql)\b *:|SQLSTATE")
_ALARMING = re.compile(r"\b(?:ERROR|FATAL|PANIC|failed|cannot|can't|refused|denied)\b")


_SPEAKER = re.compile(
    r"(?P<other>java\.(?:lang|net|io|util)\.|(?:\S+: )?org\.(?:rocksdb|apache)\.|redis\.|pandas\."
    r"|ORA-\d|mysql\b|ERROR \d{4} \(|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#)"
    r"|(?P<daemon>Error response from daemon|Cannot connect to the Docker daemon)"
    r"|-?(?:[\w./-]*/)?(?P<name>\(?[A-Za-z][\w.-]*\)?)(?:\[\d+\])?: "
)
_OTHER_PROGRAMS = frozenset(
    re.findall(
        r"\S+",
        """
systemd (kwbase) kernel audit auditd sshd ssh kex_exchange_identification client_loop
ssh_exchange_identification packet_write_wait docker dockerd docker-compose containerd podman runc
kubectl kubelet helm crictl ansible curl wget nginx httpd haproxy keepalived rsync scp sftp tar gzip
gunzip zstd unzip git bash sh zsh dash ash ksh ls cat cp mv rm ln mkdir rmdir touch chmod chown
mount umount df du dd sed awk grep find tail head less vi nano sudo su mysql mysqld redis redis-cli
redis-server mongo mongod etcd kafka prometheus grafana telegraf apt apt-get dpkg yum dnf rpm npm
node pip python python3 perl ruby go make cmake gcc ld ldconfig java cron crond anacron logrotate
rsyslogd polkitd networkmanager firewalld postfix smartd mdadm lvm journalctl systemctl service nc
telnet ping dig nslookup openssl leveldb tikv tidb pd zookeeper clickhouse influxd minio mc
kafka-streams elasticsearch flink spark importerror modulenotfounderror
useradd usermod setenforce restorecon
""",
    )
)


@dataclass(frozen=True)
class Message:
    """One message of the text."""

    text: str
    """In one line, without the head of a log line."""
    line: int
    """Of the text, from 1."""
    severity: str = ""
    """D, I, W, E or F of a log line; empty for anything else."""
    sqlstates: tuple[str, ...] = ()
    """What looks like one; whether it is known is not looked at."""
    kw: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names of driver classes, such as ``InsufficientPrivilege``."""
    speaker: str = ""
    """Another program than KWDB and its clients, if one said it: ``systemd``, ``ssh``."""
    is_logged: bool = False
    """It is an entry of a node's log."""

    @property
    def is_information(self) -> bool:
        return self.severity in ("D", "I")

    @property
    def is_own_words(self) -> bool:
        """Whether a person may have written it: nothing tells that a program did."""
        marked = self.severity or self.sqlstates or self.kw or self.names
        return not marked and _PROGRAM.search(self.text) is None

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should be told if it is not known."""
        if self.severity:
            return self.severity in ("E", "F")
        return bool(self.kw or self.names or _ALARMING.search(self.text))


def split_messages(text: str) -> list[Message]:
    """The messages of pasted text, in order."""
    if len(text) > _MOST_CHARACTERS:
        text = text[: text.rfind("\n", 0, _MOST_CHARACTERS) + 1] or text[:_MOST_CHARACTERS]
    messages = []
    made: dict[tuple[str, ...], Message] = {}  # The same words fill whole logs.
    for line, parts in _grouped(text):
        words = tuple(parts)
        message = made.get(words)
        if message is None:
            message = made[words] = _message(line, parts)
        messages.append(replace(message, line=line))
    return messages


def whole_message(text: str) -> Message:
    """All of the text as one message: a terminal may have broken it anywhere."""
    return _message(1, [text[:_LONGEST_MESSAGE]])


def _grouped(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of each message, with the number of the first."""
    start, parts, open_end, of_client = 0, list[str](), False, False
    for number, written in enumerate(text.splitlines(), 1):
        line = without_prefix(written).text
        is_log = _LOG.match(line) is not None
        begins = is_log or _STARTS.match(line) is not None
        if parts and of_client and not begins:
            parts.append(line)
            of_client = _OF_CLIENT_ENDS.match(line) is None
            continue
        if parts and not begins and line.strip() and (open_end or _MORE.match(line)):
            parts.append(line)
            open_end = open_end or _OPEN_END.match(line) is not None
            continue
        if parts and (begins or line.strip() or not _LOG.match(parts[0])):
            yield start, parts
            parts = []
        if line.strip():
            start, parts, open_end = number, [line], is_log or _OPEN_END.match(line) is not None
            of_client = _OF_CLIENT.match(line) is not None
    if parts:
        yield start, parts


def _message(line: int, parts: list[str]) -> Message:
    first = _LOG.match(parts[0])
    severity = first["severity"] if first else ""
    if first:
        parts = [parts[0][first.end() :], *parts[1:]]
    joined = "\n".join(parts)[:_LONGEST_MESSAGE]
    text = " ".join(joined.split())
    return Message(
        text=text,
        line=line,
        severity=severity,
        sqlstates=_all(_SQLSTATE, joined),
        kw=tuple(dict.fromkeys(f"KW{number}" for number in _KW.findall(joined))),
        names=tuple(dict.fromkeys(_DRIVER_CLASS.findall(joined))),
        speaker="" if first else _speaker(text),
        is_logged=first is not None,
    )


def _speaker(text: str) -> str:
    """The program that said it, if it is none of KWDB's and no client of it."""
    match = _SPEAKER.match(text)
    if match is None:
        return ""
    if match["daemon"]:
        return "docker"
    if match["other"]:
        return "another database or server"
    name = match["name"].lower()
    return name if name in _OTHER_PROGRAMS else ""


def _all(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[str, ...]:
    found = (match.upper() for pattern in patterns for match in pattern.findall(text))
    return tuple(dict.fromkeys(found))
