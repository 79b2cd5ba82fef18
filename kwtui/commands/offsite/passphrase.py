"""The passphrase of a private key that a run needs, which no run can ask for."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kwtui.controller import Controller


def passphrase_for(
    controller: Controller, args: argparse.Namespace, output: Output, identities: Sequence[Path]
) -> str | None:
    """From standard input with --passphrase-stdin, else asked for on a terminal.

    None where no key is protected, and where the run takes it from its environment. Raises
    KwtuiError where a key cannot be read.
    """
    from kwtui.offsite.keys import PASSPHRASE_VARIABLE

    if args.passphrase_stdin:
        return sys.stdin.readline().rstrip("\n")
    protected = [file for file in identities if controller.offsite.is_protected(file)]
    if not protected or PASSPHRASE_VARIABLE in os.environ or not output.is_terminal:
        return None
    return getpass.getpass(f"Passphrase of {protected[0]}: ")
