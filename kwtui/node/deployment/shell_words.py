"""Words of a command line: the node's start among them, and what stands before it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.node.deployment.unknown import is_one_piece, pieces
from kwtui.node.deployment.variables import Scope, expand

_PROGRAM = re.compile(r"(?:.*/)?kwbase(?:\.exe)?\Z")
_SINGLE = ("start-single-node", "start-single-replica")
_START = ("start", *_SINGLE)
_OTHERS = frozenset(
    re.findall(
        r"\S+",
        """
sql init cert quit gen version node dump debug demo workload user zone auth-session nodelocal
statement-diag load help convert-url
""",
    )
)
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_BEFORE = frozenset(
    re.findall(
        r"\S+",
        """
sudo doas exec nohup setsid env nice ionice time timeout numactl taskset chrt stdbuf command gosu
su-exec setpriv tini dumb-init catchsegv unbuffer systemd-run cgexec eatmydata start-stop-daemon
builtin
""",
    )
)
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k|a)?sh\Z")
_ELSEWHERE = frozenset(
    re.findall(
        r"\S+",
        """
ssh kubectl ansible pdsh clush vagrant virsh oc helm crictl
""",
    )
)
_SPEAKS = frozenset(
    re.findall(
        r"\S+",
        """
echo printf grep egrep fgrep ps pgrep pkill killall cat logger test [ [[ which type alias rm cp mv
chmod chown ls tar awk sed systemctl service kill
""",
    )
)


@dataclass(frozen=True)
class Inner:
    """A command without what was put before it."""

    words: tuple[str, ...]
    user: str = ""
    text: str = ""
    """Of ``sh -c`` and ``su -c``: to be read as a script."""
    script: str = ""
    """The path of a script that a shell runs."""


def start_of(words: Sequence[str]) -> tuple[str, ...]:
    """``kwbase start…`` if the words begin with it, flags before the subcommand put behind it."""
    if len(words) < 2 or not _is_program(words[0], words[1]):
        return ()
    before: list[str] = []
    for position, word in enumerate(words[1:], 1):
        if word in _START:
            return (words[0], word, *before, *words[position + 1 :])
        if word in _OTHERS or position > 12:
            return ()
        before.append(word)
    return ()


def is_program(word: str) -> bool:
    return _PROGRAM.match(word) is not None


def _is_program(word: str, following: str) -> bool:
    if _PROGRAM.match(word):
        return True
    # A program behind a variable: what follows it names no other program's command.
    return is_one_piece(word) and (
        following in _SINGLE or (following in _START and "kwbase" in pieces(word)[0].lower())
    )


def inner_command(words: Sequence[str]) -> Inner:
    """The command that is run in the end: without ``sudo -u x``, ``env A=b``, ``sh -c``."""
    user, rest = "", list(words)
    while rest:
        while rest and _ASSIGNMENT.match(rest[0]):
            rest.pop(0)
        name = rest[0].rpartition("/")[2] if rest else ""
        if name in ("su", "runuser") and not _program_at(rest):
            return _of_su(rest, user)
        if name in _BEFORE or name in ("su", "runuser"):
            user = _user_of(name, rest) or user
            at = _program_at(rest)
            if not at:
                return Inner(tuple(rest), user)
            rest = rest[at:]
        elif _SHELL.match(name):
            return _of_shell(rest, user)
        else:
            break
    return Inner(tuple(rest), user)


def _program_at(words: Sequence[str]) -> int:
    """Where the command begins that another one runs; 0 if that is not seen."""
    for at in range(1, len(words)):
        name = words[at].rpartition("/")[2]
        if start_of(words[at:]) or is_program(words[at]) or _SHELL.match(name):
            return at
        if name in _BEFORE or name in ("su", "runuser", "docker", "podman", "nerdctl"):
            return at
    return 0


def _user_of(name: str, words: Sequence[str]) -> str:
    if name in ("gosu", "su-exec"):
        return words[1].partition(":")[0] if len(words) > 1 else ""
    if name in ("sudo", "doas", "runuser"):
        for at, word in enumerate(words[:-1]):
            if word in ("-u", "--user"):
                return words[at + 1]
            if word.startswith("--user="):
                return word.removeprefix("--user=")
    return ""


def _of_su(words: Sequence[str], user: str) -> Inner:
    text = ""
    for at, word in enumerate(words[1:], 1):
        if words[at - 1] in ("-c", "--command"):
            text = word
        elif word.startswith("--command="):
            text = word.removeprefix("--command=")
        elif not word.startswith("-") and words[at - 1] not in ("-s", "--shell", "-g", "-u"):
            user = word
    return Inner((), user, text)


def _of_shell(words: Sequence[str], user: str) -> Inner:
    for at, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word):
            return Inner((), user, words[at + 1] if at + 1 < len(words) else "")
        if not word.startswith("-"):
            return Inner(tuple(words[at:]), user, script=word)
    return Inner(tuple(words), user)


def is_elsewhere(words: Sequence[str]) -> bool:
    """Whether the command acts on another machine."""
    return bool(words) and words[0].rpartition("/")[2] in _ELSEWHERE


def only_speaks(words: Sequence[str]) -> bool:
    """Whether the command does nothing with the words but show or look for them."""
    return bool(words) and words[0].rpartition("/")[2] in _SPEAKS


def split(line: str) -> list[str]:
    """Words of a service's line; lines that end in a backslash go on. Empty if quotes do not
    close."""
    joined = re.sub(r"\\\r?\n", " ", line)
    try:
        return shlex.split(_HEX.sub(lambda m: shlex.quote(chr(int(m[1], 16))), joined))
    except ValueError:
        return []


def expand_words(words: Sequence[str], scope: Scope) -> list[str]:
    """As systemd does: ``$A`` alone becomes the words of its value, ``${A}`` stays one word."""
    expanded: list[str] = []
    for word in words:
        if not re.fullmatch(r"\$[A-Za-z_]\w*", word):
            expanded.append(expand(word, scope))
            continue
        value = scope.lookup(word[1:])
        expanded += split(value) if value is not None else [scope.missing(word, word[1:])]
    return [word for word in expanded if word]
