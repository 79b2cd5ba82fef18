"""kwtui offsite add, targets and keygen."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import path_of, usage
from kwtui.commands.shared.output import Output, table

if TYPE_CHECKING:
    from kwtui.controller import Controller


async def add(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    file = controller.offsite.add(args.name, args.url, tuple(args.recipient))
    if output.json:
        output.object("offsite-target", {"name": args.name, "file": str(file)})
        return 0
    output.line(f"Saved {args.name} in {file}.")
    return 0


async def show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
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
