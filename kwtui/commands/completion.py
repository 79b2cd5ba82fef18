"""kwtui completion: the completions of a shell, to be loaded by it."""

from __future__ import annotations

import argparse

from kwtui.commands.shared.output import Output
from kwtui.manual.shells import SHELLS, read_file


def completion(args: argparse.Namespace, output: Output) -> int:
    text = read_file(SHELLS[args.shell])
    if output.json:
        output.object("completion", {"shell": args.shell, "script": text})
        return 0
    for line in text.splitlines():
        output.line(line)
    return 0
