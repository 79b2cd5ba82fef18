"""One plan of an agent: shown by kwtui, approved with a name and a passphrase, or refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.approval.proposals import Proposal
from kwtui.keys.action import Action
from kwtui.screens.approvals.rows import proposal_page, word_of
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import AskDialog, ConfirmDialog
from kwtui.screens.plan.typed_name import ask_name
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.styles import style_path


class ApprovalScreen(KwtuiScreen):
    """What is approved is what this page showed, whatever its file says by then."""

    scope: ClassVar[str] = "approval"
    title_text: ClassVar[str] = "Approvals: plan"
    about: ClassVar[str] = (
        "The whole plan as kwtui made it: every statement that would be sent, what it costs, what"
        " is lost, and until when it counts. {approval.approve} approves it; it runs when the agent"
        " asks for it. {approval.refuse} takes it away, and the agent is told. {app.back} leaves"
        " and decides nothing."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("approval")

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self._proposal = proposal
        self._title = Words(
            "An agent asks for this. Nothing of it has been done.", classes="set--title"
        )
        self._document = Document()

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield self._document

    def on_mount(self) -> None:
        plan = self._proposal.plan
        command = self.controller.commands.of_plan(plan) if plan is not None else ""
        self._document.set_lines(proposal_page(self._proposal, command, self.kwtui.clock()))
        self._document.focus()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb == "approve" and self._proposal.expires_at <= self.kwtui.clock():
            return "It has expired. Let the agent plan it again."
        return ""

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(f"kwtui approve {self._proposal.id}")

    def do_approve(self) -> None:
        word = word_of(self._proposal)
        text = f"{self._proposal.title}. It runs when {self._proposal.asked_by} asks for it."
        ask_name(
            self,
            "Approve this plan?",
            f"{text} Type {word} to approve it.",
            word,
            lambda: self.run_task(self._approve, "approve"),
            otherwise="Not approved: that is another name.",
        )

    async def _approve(self) -> None:
        dialog = AskDialog(
            "The approver's key",
            "Its passphrase is used once and kept nowhere.",
            label="Passphrase",
            password=True,
        )
        passphrase = await self.app.push_screen_wait(dialog)
        if not isinstance(passphrase, str):
            return
        proposal = self._proposal
        await self.controller.approvals.approve(proposal, passphrase)
        self.say(f"Approved: {proposal.id}. It runs when {proposal.asked_by} requests it.")
        self.app.pop_screen()

    def do_refuse(self) -> None:
        def answered(yes: object) -> None:
            if yes:
                self.run_task(self._refuse, "refuse")

        text = f"{self._proposal.title}. It cannot be approved any more; the agent is told."
        dialog = ConfirmDialog("Refuse this plan?", text, yes="Refuse")
        self.app.push_screen(dialog, answered)

    async def _refuse(self) -> None:
        await self.controller.approvals.refuse(self._proposal)
        self.say(f"Refused: {self._proposal.id}.")
        self.app.pop_screen()
