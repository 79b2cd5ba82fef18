"""What is checked on the server right before a run touches anything."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan
from kwtui.server.connection.identity import identify
from kwtui.server.connection.server import Server


def check_cluster_of(run: str, worked_on: str, answers: str) -> None:
    """Raises WRONG_CLUSTER where what a run left behind cannot be looked for."""
    if worked_on != answers:
        raise KwtuiError(
            f"Run {run} worked on another cluster.",
            cause=f"It names {worked_on}; {answers} answers here.",
            hint="Connect to the server that it used.",
            exit_code=ExitCode.WRONG_CLUSTER,
        )


async def check_server(server: Server, plan: Plan) -> ServerFacts:
    """The server's facts, if it is the one that the plan was made for and lets kwtui work.

    Raises KwtuiError: WRONG_CLUSTER, ADMIN_ROLE_REQUIRED.
    """
    facts = (await identify(server)).facts
    if facts.cluster_id != plan.cluster_id:
        raise KwtuiError(
            "This plan was made for another cluster.",
            cause=f"It names {plan.cluster_id}; {facts.cluster_id} answers here.",
            hint="Plan it again on the intended server.",
            exit_code=ExitCode.WRONG_CLUSTER,
        )
    if not facts.is_admin:
        raise KwtuiError(
            f"{facts.user} does not have the admin role, which EXPORT and IMPORT need.",
            hint=f"Have an administrator run GRANT admin TO {facts.user}, or connect as root.",
            exit_code=ExitCode.ADMIN_ROLE_REQUIRED,
        )
    return facts
