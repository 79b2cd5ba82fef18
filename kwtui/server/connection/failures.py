"""What a failed connection or statement means, in words that help.

KWDB sends most errors without a useful SQLSTATE (facts.md, section 12.1), and libpq reports
connection errors as text only, so classification reads message texts; those are from recording 11
and facts.md, sections 9.1 and 12.4. Nothing here imports psycopg: its errors are read by shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kwtui.config.profiles import TlsMode
from kwtui.diagnosis import recognise_answer
from kwtui.errors import ExitCode, KwtuiError, Lines, lines_of
from kwtui.server.connection.target import Target
from kwtui.text import sentences, shell_quoted


@dataclass(frozen=True)
class ServerMessage:
    """An error as the server sent it."""

    message: str
    sqlstate: str = ""
    detail: str = ""
    hint: str = ""


class StatementRefused(KwtuiError):
    """The server refused a statement; its own words and SQLSTATE are kept for journals."""

    def __init__(
        self,
        title: str,
        *,
        hint: str,
        said: ServerMessage,
        exit_code: ExitCode = ExitCode.STATEMENT_REFUSED,
        known_as: str = "",
    ) -> None:
        super().__init__(
            title, cause=_words_of(said), hint=hint, exit_code=exit_code, known_as=known_as
        )
        self.said = said

    @property
    def sqlstate(self) -> str:
        return self.said.sqlstate


class PasswordNeeded(KwtuiError):
    """The server asks for a password and none was at hand; a prompt may help."""


class PasswordRejected(KwtuiError):
    """The server took the password and refused it; a prompt may help."""


class ConnectionLost(KwtuiError):
    """The connection broke while it was in use; how the running statement ended is not known."""

    def __init__(self, target: str, cause: str) -> None:
        super().__init__(
            f"The connection to {target} was lost.",
            cause=cause,
            hint="Check that the node is running; the interface reconnects automatically. "
            "Whether a statement that was running took effect is unknown until you check.",
            exit_code=ExitCode.CONNECTION_LOST,
        )


# -- connecting -------------------------------------------------------------------------------


def connection_failure(error: Exception, target: Target) -> KwtuiError:
    """The message for a connection that could not be made: with names, for this very target."""
    text = connection_text(error)
    failure = _classified(text, target)
    if not failure.known_as:
        known = recognise_answer(text)
        failure.known_as = known.code if known is not None else ""
    return failure


def _classified(text: str, target: Target) -> KwtuiError:
    low = text.lower()
    for classify in (_password_failure, _login_failure, _tls_failure):
        found = classify(text, low, target)
        if found is not None:
            return found
    return KwtuiError(
        f"The server at {_address(target)} cannot be reached.",
        cause=text,
        hint="Check that the node is running, that host and port are right (KWDB listens on "
        "26257 by default), and that no firewall blocks the connection.",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )


_PREAMBLE = re.compile(
    r"^(?:connection failed: )?connection to server (?:at|on) .*? failed: (?:ERROR:  |FATAL:  )?",
    re.DOTALL,
)


def connection_text(error: Exception) -> str:
    """libpq's text without its preamble, one line, without doubled attempts."""
    text = str(error).strip()
    text = _PREAMBLE.sub("", text, count=1)
    text = text.split("\nMultiple connection attempts failed", 1)[0]
    # A line of libpq that begins with a small letter goes on with the sentence before it.
    parts = re.split(r"\n\s*(?![\sa-z])", text)
    return sentences(*(" ".join(part.split()) for part in parts)) or type(error).__name__


def _password_failure(text: str, low: str, target: Target) -> KwtuiError | None:
    if "no password supplied" in low:
        if not target.may_send_password:
            return KwtuiError(
                f"The server asks {target.user} for a password, and none is sent without TLS.",
                cause="With tls = disable anyone on the network could read it.",
                hint="Choose TLS (verify-full). If this connection is secured otherwise, set in "
                "this profile: allow_cleartext_password = true.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        return PasswordNeeded(
            f"The server asks {target.user} for a password, and none was found.",
            cause=_missing_certificate(target)
            or "Looked for PGPASSWORD, a passfile and a password command.",
            hint="Provide one of them, type it at the prompt, or use a client certificate "
            "(sslcert and sslkey).",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        )
    if "password authentication failed" in low and not target.password:
        # Nothing was sent, so nothing can be wrong with it: the node is in insecure mode.
        return KwtuiError(
            f"The server does not know the user {target.user}.",
            cause="It refuses the login and has asked for no password.",
            hint="Connect as root to list the users (SHOW USERS) or to create this one.",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
            known_as="unknown_user",
        )
    if "password authentication failed" in low:
        return PasswordRejected(
            f"The server does not accept the password of {target.user}.",
            cause=f"{text}.",
            hint="The server says the same for a user that does not exist. Check both.",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        )
    return None


def _missing_certificate(target: Target) -> str:
    """Why no client certificate was shown, where one was to be: libpq says nothing of it."""
    if not target.sslcert or Path(target.sslcert).expanduser().is_file():
        return ""
    return f"The client certificate {target.sslcert} is not there, so a password is requested."


def _login_failure(text: str, low: str, target: Target) -> KwtuiError | None:
    hints = {
        "password is expired": "An administrator must set a new validity: "
        f"ALTER USER {target.user} VALID UNTIL '...'.",
        "does not have login privilege": "Connect as a user that may log in; roles may not.",
        "but certificate is for": "Connect as the user that the certificate names, or give the "
        "certificate of this user.",
        "empty password": "Give a password.",
        "authentication failed": "Check the user and its password or certificate.",
    }
    for words, hint in hints.items():
        if words in low:
            return KwtuiError(
                f"The server refused the login of {target.user}.",
                cause=f"{text}.",
                hint=hint,
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
    if "too many clients" in low or "connection slots are reserved" in low:
        return KwtuiError(
            f"The server at {_address(target)} accepts no more connections.",
            cause=f"{text}.",
            hint="Close sessions that are not needed (SHOW SESSIONS), or raise "
            "server.sql_connections.max_limit.",
            exit_code=ExitCode.SERVER_UNREACHABLE,
        )
    return None


def _tls_failure(text: str, low: str, target: Target) -> KwtuiError | None:
    if "does not support ssl" in low:
        return _tls(
            f"The server at {_address(target)} does not offer TLS, but tls = {target.tls.value} "
            "requires it.",
            text,
            "If the node runs in insecure mode (like the sandbox), choose tls = disable "
            "(sslmode=disable in a DSN); no password will be sent then. If it should be "
            "secure, start it with its certificates.",
        )
    if low.startswith("root certificate file"):
        return _tls(
            "The CA certificate to verify the server was not found.",
            text,
            "Name it with sslrootcert (KWDB keeps it as ca.crt in its certs directory), or use "
            "sslrootcert=system for a certificate of a public CA.",
        )
    if "does not match host name" in low:
        return _tls(
            f"The server's certificate is not for {target.host}.",
            text,
            "Connect with a name that the certificate lists, or issue the node's certificate "
            "for this one.",
        )
    if any(word in low for word in ("certificate verify failed", "self-signed", "padding")):
        return _tls(
            "The server's certificate is not signed by the given CA, or it has expired.",
            text,
            "Give the CA of this cluster with sslrootcert. If it is the right one, check when "
            "the certificate expires (openssl x509 -enddate -noout -in node.crt, on the node); "
            "if it has not expired, the connection may be intercepted.",
        )
    if "has group or world access" in low or "private key file" in low:
        return _client_key_failure(text, low, target)
    if any(alert in low for alert in _REFUSED_CERTIFICATE):
        return _client_certificate_refused(text, low)
    if any(
        word in low for word in ("ssl error", "certificate", "tls", "ssl connection", "ssl syscall")
    ):
        hint = (
            "If the server wants TLS, choose verify-full."
            if target.tls is TlsMode.DISABLE
            else "Check sslrootcert, sslcert and sslkey, and that the node's TLS is not in TLCP "
            "mode, which PostgreSQL clients do not speak."
        )
        return _tls(f"TLS with the server at {_address(target)} failed.", text, hint)
    return None


_REFUSED_CERTIFICATE = ("alert certificate", "alert unknown ca", "alert bad certificate")
"""What a server tells in TLS itself of a client certificate that it does not take."""


def _client_certificate_refused(text: str, low: str) -> KwtuiError:
    if "expired" in low:
        return _tls(
            "The server rejected the client certificate: it has expired.",
            text,
            "Create a new one on the node (kwbase cert create-client), or log in with a "
            "password: omit sslcert and sslkey.",
        )
    return _tls(
        "The server rejected the client certificate.",
        text,
        "Give the one that the CA of this cluster signed (client.USER.crt in its certs directory).",
    )


def _client_key_failure(text: str, low: str, target: Target) -> KwtuiError:
    key = target.sslkey or "the key file"
    if "but not private key file" in low:
        return _tls(
            "The client key was not found.",
            text,
            "Name it with sslkey. KWDB keeps it beside the certificate: client.USER.key.",
        )
    if "mismatch" in low or "does not match" in low:
        return _tls(
            "The client key does not belong to the client certificate.",
            text,
            "Give a matching pair: client.USER.crt and client.USER.key.",
        )
    if "has group or world access" in low:
        private = f"Make it private: chmod 600 {shell_quoted(str(key))}"
        return _tls("The client key cannot be used.", text, private)
    return _tls("The client key cannot be used.", text, f"Check that {key} holds a key.")


def _tls(title: str, cause: str, hint: str) -> KwtuiError:
    return KwtuiError(title, cause=cause, hint=hint, exit_code=ExitCode.TLS_FAILED)


def _address(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"


# -- statements -------------------------------------------------------------------------------


def statement_failure(said: ServerMessage) -> StatementRefused:
    """The message for a statement that the server refused, as the table of known errors has it.

    What is not known, or known by its class only, keeps the server's own hint.
    """
    known = recognise_answer(said.message, said.sqlstate, said.detail)
    if known is None or known.general:
        return StatementRefused(
            "The server refused the statement.",
            hint=said.hint or (known.do[0] if known else ""),
            said=said,
            known_as=known.code if known else "",
        )
    return StatementRefused(
        f"{known.title}.",
        hint=known.do[0],
        exit_code=known.exit_code,
        said=said,
        known_as=known.code,
    )


def _words_of(said: ServerMessage) -> str:
    code = f" [{said.sqlstate}]" if said.sqlstate else ""
    message, detail = said.message.strip(), said.detail.strip() if said.detail else ""
    return server_words(message, f"{detail}{code}") if detail else f"{message}{code}"


def server_words(message: str, detail: str) -> str:
    """Both, each on a line; of a syntax error the lines of the statement and the caret stay."""
    kept = Lines(detail) if detail.startswith("source SQL:\n") else detail
    return lines_of(message, kept)
