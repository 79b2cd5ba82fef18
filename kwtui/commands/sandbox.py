"""kwtui sandbox: its own program, run in the foreground with its output passed on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode

EXIT_NOT_RUNNING = 3


def run_sandbox(arguments: Sequence[str], output: Output) -> int:
    """Exit codes: 0 done, 3 not running (status), 2 usage, 50 to 54 for what failed."""
    from kwtui.files.own_program import own_environment
    from kwtui.server.sandbox_process import sandbox_command, sandbox_failure

    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        sandbox_command(arguments), env=own_environment(), stderr=subprocess.PIPE, check=False
    )
    text = done.stderr.decode("utf-8", "replace")
    if done.returncode in (0, EXIT_NOT_RUNNING, int(ExitCode.USAGE)):
        sys.stderr.write(text)
        return done.returncode
    error = sandbox_failure(text, done.returncode)
    output.error(error)
    return int(error.exit_code)
