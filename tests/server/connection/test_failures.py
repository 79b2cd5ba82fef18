"""Every failure that a node was seen to give has a title, a way out and its own exit code."""

from __future__ import annotations

import pytest

from kwtui.config.profiles import TlsMode
from kwtui.diagnosis import known
from kwtui.errors import ExitCode
from kwtui.server.connection.failures import (
    PasswordNeeded,
    PasswordRejected,
    ServerMessage,
    connection_failure,
    connection_text,
    statement_failure,
)
from kwtui.server.connection.target import Target
from tests.server.recorded import errors

SITUATIONS = {
    "wrong password": (ExitCode.AUTHENTICATION_FAILED, "does not accept the password"),
    "no password given": (ExitCode.AUTHENTICATION_FAILED, "asks op for a password"),
    "unknown user": (ExitCode.AUTHENTICATION_FAILED, "does not accept the password"),
    "user without login": (ExitCode.AUTHENTICATION_FAILED, "refused the login of op"),
    "password past its validity": (ExitCode.AUTHENTICATION_FAILED, "refused the login of op"),
    "certificate of root, asked to be op": (
        ExitCode.AUTHENTICATION_FAILED,
        "refused the login of op",
    ),
    "verify-full without the CA": (ExitCode.TLS_FAILED, "CA certificate"),
    "client key readable by others": (ExitCode.TLS_FAILED, "client key"),
    "host name not in the certificate": (ExitCode.TLS_FAILED, "is not for db"),
}


def recorded(situation: str) -> str:
    found = next(e for e in errors("11") if e.get("situation") == situation)
    return str(found["error"]["message"])


@pytest.mark.parametrize("situation", SITUATIONS)
def test_refused_connections_of_a_secure_node(situation: str) -> None:
    exit_code, words = SITUATIONS[situation]
    text = recorded(situation)
    sent = Target(host="db", user="op", password="x")
    error = connection_failure(Exception(text), sent)
    assert error.exit_code is exit_code
    assert words in error.title
    assert error.hint
    assert "connection to server at" not in error.cause


def test_every_refusal_in_the_recording_is_covered() -> None:
    seen = {e["situation"] for e in errors("11") if "situation" in e}
    assert seen == set(SITUATIONS)


def test_a_prompt_may_help_for_a_password_and_only_there() -> None:
    target = Target(user="op", password="x")
    needed = connection_failure(Exception(recorded("no password given")), target)
    rejected = connection_failure(Exception(recorded("wrong password")), target)
    other = connection_failure(Exception(recorded("user without login")), target)
    assert isinstance(needed, PasswordNeeded)
    assert isinstance(rejected, PasswordRejected)
    assert not isinstance(other, PasswordNeeded | PasswordRejected)


def test_a_user_without_a_password_is_unknown_and_not_refused_for_one() -> None:
    """A node in insecure mode lets everybody in whom it knows: nothing was asked, nothing sent."""
    error = connection_failure(Exception(recorded("unknown user")), Target(user="ghost"))
    assert error.title == "The server does not know the user ghost."
    assert not isinstance(error, PasswordRejected)
    assert error.known_as == "unknown_user"
    assert "CREATE" not in error.cause


def test_without_tls_the_missing_password_is_explained_in_words() -> None:
    error = connection_failure(
        Exception(recorded("no password given")), Target(user="op", tls=TlsMode.DISABLE)
    )
    assert not isinstance(error, PasswordNeeded)
    assert "none is sent without TLS" in error.title
    assert "allow_cleartext_password" in error.hint


def test_a_node_without_tls_gets_both_ways_out() -> None:
    text = (
        'connection failed: connection to server at "127.0.0.1", port 26257 failed: '
        "server does not support SSL, but SSL was required"
    )
    error = connection_failure(Exception(text), Target())
    assert error.exit_code is ExitCode.TLS_FAILED
    assert "If the node runs in insecure mode" in error.hint
    assert "tls = disable" in error.hint
    assert "no password will be sent" in error.hint
    assert "with its certificates" in error.hint


def test_what_libpq_says_in_two_lines_is_two_sentences() -> None:
    text = (
        'connection failed: connection to server at "127.0.0.1", port 1 failed: '
        "Connection refused\n\tIs the server running on that host?"
    )

    assert connection_text(Exception(text)) == (
        "Connection refused. Is the server running on that host?"
    )


def test_a_sentence_that_libpq_breaks_stays_one() -> None:
    text = (
        "consuming input failed: server closed the connection unexpectedly\n"
        "\tThis probably means the server terminated abnormally\n"
        "\tbefore or while processing the request.\n"
    )

    assert connection_text(Exception(text)) == (
        "consuming input failed: server closed the connection unexpectedly. This probably means "
        "the server terminated abnormally before or while processing the request."
    )


@pytest.mark.parametrize(
    ("text", "exit_code"),
    [
        (
            'connection failed: connection to server at "127.0.0.1", port 1 failed: '
            "Connection refused\n\tIs the server running on that host?",
            ExitCode.SERVER_UNREACHABLE,
        ),
        ("connection timeout expired", ExitCode.SERVER_UNREACHABLE),
        ("[Errno -2] Name or service not known", ExitCode.SERVER_UNREACHABLE),
        (
            'connection to server at "h", port 2 failed: ERROR:  too many clients already',
            ExitCode.SERVER_UNREACHABLE,
        ),
        (
            "connection failed: SSL error: certificate verify failed",
            ExitCode.TLS_FAILED,
        ),
        ("connection failed: SSL error: wrong version number", ExitCode.TLS_FAILED),
    ],
)
def test_what_libpq_says_of_its_own(text: str, exit_code: ExitCode) -> None:
    error = connection_failure(Exception(text), Target())
    assert error.exit_code is exit_code
    assert "\n" not in error.cause
    assert error.hint


@pytest.mark.parametrize(
    ("file", "part", "exit_code"),
    [
        ("11", "only users with the admin role", ExitCode.ADMIN_ROLE_REQUIRED),
        ("03", "is not empty", ExitCode.DESTINATION_NOT_EMPTY),
        ("10", "no space left on device", ExitCode.DISK_FULL),
        ("15", "breaker open", ExitCode.SERVER_UNREACHABLE),
        ("03", "valid node ID", ExitCode.STATEMENT_REFUSED),
        ("04", 'database "nowhere" does not exist', ExitCode.NOT_FOUND),
        ("12", "read-only transaction", ExitCode.STATEMENT_REFUSED),
        ("11", "does not have SELECT privilege", ExitCode.STATEMENT_REFUSED),
    ],
)
def test_refused_statements_keep_the_servers_words(
    file: str, part: str, exit_code: ExitCode
) -> None:
    found = next(e["error"] for e in errors(file) if part in e["error"]["message"])
    said = ServerMessage(found["message"], found["sqlstate"] or "")
    error = statement_failure(said)
    assert error.exit_code is exit_code
    assert found["message"] in error.cause
    assert error.sqlstate == (found["sqlstate"] or "")
    assert error.title


def test_an_error_that_nobody_knows_is_passed_on_with_the_servers_hint() -> None:
    error = statement_failure(ServerMessage("strange", "XXUUU", "where", "try this"))
    assert error.exit_code is ExitCode.STATEMENT_REFUSED
    assert error.cause == "strange\nwhere [XXUUU]"
    assert error.hint == "try this"


@pytest.mark.parametrize("file", ["03", "04", "05", "06", "07", "08", "10", "11", "12", "15", "16"])
def test_a_refusal_and_its_explanation_say_the_same(file: str) -> None:
    for recorded_error in (e["error"] for e in errors(file)):
        message, code = recorded_error["message"], recorded_error.get("sqlstate") or ""
        error = statement_failure(ServerMessage(message, code))
        entry = known().by_code(error.known_as)
        if entry is None or entry.general:
            assert error.title == "The server refused the statement."
        else:
            assert error.title == f"{entry.title}."
            assert error.hint == entry.do[0]
            assert error.exit_code is entry.exit_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("connection to server at 127.0.0.1 failed: Connection refused", "server_unreachable"),
        ("connection failed: ERROR:  too many clients already", "too_many_connections"),
        ("connection failed: fe_sendauth: no password supplied", "password_missing"),
        ("the dog ate the cable", ""),
    ],
)
def test_a_failed_connection_leads_to_its_explanation(text: str, code: str) -> None:
    assert connection_failure(Exception(text), Target()).known_as == code


def test_taken_names_have_their_own_exit_code() -> None:
    for message, code in (
        ('database "shop" already exists', "XXUUU"),
        ('relation "a" already exists', "42P07"),
        ("anything", "42P04"),
    ):
        assert statement_failure(ServerMessage(message, code)).exit_code is ExitCode.NAME_TAKEN
