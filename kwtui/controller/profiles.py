"""The saved servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile


class Profiles:
    """The file of profiles. Raises KwtuiError where it cannot be read, parsed or written."""

    def all(self) -> list[Profile]:
        """In the order of the file."""
        from kwtui.config.profiles import load_profiles

        return load_profiles()

    def save(self, profile: Profile) -> None:
        """Add the profile, or put it in the place of the one with its name."""
        from kwtui.config.profiles import save_profile

        save_profile(profile)

    def add(self, profile: Profile) -> Path:
        """Save a profile whose name is free; the file. Raises NAME_TAKEN, USAGE."""
        from kwtui.config.profiles import add_profile

        return add_profile(profile)

    def edit(self) -> bool:
        """The file in the person's editor, which has the terminal meanwhile; whether it changed."""
        from kwtui.config.editor import edit_profiles

        return edit_profiles()

    def used_by(self, name: str) -> list[str]:
        """What would miss the profile, in words: each policy that names it, or may."""
        from kwtui.config.policies import load_policy, policy_names

        found = []
        for policy in policy_names():
            try:
                if load_policy(policy).profile == name:
                    found.append(f"the policy {policy} connects with it")
            except KwtuiError:
                found.append(f"the policy {policy} cannot be read: it may connect with it")
        return found

    def delete(self, name: str) -> None:
        from kwtui.config.profiles import delete_profile

        delete_profile(name)
