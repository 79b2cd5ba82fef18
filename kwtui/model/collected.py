"""What collectors of logs put before each line: journald, docker, Compose, Kubernetes, syslog.

The patterns are plain ASCII, for text and for bytes alike, and each is tried at the start of a line
only. Sources: journalctl(1), "Output Options"; the logging drivers of Docker (json-file) and the
log format of the CRI; RFC 5424.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_TIME = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?: ?(?:Z|[+-]\d\d:?\d\d)| [A-Z]{3,5}(?= ))?"
)
_NAME = r"[^\s:\[\]|]{1,64}(?:\[\d{1,10}\])?"
_PROGRAM = rf"[\w.:-]{{1,64}} {_NAME}: "
_COLOUR = r"(?:\x1b\[[\d;]{0,20}m)?"
_HEAD_FOLLOWS = r"(?=[DIWEF]\d{4}[ \d]\d \d\d:\d\d:\d\d\.\d{6} )"
_JSON = r'\{[^\n]{0,4000}?"(?:log|MESSAGE|message|msg)" ?: ?"'
_FORMS = (
    # fluentd's out_stdout and out_file: time, tag, record.
    rf"{_TIME} [\w.-]{{1,100}}: {_JSON}",
    # journald: short, short-precise; syslog.
    rf"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,9}})? {_PROGRAM}",
    # journald: short-iso, short-full, with-unit; rsyslog.
    rf"(?:[A-Z][a-z]{{2}} )?{_TIME} {_PROGRAM}",
    # docker logs -t, kubectl logs --timestamps, and the files of the CRI.
    rf"{_TIME} (?:std(?:out|err) [FP] )?",
    # docker compose logs, with -t too.
    rf"{_COLOUR}[\w.-]{{1,80}} *{_COLOUR} *\| ?{_COLOUR} ?(?:{_TIME} )?",
    # docker service logs.
    rf"[\w.-]{{1,80}}@[\w.-]{{1,80}} *\| ?(?:{_TIME} )?",
    # A terminal's colour, and the mark that an editor puts before a file.
    rf"(?:\x1b\[[\d;]{{1,20}}m|[^\x00-\x7f]{{1,3}}){_HEAD_FOLLOWS}",
    # kubectl logs --prefix.
    rf"{_COLOUR}\[pod/[^\]\s]{{1,200}}\]{_COLOUR} (?:{_TIME} )?",
    # journald: short-monotonic and short-unix; syslog of RFC 3164 and of RFC 5424.
    rf"(?:\[ *\d{{1,10}}\.\d{{1,9}}\]|\d{{9,11}}\.\d{{1,9}}) {_PROGRAM}",
    rf"<\d{{1,3}}>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d (?:[\w.:-]{{1,64}} )?{_NAME}: ",
    rf"<\d{{1,3}}>1 {_TIME}" + r" \S{1,255}(?: \S{1,128}){3} "
    r"""(?:-|(?:\[(?:[^\]"\n]|"(?:[^"\\\n]|\\.){0,300}"){0,300}\]){1,9}) (?:[^\x00-\x7f]{1,3})?""",
    # journald: export.
    r"MESSAGE=",
    # docker's json-file, journald: json.
    _JSON,
    # fluentd; stern, and others that name pod and container: only before the whole head of an
    # entry, with part and place of the source, as any sentence begins with words.
    rf"{_TIME}\t[^\s:]{{1,200}}\t",
    rf"(?:\[[\w./:-]{{1,200}}\]|{_COLOUR}[\w.-]{{1,100}}{_COLOUR} "
    rf"{_COLOUR}[\w.-]{{1,100}}{_COLOUR}) "
    rf"(?:{_TIME} )?(?=[DIWEF]\d{{4}}[ \d]\d [\d:.]{{15}} (?:\d{{1,10}} )?[^\s:]{{1,100}}:\d)",
)
PREFIX = r"(?![DIWEF]\d{4}[ \d]\d )(?:" + "|".join(_FORMS) + ")"
"""What a collector puts before a line. It takes nothing that looks like the head of an entry."""
LONGEST = 4096
"""Bytes of the longest one."""

_PREFIX = re.compile(PREFIX)
_HEAD = re.compile(r"[DIWEF]\d{4}[ \d]\d \d\d:\d\d:\d\d\.\d{6} ")
_NAMED = re.compile(r"(?:\A|\s)([^\s:\[\]|]{1,64})(?:\[\d{1,10}\])?: \Z")
_TABLE = re.compile(r"[\w.-]*(?<![-_]\d)(?<![-_]\d\d) *\|")
"""The first column of a table looks like the name that Compose puts before a line."""
_OWN_PROGRAMS = re.compile(r"kwbase|kaiwudb|kwdb|docker|podman|conmon|containerd", re.IGNORECASE)


@dataclass(frozen=True)
class Collected:
    """A line without what a collector put before it."""

    text: str
    prefix: str = ""


def without_prefix(line: str) -> Collected:
    """The line as the program wrote it, and what was before it.

    A line of another program than the node's, such as systemd or the kernel, keeps the program's
    name: it tells whose words they are.
    """
    match = _PREFIX.match(line)
    if match is None:
        return Collected(line)
    prefix, rest = match[0], line[match.end() :]
    if prefix.endswith('"') and "{" in prefix:
        return Collected(_json_text(line[prefix.index("{") :], rest), prefix)
    if _TABLE.match(prefix) and not _HEAD.match(rest):
        return Collected(line)
    program = _NAMED.search(prefix)
    if program and not _OWN_PROGRAMS.search(program[1]) and not _HEAD.match(rest):
        return Collected(prefix[program.start(1) :] + rest, prefix[: program.start(1)])
    return Collected(rest, prefix)


def _json_text(line: str, rest: str) -> str:
    """The message of a line of JSON; of one that was cut what is left of it."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return rest
    if not isinstance(fields, dict):
        return rest
    for name in ("log", "MESSAGE", "message", "msg"):
        if isinstance(fields.get(name), str):
            return str(fields[name]).rstrip("\n")
    return rest
