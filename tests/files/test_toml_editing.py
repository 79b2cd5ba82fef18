"""A person's TOML file, changed by kwtui: what the person wrote around it stays."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.config.preferences import Preferences, save_preferences
from kwtui.config.profiles import Profile, delete_profile, find_profile, load_profiles, save_profile
from kwtui.config.retention import load_policies, save_policy
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy

SERVERS = """\
# my servers
format = 1 # do not touch

[profile.old]   # in the cellar
host = "x" # will move
port = 26257

# the one that pays
[profile."my shop"]
user = "u"
tls = "disable" # inside the rack

# the end
"""


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(SERVERS)
    return path


def test_a_changed_value_leaves_everything_around_it(servers: Path) -> None:
    save_profile(Profile("old", host="y", database="z"), servers)
    expected = SERVERS.replace('"x" # will', '"y" # will')
    expected = expected.replace("port = 26257\n", 'port = 26257\ndatabase = "z"\n')
    assert servers.read_text() == expected, "also a default that somebody wrote down"


def test_what_is_saved_unchanged_changes_nothing(servers: Path) -> None:
    for profile in load_profiles(servers):
        save_profile(profile, servers)
    assert servers.read_text() == SERVERS


def test_a_value_that_is_the_default_again_goes(servers: Path) -> None:
    save_profile(Profile("my shop", user="u"), servers)
    assert servers.read_text() == SERVERS.replace('tls = "disable" # inside the rack\n', "")


def test_a_comment_above_a_table_stays_with_it_when_the_one_before_goes(servers: Path) -> None:
    delete_profile("old", servers)
    text = servers.read_text()
    assert "cellar" not in text
    assert '# the one that pays\n[profile."my shop"]\n' in text
    assert text.startswith("# my servers\nformat = 1 # do not touch\n")
    delete_profile("my shop", servers)
    assert load_profiles(servers) == []


def test_a_new_table_comes_last(servers: Path) -> None:
    save_profile(Profile("new.one", host="q"), servers)
    text = servers.read_text()
    assert text.startswith(SERVERS)
    assert [p.name for p in load_profiles(servers)] == ["old", "my shop", "new.one"]


def test_retention_keeps_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "retention.toml"
    path.write_text(
        "# ask Anna\n[database.a]\nkeep_last = 1 # one\n\n# all\n[default]\nkeep_last = 2\n"
    )
    save_policy("a", RetentionPolicy(keep_last=3, min_proof=ProofLevel.P4), path)
    save_policy("b", RetentionPolicy(keep_daily=7), path)
    text = path.read_text()
    assert text.startswith(
        '# ask Anna\n[database.a]\nkeep_last = 3 # one\nmin_proof = "P4"\n\n[database.b]\n'
    )
    assert text.endswith('min_proof = "P2"\n\n# all\n[default]\nkeep_last = 2\n')
    assert load_policies(path).databases["b"] == RetentionPolicy(keep_daily=7)
    save_policy("a", None, path)
    save_policy("nobody", None, path)
    assert "# all\n[default]\n" in path.read_text()
    assert set(load_policies(path).databases) == {"b"}


def test_preferences_keep_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "preferences.toml"
    path.write_text('# dark\ntheme = "nord" # of the blue kind\n')
    save_preferences(Preferences("gruvbox", ascii_only=True), path)
    assert path.read_text() == '# dark\ntheme = "gruvbox" # of the blue kind\nascii_only = true\n'


_SHAPES = (
    "",
    '[profile.a]\nhost = "h"\n',
    '[profile]\na.host = "h"\n',
    '[profile]\na = { host = "h" }\n',
    'profile = { a = { host = "h" } }\n',
    'profile.a.host = "h"\nprofile.b.user = "u"\n',
    '[profile.b]\n# a\n\n\n# b\n[profile.a]\nuser = "u"\n#end',
    '[profile.a]\nhost = "h"\n[profile.b]\n[profile.c]\nport = 5',
)


@given(
    st.sampled_from(_SHAPES),
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "d e"]),
            st.booleans(),
            st.sampled_from(["127.0.0.1", "x"]),
            st.sampled_from([26257, 5]),
        ),
        max_size=5,
    ),
)
def test_whatever_is_saved_and_deleted_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, edits: list[tuple[str, bool, str, int]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "profiles.toml"
    path.write_text(text)
    expected = {profile.name: profile for profile in load_profiles(path)}
    for name, keep, host, port in edits:
        if keep:
            expected[name] = Profile(name, host=host, port=port)
            save_profile(expected[name], path)
        elif name in expected:
            del expected[name]
            delete_profile(name, path)
        assert {p.name: p for p in load_profiles(path)} == expected
        tomllib.loads(path.read_text())
    for name in expected:
        assert find_profile(name, path) == expected[name]
