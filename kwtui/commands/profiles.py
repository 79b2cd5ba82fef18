"""kwtui profiles: the saved servers."""

from __future__ import annotations

import argparse
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from kwtui.commands.shared.arguments import path_of, usage
from kwtui.commands.shared.output import Output, table
from kwtui.commands.shared.saved import edit_saved, remove_saved, tell_edited, warn

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile
    from kwtui.controller import Controller


async def profiles(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    actions = {"list": _list, "show": _show, "add": _add, "edit": _edit, "remove": _remove}
    return actions[args.action](controller, args, output)


def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.config.profiles import profiles_path

    found = controller.profiles.all()
    if output.json:
        output.object("profiles", {"profiles": found})
        return 0
    if not found:
        output.line(f"No profile is saved yet. They are kept in {profiles_path()}")
        output.line("Save one: kwtui profiles add NAME --host HOST")
        return 0
    rows = [("PROFILE", "SERVER", "USER", "TLS", "ENVIRONMENT")]
    rows += [
        (
            p.name,
            f"{p.host}:{p.port}",
            p.user,
            p.tls.value,
            p.environment.value if p.environment else "",
        )
        for p in found
    ]
    for line in table(rows):
        output.line(line)
    return 0


def _show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.config.profiles import find_profile

    profile = find_profile(args.name)
    used_by = controller.profiles.used_by(profile.name)
    if output.json:
        output.object("profile", {"profile": profile, "used_by": used_by})
        return 0
    for line in table(_rows(profile)):
        output.line(line)
    for words in used_by:
        output.line(f"{words[:1].upper()}{words[1:]}.")
    return 0


def _rows(profile: Profile) -> list[tuple[str, ...]]:
    """Each key that says something, as it is spelled in the file."""
    found = [(field.name, getattr(profile, field.name)) for field in fields(profile)]
    return [
        (key, str(value.value if isinstance(value, Enum) else value).replace("True", "true"))
        for key, value in found
        if value is not None and value is not False
    ]


def _add(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.dsn or args.sandbox or args.profile:
        raise usage("A new profile is defined by --host, --port, --user and its other options.")
    profile = _profile_of(args)
    path = controller.profiles.add(profile)
    used_by = controller.profiles.used_by(profile.name)
    if output.json:
        output.object("profile", {"profile": profile, "used_by": used_by})
        return 0
    output.line(f"Saved in {path}")
    output.line(f"Try it: kwtui doctor --profile {_word(profile.name)}")
    return 0


def _profile_of(args: argparse.Namespace) -> Profile:
    """The profile that the options say; paths count from here."""
    from kwtui.config.profiles import Environment, Profile, TlsMode

    values: dict[str, Any] = {}
    for key in ("host", "port", "user", "database", "password_command", "ssh", "kwtui_there"):
        if (value := getattr(args, key)) is not None:
            values[key] = value
    for key in ("store", "extern", "logs", "sslrootcert", "sslcert", "sslkey", "passfile"):
        if text := getattr(args, key):
            values[key] = text if (key, text) == ("sslrootcert", "system") else str(path_of(text))
    if args.tls:
        values["tls"] = TlsMode(args.tls)
    if args.environment:
        values["environment"] = Environment(args.environment)
    values["allow_cleartext_password"] = args.allow_cleartext_password
    values["read_only"] = args.read_only
    return Profile(name=args.name, **values)


def _word(name: str) -> str:
    from kwtui.text import shell_joined

    return shell_joined([name])


def _edit(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    profiles = controller.profiles
    changed, missed = edit_saved(profiles, lambda: [each.name for each in profiles.all()])
    if output.json:
        gone = list(missed)
        output.object("profiles-edited", {"changed": changed, "removed": gone, "used_by": missed})
        return 0
    tell_edited(output, "profile", changed, missed)
    return 0


def _remove(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.config.profiles import find_profile

    name = find_profile(args.name).name
    used_by = remove_saved(controller.profiles, "profile", name, args, output)
    if output.json:
        output.object("profile-removed", {"profile": name, "used_by": used_by})
        return 0
    output.line(f"The profile {name} was removed; its server and backups are unchanged.")
    warn(output.line, used_by)
    return 0
