"""The saved servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    def delete(self, name: str) -> None:
        from kwtui.config.profiles import delete_profile

        delete_profile(name)
