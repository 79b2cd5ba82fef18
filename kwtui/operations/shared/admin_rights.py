"""Whether the user may export and import at all. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.server import ServerFacts


def admin_findings(server: ServerFacts) -> Iterator[Finding]:
    if not server.is_admin:
        yield Finding(
            Severity.REFUSAL,
            "admin_required",
            server.user,
            f"{server.user} does not have the admin role, which EXPORT and IMPORT need.",
            f"Have an administrator run GRANT admin TO {server.user}, or connect as root.",
        )
