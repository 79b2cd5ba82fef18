"""Why ssh ended, by what it said: its one exit code, 255, stands for everything."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError

_REASONS = (
    (
        ("host key verification failed", "host identification has changed"),
        "The host key of {label} has changed or is unknown.",
        "Verify its key, then accept it: ssh HOST. Do not continue before that.",
        ExitCode.TLS_FAILED,
    ),
    (
        ("permission denied", "too many authentication failures"),
        "{label} refused the login.",
        "Check user and key: ssh -o BatchMode=yes USER@HOST true. kwtui enters no passwords.",
        ExitCode.AUTHENTICATION_FAILED,
    ),
    (
        ("subsystem request failed",),
        "{label} offers no SFTP.",
        "Ask its administrator to enable the sftp subsystem.",
        ExitCode.FAILED,
    ),
)


def why_ssh_ended(said: str, label: str, *, begun: bool) -> KwtuiError:
    """The error for an ssh that has ended. ``begun``: it had connected."""
    lowered = said.lower()
    for marks, title, hint, code in _REASONS:
        if any(mark in lowered for mark in marks):
            return KwtuiError(title.format(label=label), cause=said, hint=hint, exit_code=code)
    if begun:
        return KwtuiError(
            f"The connection to {label} was lost.",
            cause=said,
            hint="Start it again: parts already sent are not sent again.",
            exit_code=ExitCode.CONNECTION_LOST,
        )
    return KwtuiError(
        f"{label} cannot be reached.",
        cause=said,
        hint="Check the host's name, its port and the network: ssh USER@HOST true",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )
