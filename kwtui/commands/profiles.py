"""kwtui profiles."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.output import Output, table

if TYPE_CHECKING:
    from kwtui.controller import Controller


async def profiles(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = controller.profiles.all()
    if output.json:
        output.object("profiles", {"profiles": found})
        return 0
    if not found:
        from kwtui.config.profiles import profiles_path

        output.line(f"No profile is saved yet. They are kept in {profiles_path()}")
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
