"""The command line. Nothing heavy is imported before a command needs it.

Without a command the interface opens; every other command works on the same Controller and without
Textual.
"""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Coroutine, Sequence

from kwtui import __version__
from kwtui.commands.parsers.root import make_parser
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code (see `kwtui.errors.ExitCode`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["sandbox"]:
        from kwtui.commands.sandbox import run_sandbox

        return run_sandbox(words[1:], Output(json="--json" in words))
    output = Output(json="--json" in words)
    try:
        return _run(make_parser(words).parse_args(words), words, output)
    except KwtuiError as error:
        output.error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        output.clear_status()
        return int(ExitCode.CANCELLED)
    except BrokenPipeError:
        # Whoever read our output has enough. Python must not try again at exit, which would be
        # exit code 120, and not complain either.
        output.go_unread()
        sys.stderr.close()
        return int(ExitCode.OK)
    except OSError as failure:
        unforeseen = _refused_by_the_system(failure)
        output.error(unforeseen)
        return int(unforeseen.exit_code)


def _refused_by_the_system(error: OSError) -> KwtuiError:
    """For a file or a call that nothing nearer to it had words for."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    subject = f"{error.filename}: " if error.filename else ""
    return KwtuiError(
        f"{subject}{error.strerror or error}.",
        cause="The operating system refused something that kwtui did not expect to be refused.",
        hint="Check that path: its owner, its mode, its file system.",
        exit_code=ExitCode.DISK_FULL if full else ExitCode.FAILED,
    )


def _run(args: argparse.Namespace, words: list[str], output: Output) -> int:
    if args.version or args.version_verbose:
        return _print_version(args, output)
    if args.command is None and args.print_keys:
        from kwtui.commands.keys import print_keys

        print_keys(output)
        return int(ExitCode.OK)
    if args.command is None:
        return _open_interface(args)
    if args.command in ("keys", "manual", "completion"):
        code: int = args.handler()(args, output)
        return code
    if args.profile:
        from kwtui.commands.shared.on_node import run_on_node

        elsewhere = run_on_node(args, words)
        if elsewhere is not None:
            return elsewhere
    command = _run_command(args, output)
    if _asks_files_alone(args):
        return _without_loop(command)
    import asyncio

    return asyncio.run(command)


def _print_version(args: argparse.Namespace, output: Output) -> int:
    if not args.version:
        raise KwtuiError(
            "--verbose before a command belongs to --version.",
            hint="Print what this installation is made of: kwtui --version --verbose",
            exit_code=ExitCode.USAGE,
        )
    output.line(f"kwtui {__version__}")
    if args.version_verbose:
        from kwtui.commands.shared.version import print_details

        print_details(output)
    return int(ExitCode.OK)


async def _run_command(args: argparse.Namespace, output: Output) -> int:
    from kwtui.commands.shared.hints import typed_options, with_connection
    from kwtui.controller import Controller

    handler = args.handler()
    controller = Controller(in_background=False)
    try:
        code: int = await handler(controller, args, output)
    except KwtuiError as error:
        if error.exit_code is ExitCode.USAGE and not error.hint:
            error.hint = f"See the usage: kwtui {args.command} --help"
        error.hint = with_connection(error.hint, typed_options(args))
        raise
    finally:
        await controller.close()
    return code


def _asks_files_alone(args: argparse.Namespace) -> bool:
    """Commands that wait for nobody: neither a server nor another process."""
    named = args.sandbox or args.profile or args.dsn
    return args.command == "profiles" or (
        args.command in ("list", "show", "verify")
        and (not named or (args.extern is not None and not args.sandbox))
    )


def _without_loop(command: Coroutine[object, None, int]) -> int:
    """Run it to its end; an event loop would take longer to load than the command takes."""
    try:
        command.send(None)
    except StopIteration as end:
        code: int = end.value
        return code
    raise RuntimeError("a command that asks files alone waited for something")


def _open_interface(args: argparse.Namespace) -> int:
    from kwtui.app.launch import run_interface
    from kwtui.controller import Controller

    target = None
    if args.dsn or args.profile or args.extern or args.store or args.logs:
        from kwtui.commands.shared.arguments import given_target

        target = given_target(args)
    return run_interface(Controller(), target=target, sandbox=args.sandbox, mouse=not args.no_mouse)


if __name__ == "__main__":
    sys.exit(main())
