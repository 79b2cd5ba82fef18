"""A person gives actions other keys: what works, and how each mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from kwtui.errors import ExitCode, KwtuiError
from kwtui.keys.actions import ACTIONS, BY_ID
from kwtui.keys.keymap import Keymap, load_keymap
from kwtui.keys.tables import SCOPE_TITLES
from kwtui.keys.writing import PUNCTUATION, written_key
from tests.command_line import CommandLine


@pytest.fixture
def kwtui(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(KwtuiError) as caught:
        load_keymap(file)
    assert caught.value.exit_code is ExitCode.USAGE
    assert str(file) in caught.value.title
    assert "No key was changed" in caught.value.hint
    return caught.value.cause


def test_without_a_file_every_action_has_its_own_keys(file: Path) -> None:
    keymap = load_keymap(file)
    assert keymap == Keymap()
    assert keymap.text_of(BY_ID["storage.verify"]) == "v"


def test_keys_are_changed_by_the_ids_of_their_actions(file: Path) -> None:
    file.write_text(
        '[keys]\n"storage.verify" = "V"\n"app.quit" = "Q, Ctrl+X"\nsql.run = ["F12"]\n'
        '"logs.find" = ","\n',
        encoding="utf-8",
    )
    keymap = load_keymap(file)
    assert keymap.for_textual() == {
        "storage.verify": "V",
        "app.quit": "Q,ctrl+x",
        "sql.run": "f12",
        "logs.find": "comma",
    }
    assert keymap.text_of(BY_ID["app.quit"]) == "Q Ctrl+X"
    assert keymap.text_of(BY_ID["storage.restore"]) == "r"


def test_two_actions_may_exchange_their_keys(file: Path) -> None:
    file.write_text('[keys]\n"storage.verify" = "d"\n"storage.drill" = "v"\n', encoding="utf-8")
    assert load_keymap(file).text_of(BY_ID["storage.verify"]) == "d"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"storage.verfy" = "V"', "No action has the id 'storage.verfy'. Did you mean"),
        (
            '"storage.verify" = "d"',
            "Key d would mean two things (Storage): storage.verify and",
        ),
        ('"storage.verify" = "4"', "Key 4 would mean two things (Storage): app.open-storage and"),
        ('"app.quit" = "v"', "Key v would mean two things (Storage): app.quit and"),
        ('"storage.verify" = "j"', "'j' for storage.verify is taken: it moves"),
        ('"storage.verify" = "hyper+v"', "'hyper+v' for storage.verify is no key"),
        ('"storage.verify" = "ctrl+i"', "cannot be told from other keys"),
        ('"storage.verify" = ""', "A key for storage.verify is missing"),
        ('"storage.verify" = 4', "would mean two things"),
        ('"app.open-doctor" = "D"', "no key of app.open-doctor to change"),
        ('"explain.check" = "D"', "The key of explain.check stays as it is"),
    ],
)
def test_a_mistake_is_told_in_words(file: Path, line: str, told: str) -> None:
    assert told in refusal(file, f"[keys]\n{line}\n")


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    cause = refusal(file, '[keys]\n"no.such" = "V"\n"storage.verify" = "d"\n')
    assert "no.such" in cause
    assert "storage.drill" in cause


def test_a_file_that_is_no_keymap_is_refused(file: Path) -> None:
    file.write_text("keys = 4\n", encoding="utf-8")
    with pytest.raises(KwtuiError, match="cannot be used"):
        load_keymap(file)


def test_keys_have_the_names_that_the_terminal_gives_them() -> None:
    for character, name in PUNCTUATION.items():
        assert _character_to_key(character) == name
    assert written_key("ctrl+p") == "Ctrl+P"
    assert written_key("right_square_bracket") == "]"


def test_every_action_stands_under_a_title() -> None:
    assert {action.scope for action in ACTIONS} == set(SCOPE_TITLES)


def test_the_command_prints_ids_keys_and_actions(kwtui: CommandLine) -> None:
    printed = kwtui.run("keys").out
    line = next(line for line in printed.splitlines() if line.startswith("storage.verify"))
    assert line.split()[1] == "v"
    assert "Check every file" in line
    assert kwtui.run("--print-keys").out == printed


def test_the_command_tells_what_a_person_changed(kwtui: CommandLine) -> None:
    config = kwtui.state / "config"
    config.mkdir(parents=True)
    (config / "keys.toml").write_text('[keys]\n"storage.verify" = "V"\n', encoding="utf-8")
    found = {each["id"]: each for each in json.loads(kwtui.run("keys", "--json").out)["keys"]}
    assert found["storage.verify"]["keys"] == ["V"]
    assert found["storage.verify"]["changed"]
    (config / "keys.toml").write_text('[keys]\n"storage.verfy" = "V"\n', encoding="utf-8")
    done = kwtui.run("keys")
    assert done.code == ExitCode.USAGE
    assert "Did you mean" in done.err
