"""The form of a saved server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from kwtui.config.profiles import Environment, Profile, TlsMode
from kwtui.errors import KwtuiError
from kwtui.screens.frame.dialogs import Dialog
from kwtui.text import sentences
from kwtui.widgets.completion import name_completer, path_completer
from kwtui.widgets.field import Field, Words, push_button
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option

if TYPE_CHECKING:
    from kwtui.controller import Controller

TLS_OPTIONS = (
    Option(
        TlsMode.VERIFY_FULL,
        "verify-full",
        "Encrypted; the server's certificate and its host name are checked.",
    ),
    Option(
        TlsMode.VERIFY_CA,
        "verify-ca",
        "Encrypted; the certificate is checked, the host name is not. Another server with a"
        " certificate of the same authority would be believed.",
        True,
    ),
    Option(
        TlsMode.REQUIRE,
        "require",
        "Encrypted, but the server is not verified: an attacker in between can pose as it.",
        True,
    ),
    Option(
        TlsMode.DISABLE,
        "disable",
        "Not encrypted: everybody on the way can read the data. For nodes without TLS. No password"
        " is sent unless you allow it below.",
        True,
    ),
)

ENVIRONMENT_OPTIONS = (
    Option("", "no label", "Nothing is said of the server in the header."),
    Option(Environment.DEV, "DEVELOPMENT", "The header says DEVELOPMENT on every screen."),
    Option(Environment.TEST, "TEST", "The header says TEST on every screen."),
    Option(Environment.PROD, "PRODUCTION", "The header says PRODUCTION on every screen."),
)

CLEARTEXT_OPTIONS = (
    Option("no", "no", "Without TLS, kwtui refuses to send a password."),
    Option(
        "yes",
        "yes, send it unencrypted",
        "I know that the password can be read on the way, and say so for this server.",
        True,
    ),
)

READ_ONLY_OPTIONS = (
    Option("no", "no", "Backups and restores may be run here."),
    Option("yes", "yes", "kwtui restores nothing on this server."),
)

_TEXTS = (
    ("name", "Name", "A word to recognise the server by."),
    ("host", "Host", "Host name or address of a KWDB node."),
    ("port", "Port", "The node's SQL port; 26257 unless it was changed."),
    ("user", "User", "Exports and imports need a user with the admin role."),
    ("database", "Database", "The database to connect to; any existing one will do."),
)
_MORE_TEXTS = (
    ("sslrootcert", "CA certificate", "A file, or 'system' for this machine's own list."),
    ("sslcert", "Client certificate", "A file; for users that log in by certificate."),
    ("sslkey", "Client key", "The file of the certificate's private key."),
    (
        "password_command",
        "Password command",
        "A command that prints the password, e.g. 'pass show kwdb'. Passwords themselves are"
        " never saved; without a command you are asked.",
    ),
    ("passfile", "Passfile", "A file of host:port:database:user:password lines, private to you."),
    ("store", "Store", "The node's store folder on this machine, if it cannot be found by itself."),
    ("extern", "Extern", "The node's extern folder, if it is not inside the store."),
    ("logs", "Logs", "The node's log folder, if it is not inside the store."),
)

_FILE, _FOLDER = path_completer(), path_completer(folders_only=True)
_COMPLETERS = {name: _FILE for name in ("sslrootcert", "sslcert", "sslkey", "passfile")}
_COMPLETERS |= {name: _FOLDER for name in ("store", "extern", "logs")}


class ProfileDialog(Dialog):
    """Add or change a server. Answers its name when saved."""

    def __init__(self, controller: Controller, profile: Profile | None) -> None:
        super().__init__()
        self._controller = controller
        self._old = profile
        start = profile or Profile(name="")
        self._texts = {
            name: ExplainedField(
                label,
                str(getattr(start, name) or ""),
                name=name,
                about=about,
                complete=_COMPLETERS.get(name),
            )
            for name, label, about in (*_TEXTS, *_MORE_TEXTS)
        }
        self._tls = Cycle("TLS", TLS_OPTIONS, start.tls, name="tls")
        self._environment = Cycle(
            "Label", ENVIRONMENT_OPTIONS, start.environment or "", name="environment"
        )
        self._cleartext = Cycle(
            "Password w/o TLS",
            CLEARTEXT_OPTIONS,
            "yes" if start.allow_cleartext_password else "no",
            name="cleartext",
        )
        self._read_only = Cycle(
            "Read only", READ_ONLY_OPTIONS, "yes" if start.read_only else "no", name="read-only"
        )
        rows: list[Cycle | Field] = [
            *(self._texts[name] for name, _, _ in _TEXTS),
            self._environment,
            self._tls,
            self._cleartext,
            self._read_only,
            *(self._texts[name] for name, _, _ in _MORE_TEXTS),
        ]
        self._form = Form(rows)
        self._opened_with: list[str] = []
        self._warned = False
        self._problem = Words(classes="field--message")
        self._problem.display = False

    def compose(self) -> ComposeResult:
        title = f"Change {self._old.name}" if self._old else "Add a server"
        with Vertical(classes="dialog -form"):
            yield Words(title, classes="dialog--title")
            yield self._form
            yield self._problem
            with Horizontal(classes="dialog--buttons"):
                yield push_button("Save (Enter)", id="save", primary=True)
                yield push_button("Cancel (Esc)", id="cancel")

    def on_mount(self) -> None:
        self._opened_with = self._values()
        self._form.focus_first()
        if self._controller.connection.status.is_connected:
            self.run_worker(self._learn_databases(), exit_on_error=False)

    async def _learn_databases(self) -> None:
        """Names for the field of the database; without them it is typed in full."""
        names = [database.name for database in await self._controller.server.databases()]
        self._texts["database"].input.set_completion(name_completer(lambda: names))

    def _values(self) -> list[str]:
        cycles = (self._tls, self._environment, self._cleartext, self._read_only)
        return [*(field.value for field in self._texts.values()), *(each.value for each in cycles)]

    def action_close(self) -> None:
        """Esc: what was typed is not lost by one key."""
        if self._warned or self._values() == self._opened_with:
            self.dismiss(None)
            return
        self._warned = True
        self._say("Not saved yet. Enter saves; Esc once more gives up what you typed.")

    def on_input_changed(self) -> None:
        self._warned = False

    def _say(self, words: str) -> None:
        self._problem.say(words)
        self._problem.display = True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss(None)

    def _save(self) -> None:
        try:
            profile = self._profile()
            self._controller.profiles.save(profile)
            if self._old is not None and self._old.name != profile.name:
                self._controller.profiles.delete(self._old.name)
        except KwtuiError as error:
            self._say(sentences(*error.lines()))
            return
        self.dismiss(profile.name)

    def _profile(self) -> Profile:
        values = {name: field.value.strip() for name, field in self._texts.items()}
        if not values["port"].isascii() or not values["port"].isdigit():
            self._texts["port"].input.focus()
            raise KwtuiError("The port must be a number.", hint="26257 is KWDB's usual one.")
        if self._old is None and any(
            profile.name == values["name"] for profile in self._controller.profiles.all()
        ):
            raise KwtuiError(
                f"There is a server named {values['name']} already.", hint="Choose another name."
            )
        environment = self._environment.value
        return replace(
            self._old or Profile(name=values["name"]),
            name=values["name"],
            host=values["host"],
            port=int(values["port"]),
            user=values["user"],
            database=values["database"],
            tls=TlsMode(self._tls.value),
            environment=Environment(environment) if environment else None,
            allow_cleartext_password=self._cleartext.value == "yes",
            read_only=self._read_only.value == "yes",
            **{name: values[name] or None for name, _, _ in _MORE_TEXTS},
        )
