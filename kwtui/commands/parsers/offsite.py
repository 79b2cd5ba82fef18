"""Options of `kwtui offsite`."""

from __future__ import annotations

import argparse
import re
from typing import Any

from kwtui.commands.parsers.parts import (
    add_connection,
    add_identities,
    add_passphrase,
    add_tables,
    command,
    given,
    number,
    set_path,
)

_URLS = "file:///DIR, sftp://user@host/DIR, s3://bucket/prefix or rclone:REMOTE:DIR"
_TARGET = f"a saved target, or {_URLS}"


def copy_level(highest: int) -> Any:
    """``O1``, ``o1`` or ``1``, up to the highest."""

    def level(text: str) -> int:
        found = re.fullmatch(rf"[Oo]?([1-{highest}])", text.strip())
        if found is None:
            raise argparse.ArgumentTypeError(f"{text!r} is none of O1 to O{highest}")
        return int(found[1])

    return level


def add_offsite_commands(commands: Any) -> None:
    """push, list, check, fetch, drill, prune; targets, show, add, edit, remove; keygen."""
    parser = command(
        commands,
        "offsite",
        "send backup sets to another place, prove the copies, bring them back",
        "offsite.copies:offsite",
        """\
        A copy is opened by tar, zstd, age and sha256sum alone: RESTORE.txt beside it tells how. It
        is proven by level:

        O1  every part is there, with its size
        O2  every byte was read back and is what was sent; no key is needed
        O3  decrypted and unpacked: every file as in the manifest
        O4  fetched from there and restored by a drill

        TARGET is a saved name or a URL. The saved ones stand in offsite.toml beside the profiles:
        `edit` opens it in VISUAL or EDITOR and checks it before it counts, and policies that send
        to a target are named before it is removed. Needs the extra offsite.
        """,
        """\
        kwtui offsite keygen ~/offsite.key
        kwtui offsite add vault sftp://backup@vault.example/srv/kwtui --recipient age1...
        kwtui offsite push --database shop vault --yes
        kwtui offsite check vault --level O2
        kwtui offsite fetch vault kwtui/shop/20261122T080000Z --identity ~/offsite.key --yes
        kwtui offsite prune vault --keep-daily 30 --keep-monthly 12
        """,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for add in (_push, _list, _check, _fetch, _drill, _prune, _targets, _keygen):
        add(actions)


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    words = text[:1].upper() + text[1:]
    action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=f"{words}.")
    action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    add_connection(action, inherited=True)
    return action


def _add_target(action: argparse.ArgumentParser) -> None:
    action.add_argument("target", type=given, metavar="TARGET", help=_TARGET)


def _add_recipients(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--recipient",
        action="append",
        default=[],
        type=given,
        metavar="KEY",
        help="encrypt for this public key (age1..., ssh-ed25519 ...); may be given again",
    )


def _add_yes(action: argparse.ArgumentParser, words: str) -> None:
    choice = action.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help=words)
    choice.add_argument("--dry-run", action="store_true", help="only show the plan (default)")


def _push(actions: Any) -> None:
    action = _action(actions, "push", "send a backup set; what the target has is not sent again")
    action.add_argument("set", nargs="?", type=set_path, metavar="SET")
    _add_target(action)
    action.add_argument(
        "--database", type=given, metavar="DB", help="the newest proven backup of DB, without SET"
    )
    _add_recipients(action)
    action.add_argument(
        "--level",
        type=copy_level(2),
        default=1,
        metavar="O1|O2",
        help="how far the copy is proven at once (O1); O3 needs a private key: see check",
    )
    _add_yes(action, "send it")
    action.add_argument("--detach", action="store_true", help="start the run, do not follow it")


def _list(actions: Any) -> None:
    action = _action(actions, "list", "list the copies on a target")
    _add_target(action)
    action.add_argument("--database", type=given, metavar="DB", help="only those of DB")


def _check(actions: Any) -> None:
    action = _action(actions, "check", "prove copies; what is found is written down beside them")
    _add_target(action)
    action.add_argument("set", nargs="?", type=set_path, metavar="SET", help="only this one")
    action.add_argument(
        "--level", type=copy_level(3), default=2, metavar="O1|O2|O3", help="how far (O2)"
    )
    add_identities(action)


def _fetch(actions: Any) -> None:
    action = _action(actions, "fetch", "bring a copy back below extern, proven before it counts")
    _add_target(action)
    action.add_argument("set", type=set_path, metavar="SET")
    add_tables(action)
    add_identities(action)
    add_passphrase(action)
    _add_yes(action, "fetch it")
    action.add_argument("--detach", action="store_true", help="start the run, do not follow it")


def _drill(actions: Any) -> None:
    action = _action(
        actions, "drill", "fetch a copy into a folder of its own and restore it on a sandbox (O4)"
    )
    _add_target(action)
    action.add_argument("set", type=set_path, metavar="SET")
    add_identities(action)
    add_passphrase(action)
    action.add_argument(
        "--work",
        type=given,
        metavar="DIR",
        help="where it is fetched to meanwhile, with space for the set (kwtui's state directory)",
    )


def _prune(actions: Any) -> None:
    action = _action(
        actions, "prune", "remove copies that no rule needs; the last proven one stays"
    )
    _add_target(action)
    action.add_argument("--database", type=given, metavar="DB", help="only copies of DB")
    group = action.add_argument_group("rules", "Without any, those of the saved target count.")
    for name in ("last", "daily", "weekly", "monthly", "yearly"):
        group.add_argument(f"--keep-{name}", type=number, metavar="N", help="as in kwtui prune")
    group.add_argument(
        "--min-proof",
        type=copy_level(4),
        metavar="O1|O2|O3|O4",
        help="copies that are proven less do not count (O1)",
    )
    group.add_argument(
        "--leftovers",
        action="store_true",
        help="instead: what sendings that were cut off left. Make sure that none is under way",
    )
    _add_yes(action, "remove what goes")


def _targets(actions: Any) -> None:
    """The saved targets, as `kwtui profiles` has the saved servers."""
    _action(actions, "targets", "list the saved targets")
    show = _action(actions, "show", "show a saved target, and the policies that send copies there")
    show.add_argument("name", type=given, metavar="NAME")
    add = _action(actions, "add", "save a new target; comments and order of the file stay")
    add.add_argument("name", type=given, metavar="NAME")
    add.add_argument("url", type=given, metavar="URL", help=_URLS)
    _add_recipients(add)
    _add_settings(add)
    _action(actions, "edit", "change the file in the editor; it is checked before it counts")
    remove = _action(
        actions, "remove", "forget a target; policies that send there are named first, copies stay"
    )
    remove.add_argument("name", type=given, metavar="NAME")
    remove.add_argument("--yes", type=given, metavar="NAME", help="do it: the target's name again")


def _add_settings(action: argparse.ArgumentParser) -> None:
    group = action.add_argument_group("of an object store (S3)")
    group.add_argument(
        "--endpoint", type=given, metavar="URL", help="of a store that is not Amazon's"
    )
    group.add_argument("--region", type=given, metavar="NAME", help="where the bucket is")
    group.add_argument(
        "--credentials",
        type=given,
        metavar="PROFILE",
        help="the profile of the AWS credentials file (the environment, then default)",
    )
    group.add_argument(
        "--virtual-host", action="store_true", help="the bucket stands in the host's name"
    )
    group.add_argument(
        "--lock-days",
        type=number,
        metavar="N",
        help="nobody can delete a copy for so long; the bucket needs object lock",
    )
    group = action.add_argument_group("of a server (SFTP)")
    group.add_argument(
        "--ssh-config", type=given, metavar="FILE", help="instead of the account's ~/.ssh/config"
    )


def _keygen(actions: Any) -> None:
    action = _action(actions, "keygen", "make a private key in a new file; print the public one")
    action.add_argument("file", type=given, metavar="FILE")
