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
_TARGET = f"saved target, or {_URLS}"


def copy_level(highest: int) -> Any:
    """``O1``, ``o1`` or ``1``, up to the highest."""

    def level(text: str) -> int:
        found = re.fullmatch(rf"[Oo]?([1-{highest}])", text.strip())
        if found is None:
            raise argparse.ArgumentTypeError(f"{text!r} is not a copy level: O1 to O{highest}")
        return int(found[1])

    return level


def add_offsite_commands(commands: Any) -> None:
    """push, list, check, fetch, drill, prune; targets, show, add, edit, remove; keygen."""
    parser = command(
        commands,
        "offsite",
        "send copies of backup sets to off-site targets, check, fetch and prune them",
        "offsite.copies:offsite",
        """\
        tar, zstd, age and sha256sum are enough to open a copy; RESTORE.txt beside it explains how.
        Levels of proof:

        O1  every part exists, with its size
        O2  every byte was read back and equals what was sent; needs no key
        O3  decrypted and unpacked: every file equals the manifest
        O4  fetched and restored by a drill

        TARGET is the name of a saved target or a URL. Saved targets are in offsite.toml beside
        profiles.toml. Needs the extra `offsite`.
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
        help="encrypt for this public key (age1..., ssh-ed25519 ...); may be repeated",
    )


def _add_yes(action: argparse.ArgumentParser, words: str) -> None:
    choice = action.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help=words)
    choice.add_argument(
        "--dry-run", action="store_true", help="print the plan, and change nothing (default)"
    )


def _push(actions: Any) -> None:
    action = _action(
        actions, "push", "send a backup set; parts that the target has are not sent again"
    )
    action.add_argument(
        "set", nargs="?", type=set_path, metavar="SET", help="path of the backup set"
    )
    _add_target(action)
    action.add_argument(
        "--database",
        type=given,
        metavar="DB",
        help="instead of SET: the newest proven backup of DB",
    )
    _add_recipients(action)
    action.add_argument(
        "--level",
        type=copy_level(2),
        default=1,
        metavar="O1|O2",
        help="level to prove at once (default: O1); for O3 see kwtui offsite check",
    )
    _add_yes(action, "send it")
    action.add_argument(
        "--detach", action="store_true", help="start the run in the background and return at once"
    )


def _list(actions: Any) -> None:
    action = _action(actions, "list", "list the copies on a target")
    _add_target(action)
    action.add_argument(
        "--database", type=given, metavar="DB", help="only this database (default: all)"
    )


def _check(actions: Any) -> None:
    action = _action(actions, "check", "check copies, and record the result beside them")
    _add_target(action)
    action.add_argument(
        "set", nargs="?", type=set_path, metavar="SET", help="only this copy (default: all)"
    )
    action.add_argument(
        "--level",
        type=copy_level(3),
        default=2,
        metavar="O1|O2|O3",
        help="level to prove (default: O2)",
    )
    add_identities(action)


def _fetch(actions: Any) -> None:
    action = _action(actions, "fetch", "fetch a copy back below extern; it is verified on arrival")
    _add_target(action)
    action.add_argument("set", type=set_path, metavar="SET", help="path of the copy, as listed")
    add_tables(action)
    add_identities(action)
    add_passphrase(action)
    _add_yes(action, "fetch it")
    action.add_argument(
        "--detach", action="store_true", help="start the run in the background and return at once"
    )


def _drill(actions: Any) -> None:
    action = _action(
        actions, "drill", "fetch a copy into a temporary folder and restore it on a sandbox (O4)"
    )
    _add_target(action)
    action.add_argument("set", type=set_path, metavar="SET", help="path of the copy, as listed")
    add_identities(action)
    add_passphrase(action)
    action.add_argument(
        "--work",
        type=given,
        metavar="DIR",
        help="temporary folder with space for the set (default: the state directory of kwtui)",
    )


def _prune(actions: Any) -> None:
    action = _action(
        actions, "prune", "remove copies that no retention rule keeps; the last proven one stays"
    )
    _add_target(action)
    action.add_argument(
        "--database", type=given, metavar="DB", help="only this database (default: all)"
    )
    group = action.add_argument_group(
        "retention rules", "Without any, those of the saved target apply."
    )
    for name in ("last", "daily", "weekly", "monthly", "yearly"):
        group.add_argument(f"--keep-{name}", type=number, metavar="N", help="as in kwtui prune")
    group.add_argument(
        "--min-proof",
        type=copy_level(4),
        metavar="O1|O2|O3|O4",
        help="level that a copy needs to count (default: O1)",
    )
    group.add_argument(
        "--leftovers",
        action="store_true",
        help="instead: remove what interrupted pushes left. Make sure that no push is running",
    )
    _add_yes(action, "remove them")


def _targets(actions: Any) -> None:
    """The saved targets, as `kwtui profiles` has the saved servers."""
    _action(actions, "targets", "list the saved targets")
    show = _action(actions, "show", "show a saved target and the policies that use it")
    show.add_argument("name", type=given, metavar="NAME", help="name of the target")
    add = _action(actions, "add", "save a new target")
    add.add_argument("name", type=given, metavar="NAME", help="name of the target")
    add.add_argument("url", type=given, metavar="URL", help=_URLS)
    _add_recipients(add)
    _add_settings(add)
    _action(
        actions, "edit", "edit offsite.toml in VISUAL or EDITOR; it is checked before it is saved"
    )
    remove = _action(
        actions,
        "remove",
        "remove a saved target; its copies stay, and policies that use it are named first",
    )
    remove.add_argument("name", type=given, metavar="NAME", help="name of the target")
    remove.add_argument(
        "--yes", type=given, metavar="NAME", help="remove it; NAME is the name of the target again"
    )


def _add_settings(action: argparse.ArgumentParser) -> None:
    group = action.add_argument_group("object stores (S3)")
    group.add_argument(
        "--endpoint", type=given, metavar="URL", help="URL of a store other than Amazon S3"
    )
    group.add_argument("--region", type=given, metavar="NAME", help="region of the bucket")
    group.add_argument(
        "--credentials",
        type=given,
        metavar="PROFILE",
        help="profile of the AWS credentials file (default: the environment, then the profile "
        "default)",
    )
    group.add_argument(
        "--virtual-host", action="store_true", help="put the name of the bucket into the host name"
    )
    group.add_argument(
        "--lock-days",
        type=number,
        metavar="N",
        help="days for which nobody can delete a copy; the bucket needs object lock",
    )
    group = action.add_argument_group("SFTP servers")
    group.add_argument(
        "--ssh-config",
        type=given,
        metavar="FILE",
        help="SSH configuration file (default: ~/.ssh/config)",
    )


def _keygen(actions: Any) -> None:
    action = _action(
        actions, "keygen", "create a private key in a new file, and print the public key"
    )
    action.add_argument("file", type=given, metavar="FILE", help="new file for the private key")
