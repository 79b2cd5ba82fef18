"""kwtui approve: a person looks at what an agent planned, and signs it or not."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import usage
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.approval.proposals import Proposal
    from kwtui.controller import Controller


async def approve(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError: USAGE without a terminal, NOT_FOUND, REFUSED_BY_PLAN, CANCELLED."""
    if args.new_key:
        return _make_keys(controller, output)
    if args.refuse:
        return await _refuse(controller, args, output)
    if args.plan is None:
        return await _list(controller, output)
    _require_terminal(output)
    proposal = await controller.approvals.find(args.plan)
    for line in _lines(controller, proposal):
        output.line(line)
    _type_name(proposal)
    passphrase = _secret("Passphrase of the approver's key: ")
    await controller.approvals.approve(proposal, passphrase)
    output.line(f"Approved: {proposal.id}. It runs when {proposal.asked_by} requests it.")
    return 0


async def _refuse(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.plan is None:
        raise usage("Name the plan that is refused: kwtui approve --refuse ID")
    proposal = await controller.approvals.find(args.plan)
    await controller.approvals.refuse(proposal)
    if output.json:
        output.object("refused", {"id": proposal.id})
    else:
        output.line(f"Refused: {proposal.id}. {proposal.asked_by} is notified.")
    return 0


async def _list(controller: Controller, output: Output) -> int:
    found = await controller.approvals.waiting()
    if output.json:
        output.object(
            "proposals",
            {
                "proposals": [
                    {
                        "id": each.id,
                        "title": each.title,
                        "asked_by": each.asked_by,
                        "expires_at": each.expires_at,
                        "approved": controller.approvals.is_approved(each),
                    }
                    for each in found
                ]
            },
        )
        return 0
    if not found:
        output.line("No plan is waiting for approval.")
        return 0
    rows = [("ID", "EXPIRES (UTC)", "STATE", "ASKED BY", "SERVER", "WHAT")]
    for each in found:
        state = "approved" if controller.approvals.is_approved(each) else "waits"
        expires = f"{each.expires_at:%H:%M:%S}"
        rows.append((each.id, expires, state, each.asked_by, each.server, each.title))
    for line in table(rows):
        output.line(line)
    output.note("Look at one and approve it: kwtui approve ID")
    return 0


def _require_terminal(output: Output) -> None:
    if output.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise KwtuiError(
            "Only a person on a terminal can approve.",
            hint="Run it in a terminal, without --json and without a pipe.",
            exit_code=ExitCode.USAGE,
        )


def _lines(controller: Controller, proposal: Proposal) -> list[str]:
    from kwtui.commands.shared.plan_text import plan_lines

    head = [
        f"{proposal.title}",
        f"  asked for by {proposal.asked_by}, on {proposal.server or 'no server'}",
        f"  made {proposal.made_at:%Y-%m-%d %H:%M:%S} UTC, expires {proposal.expires_at:%H:%M:%S}",
        "",
    ]
    if proposal.plan is not None:
        return [*head, *plan_lines(proposal.plan, controller.commands.of_plan(proposal.plan))]
    return [
        *head,
        f"This statement is run in {proposal.database}, verbatim:",
        "",
        *(f"  {line}" for line in proposal.statement.split("\n")),
        "",
    ]


def _type_name(proposal: Proposal) -> None:
    from kwtui.text import clean

    wanted = proposal.database or "yes"
    try:
        typed = input(f"To approve it, type {clean(wanted)}: ")
    except EOFError:
        typed = ""
    if typed.strip() != wanted:
        raise KwtuiError("Not approved.", exit_code=ExitCode.CANCELLED)


def _secret(question: str) -> str:
    import getpass

    try:
        return getpass.getpass(question)
    except EOFError:
        raise KwtuiError("Not approved.", exit_code=ExitCode.CANCELLED) from None


def _make_keys(controller: Controller, output: Output) -> int:
    _require_terminal(output)
    output.note("The passphrase is stored nowhere. It needs 12 characters or more.")
    passphrase = _secret("New passphrase: ")
    if passphrase != _secret("Once more: "):
        raise KwtuiError("The passphrases do not match.", exit_code=ExitCode.USAGE)
    private, public = controller.approvals.make_keys(passphrase)
    output.line(f"Written: {private}, {public}")
    output.note(
        "An agent with the rights of this account could replace the public key. Have root copy "
        "it to /etc/kwtui/approver.pub, which takes precedence; then start kwtui mcp again."
    )
    return 0
