"""Random histories of two databases, with backups between that link what did not change: every set
comes back as the tables were when it was made, whatever happened to the others."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kwtui.backups.manifest import Manifest, read_manifest
from kwtui.model.requests import Incremental
from kwtui.operations.plan import Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Row

Change = Callable[[random.Random, int], list[str]]
Content = dict[str, tuple[str | None, list[Row]]]
"""Of each table its definition and its rows."""


def day_of(rng: random.Random) -> int:
    return rng.randint(1, 9)


def readings(rng: random.Random, number: int, day: int, count: int) -> str:
    rows = ", ".join(
        f"('2026-11-{day:02} {rng.randrange(24):02}:{rng.randrange(60):02}:00.{number:03}', "
        f"{rng.randint(-99, 99)}.25, 't{number}', {rng.randint(1, 3)}, 'site')"
        for _ in range(count)
    )
    return f"INSERT INTO {{db}}.public.m (ts, a, s, id, site) VALUES {rows}"


def _new_day(rng: random.Random, number: int) -> list[str]:
    return [readings(rng, number, 9 + min(number, 20), 5)]


def _late(rng: random.Random, number: int) -> list[str]:
    return [readings(rng, number, day_of(rng), 2)]


def _overwritten(rng: random.Random, number: int) -> list[str]:
    """A row whose time and device are there already; its sums change, its count does not."""
    row = f"('2026-11-{day_of(rng):02} 00:00:00', {number}.5, 'over{number}', 1, 'site')"
    return [f"INSERT INTO {{db}}.public.m (ts, a, s, id, site) VALUES {row}"]


def _deleted(rng: random.Random, number: int) -> list[str]:
    day = day_of(rng)
    return [
        f"DELETE FROM {{db}}.public.m WHERE ts >= '2026-11-{day:02} 00:00:00' "
        f"AND ts < '2026-11-{day:02} {rng.randint(1, 23):02}:00:00'"
    ]


def _aged(rng: random.Random, number: int) -> list[str]:
    """What a retention takes."""
    return [f"DELETE FROM {{db}}.public.m WHERE ts < '2026-11-{rng.randint(1, 4):02} 00:00:00'"]


def _tag(rng: random.Random, number: int) -> list[str]:
    return [f"UPDATE {{db}}.public.m SET site = 'moved{number}' WHERE id = {rng.randint(1, 3)}"]


def _column(rng: random.Random, number: int) -> list[str]:
    return [f"ALTER TABLE {{db}}.public.m ADD COLUMN extra{rng.randrange(1 << 20)} INT4"]


def _made_anew(rng: random.Random, number: int) -> list[str]:
    """Under its name, with rows like those of before."""
    return ["DROP TABLE {db}.public.m", SERIES, readings(rng, number, day_of(rng), 8)]


SERIES = (
    "CREATE TABLE {db}.public.m (ts TIMESTAMPTZ(3) NOT NULL, a FLOAT8, s VARCHAR(30)) "
    "TAGS (id INT4 NOT NULL, site VARCHAR(20)) PRIMARY TAGS (id)"
)
RELATION = "CREATE TABLE {db}.public.m (id INT8 PRIMARY KEY, a INT8, s STRING)"
BESIDE = "CREATE TABLE {db}.public.beside (id INT8 PRIMARY KEY, s STRING)"


def _rows(rng: random.Random, number: int) -> list[str]:
    first = rng.randrange(1 << 40) * 10
    rows = ", ".join(f"({first + n}, {rng.randint(0, 9)}, 's{n}')" for n in range(5))
    return [f"INSERT INTO {{db}}.public.m VALUES {rows}"]


def _updated(rng: random.Random, number: int) -> list[str]:
    """By a value of the same length."""
    return [f"UPDATE {{db}}.public.m SET s = 'x{rng.randrange(9)}' WHERE id % 7 = {number % 7}"]


def _gone(rng: random.Random, number: int) -> list[str]:
    return [f"DELETE FROM {{db}}.public.m WHERE id % 5 = {rng.randrange(5)}"]


def _emptied(rng: random.Random, number: int) -> list[str]:
    return ["TRUNCATE TABLE {db}.public.m", *_rows(rng, number)]


def _altered(rng: random.Random, number: int) -> list[str]:
    return [f"ALTER TABLE {{db}}.public.m ADD COLUMN more{rng.randrange(1 << 20)} INT8"]


def _relation_anew(rng: random.Random, number: int) -> list[str]:
    return ["DROP TABLE {db}.public.m", RELATION, *_rows(rng, number)]


def _nothing(rng: random.Random, number: int) -> list[str]:
    return []


def _neighbour(rng: random.Random, number: int) -> list[str]:
    return [f"INSERT INTO {{db}}.public.beside VALUES ({number}, 'n')"]


@dataclass(frozen=True)
class Kind:
    """A database, and what happens to it."""

    make: tuple[str, ...]
    changes: tuple[Change, ...]
    tables: tuple[str, ...]
    order: str


SERIES_KIND = Kind(
    ("CREATE TS DATABASE {db}", SERIES),
    (_new_day, _new_day, _late, _overwritten, _deleted, _aged, _tag, _column, _made_anew, _nothing),
    ("m",),
    "ts, id",
)
RELATION_KIND = Kind(
    ("CREATE DATABASE {db}", RELATION, BESIDE),
    (_rows, _updated, _gone, _emptied, _altered, _relation_anew, _neighbour, _nothing),
    ("m", "beside"),
    "id",
)


@dataclass
class History:
    """What happened, and what every set must hold."""

    bench: Bench
    kind: Kind
    rng: random.Random
    database: str
    sets: dict[str, Content] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)
    """Inodes of files that were changed."""
    told: list[str] = field(default_factory=list)

    def say(self, *statements: str) -> None:
        texts = [statement.format(db=self.database) for statement in statements]
        self.told += texts
        self.bench.do(*texts)

    def begin(self) -> None:
        self.say(*self.kind.make)
        if self.kind is SERIES_KIND:
            self.say(*(readings(self.rng, 0, day, 4) for day in range(1, 10)))
        else:
            self.say(*_rows(self.rng, 0))

    # -- what happens -----------------------------------------------------------------------

    def change(self, number: int) -> None:
        self.say(*self.rng.choice(self.kind.changes)(self.rng, number))

    def back_up(self) -> str:
        """A new set is whole, whatever became of those before it, and shares what it says."""
        how = self.rng.choice((Incremental.AUTO, Incremental.ALWAYS, Incremental.AUTO))
        before = {path.stat().st_ino for path in self._files()}
        made = self.bench.backup(
            self.database,
            hooks={"reconcile": self._tag_meanwhile},
            chunk_rows=4,
            incremental=how,
        )
        self.sets[made.path] = self._content(self.database)
        manifest = self._manifest(made.path)
        self.told.append(f"back up {made.path}: {_linked(manifest)}")
        assert self.bench.verify(made.path).ok, self._story()
        self._check_sizes(made.path, manifest, before)
        return made.path

    def _tag_meanwhile(self, _: Step) -> None:
        """When all is exported, and before it is sealed."""
        if self.kind is SERIES_KIND and self.rng.random() < 0.3:
            self.say(*_tag(self.rng, self.rng.randrange(1 << 20)))

    def damage(self) -> None:
        """One bit of a file, in every set that shares it."""
        files = [path for path in self._files() if path.stat().st_size > 3]
        path = self.rng.choice(files)
        data = bytearray(path.read_bytes())
        data[self.rng.randrange(len(data))] ^= 1
        path.chmod(0o640)
        path.write_bytes(bytes(data))
        self.damaged.add(path.stat().st_ino)
        self.told.append(f"damage {path}")

    def lose(self) -> None:
        """A set goes, with its folder."""
        path = self.rng.choice(list(self.sets))
        shutil.rmtree(self.bench.extern / path)
        del self.sets[path]
        self.told.append(f"delete {path}")

    # -- what must hold ---------------------------------------------------------------------

    def check(self) -> None:
        for path, held in self.sets.items():
            if self._is_damaged(path):
                assert not self.bench.verify(path).ok, self._story(path)
                continue
            self.bench.restore(path, target=f"{self.database}_back")
            assert self._content(f"{self.database}_back") == held, self._story(path)
            self.bench.do(f"DROP DATABASE {self.database}_back CASCADE")

    def _check_sizes(self, path: str, manifest: Manifest, before: set[int]) -> None:
        """What is new takes space, and what is shared takes none."""
        files = {p: p.stat() for p in self._files(path)}
        new = sum(s.st_size for s in files.values() if s.st_ino not in before)
        shared = sum(s.st_size for s in files.values() if s.st_ino in before)
        totals = manifest.totals
        assert totals.shared_bytes == shared, self._story(path)
        written = sum(f.bytes for t in manifest.tables for f in t.files) - totals.shared_bytes
        assert written == new, self._story(path)

    def _is_damaged(self, path: str) -> bool:
        return any(file.stat().st_ino in self.damaged for file in self._files(path))

    def _files(self, path: str = "") -> list[Path]:
        root = self.bench.extern / (path or f"kwtui/{self.database}")
        return sorted(root.rglob("data/**/*.csv")) if root.exists() else []

    def _content(self, database: str) -> Content:
        found: Content = {}
        for table in self.kind.tables:
            name = f"{database}.public.{table}"
            shown = self.bench.rows(f"SHOW CREATE TABLE {name}")[0][1]
            order = self.kind.order if table == "m" else "id"
            found[table] = (shown, self.bench.rows(f"SELECT * FROM {name} ORDER BY {order}"))
        return found

    def _manifest(self, path: str) -> Manifest:
        return read_manifest(self.bench.extern / path / "manifest.json")

    def _story(self, path: str = "") -> str:
        return "\n".join([f"{path} of this history is not what it was:", *self.told])


def _linked(manifest: Manifest) -> list[bool]:
    return [bool(s.linked) for t in manifest.tables for s in t.segments]


def _run(bench: Bench, kind: Kind, seed: int, backups: int) -> History:
    database = f"hist_{'ts' if kind is SERIES_KIND else 'rel'}_{seed}"
    rng = random.Random(seed)  # noqa: S311 - a history, no secret
    history = History(bench, kind, rng, database)
    history.begin()
    history.back_up()
    for number in range(1, backups):
        for _ in range(rng.randrange(3)):
            history.change(number)
        if rng.random() < 0.25:
            history.damage()
        if len(history.sets) > 1 and rng.random() < 0.3:
            history.lose()
        history.back_up()
    history.check()
    bench.do(f"DROP DATABASE {database} CASCADE")
    return history


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("histories"))


KINDS = pytest.mark.parametrize("kind", [SERIES_KIND, RELATION_KIND], ids=["series", "relational"])


@KINDS
def test_every_set_holds_what_the_tables_held(bench: Bench, kind: Kind) -> None:
    history = _run(bench, kind, 1, 4)
    assert any("True" in line for line in history.told), "something was linked"


@pytest.mark.slow
@pytest.mark.timeout(600)
@KINDS
@pytest.mark.parametrize("seed", range(2, 42))
def test_every_set_of_many_histories_does(bench: Bench, kind: Kind, seed: int) -> None:
    _run(bench, kind, seed, 7)
