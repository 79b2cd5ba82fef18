"""kwtui offsite targets, show, add, edit, remove: the saved targets; and keygen."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from kwtui.commands.shared.arguments import path_of, usage
from kwtui.commands.shared.output import Output, table
from kwtui.commands.shared.saved import edit_saved, remove_saved, sentence, tell_edited, warn
from kwtui.text import shell_quoted

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.offsite import TargetSettings


async def show_all(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = controller.offsite.targets()
    if output.json:
        output.object("offsite-targets", {"targets": found})
        return 0
    if not found:
        output.line("No target is saved. Save one: kwtui offsite add NAME URL")
        return 0
    rows = [("NAME", "URL", "ENCRYPTED FOR")]
    for target in found:
        rows.append((target.name, target.url, ", ".join(target.recipients) or "nobody"))
    for line in table(rows):
        output.line(line)
    return 0


async def show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    target = controller.offsite.saved(args.name)
    used_by = controller.offsite.used_by(target.name)
    if output.json:
        output.object("offsite-target", {"target": target, "used_by": used_by})
        return 0
    for line in table(_rows(target)):
        output.line(line)
    for words in used_by:
        output.line(sentence(words))
    return 0


def _rows(target: TargetSettings) -> list[tuple[str, ...]]:
    """Each key that says something, as it is spelled in the file."""
    rows: list[tuple[str, ...]] = [
        (field.name, str(value).lower() if isinstance(value, bool) else str(value))
        for field in fields(target)
        if field.name not in ("recipients", "retention")
        and (value := getattr(target, field.name)) not in (None, field.default)
    ]
    rows += [("recipients", key) for key in target.recipients or ("none: copies are plain",)]
    rules = target.retention
    if rules is not None:
        counts = [(each.name, getattr(rules, each.name)) for each in fields(rules)]
        rows += [(f"retention.{name}", str(count)) for name, count in counts[:-1] if count]
        rows.append(("retention.min_proof", f"O{int(rules.min_proof)}"))
    return rows


async def add(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.model.offsite import TargetSettings

    values: dict[str, Any] = {
        key: value
        for key in ("endpoint", "region", "credentials", "lock_days")
        if (value := getattr(args, key)) is not None
    }
    if args.ssh_config:
        values["ssh_config"] = str(path_of(args.ssh_config))
    target = TargetSettings(
        args.url, args.name, tuple(args.recipient), path_style=not args.virtual_host, **values
    )
    file = controller.offsite.add(target)
    saved = controller.offsite.saved(args.name)
    if output.json:
        used_by = controller.offsite.used_by(saved.name)
        output.object("offsite-target", {"target": saved, "used_by": used_by})
        return 0
    output.line(f"Saved {saved.name} in {file}.")
    output.line(f"Try it: kwtui offsite list {shell_quoted(saved.name)}")
    return 0


async def edit(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    targets = controller.offsite
    changed, missed = edit_saved(targets, lambda: [each.name for each in targets.targets()])
    if output.json:
        gone = list(missed)
        output.object("offsite-edited", {"changed": changed, "removed": gone, "used_by": missed})
        return 0
    tell_edited(output, "target", changed, missed)
    return 0


async def remove(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    name = controller.offsite.saved(args.name).name
    used_by = remove_saved(controller.offsite, "target", name, args, output)
    if output.json:
        output.object("offsite-removed", {"target": name, "used_by": used_by})
        return 0
    output.line(f"The target {name} was removed; its copies are unchanged.")
    warn(output.line, used_by)
    return 0


async def keygen(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    file = path_of(args.file)
    if file is None:
        raise usage("Name the file for the key.")
    public = controller.offsite.make_key(file)
    if output.json:
        output.object("offsite-key", {"file": str(file), "public_key": public})
        return 0
    output.line(public)
    output.note(
        f"The private key is in {file}. Keep it away from this host: a copy cannot be decrypted "
        "without it, and the sending host needs only the public key."
    )
    return 0
