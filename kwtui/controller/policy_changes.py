"""What a person changes about policies: their files and timers, each change in the evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.evidence import Evidence

if TYPE_CHECKING:
    from kwtui.model.policy import Policy
    from kwtui.unattended.installing import Installed


class PolicyChanges:
    """Raises `kwtui.errors.KwtuiError`; what could not be done is not recorded.

    The journal names keys of a file and never their values: an address of a webhook may hold a
    token.
    """

    def __init__(self, evidence: Evidence, background: Background) -> None:
        self._evidence = evidence
        self._background = background

    def add(self, name: str, text: str, check: Callable[[Policy], object]) -> Path:
        from kwtui.config.policies import load_policy
        from kwtui.config.policy_file import new_policy

        path = new_policy(name, text, check=check)
        databases = ", ".join(load_policy(name).databases)
        self._record("policy-add", f"the policy {name} for {databases}")
        return path

    def edit(self, name: str) -> bool:
        from kwtui.config.editor import edit_policy
        from kwtui.config.policy_file import changed_keys, policy_text

        before = policy_text(name)
        changed = edit_policy(name)
        if changed:
            keys = ", ".join(changed_keys(before, policy_text(name))) or "comments only"
            self._record("policy-edit", f"the policy {name}: {keys}")
        return changed

    def remove(self, name: str) -> None:
        from kwtui.config.policy_file import policy_text, remove_policy
        from kwtui.unattended import installing

        policy_text(name)
        before = installing.remove(name)
        remove_policy(name)
        timer = f" and its timer ({before.kind})" if before.kind else ""
        self._record("policy-remove", f"the policy {name}{timer}")

    async def install_timer(self, policy: Policy, kind: str = "", user: str = "") -> Installed:
        from kwtui.unattended.installing import install

        done = await self._background.call(install, policy, kind, user)
        account = f" as {user}" if user else ""
        await self._evidence.record(
            "schedule-install", words=f"the policy {policy.name} is run by {done.kind}{account}"
        )
        return done

    async def remove_timer(self, name: str) -> Installed:
        from kwtui.unattended.installing import remove

        before = await self._background.call(remove, name)
        if before.kind:
            words = f"the policy {name} is not run by {before.kind} any more"
            await self._evidence.record("schedule-remove", words=words)
        return before

    def _record(self, action: str, words: str) -> None:
        self._evidence.record_now(action, words=words)
