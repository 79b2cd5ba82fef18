"""Whatever bytes a decoder gets, it decodes them or says in words that it cannot.

Ten minutes in all; ``KWTUI_FUZZ_SECONDS`` gives each decoder another time. atheris has no wheel for
every platform, and is not among the extras: ``pip install atheris``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backups.builder import make_set

SECONDS = int(os.environ.get("KWTUI_FUZZ_SECONDS", "55"))
NAMES = (
    *("manifest", "schema", "sidecars", "journal", "meta", "sql", "words", "settings"),
    *("books", "logs", "rows"),
)
TEXTS = (
    "CREATE DATABASE shop;\nCREATE TABLE t (\n\ta INT8 NOT NULL DEFAULT 1:::INT8,\n\tb STRING,\n\t"
    'CONSTRAINT "primary" PRIMARY KEY (a ASC)\n);\nGRANT SELECT ON TABLE shop.public.t TO u;\n',
    "CREATE TS DATABASE p;\nCREATE TABLE t (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv FLOAT8\n) TAGS "
    "(\n\td INT4 NOT NULL ) PRIMARY TAGS(d)\n\tretentions 30d;\n",
    r"SELECT b'\'', x'00', e'\n', $a$b$a$, /* /* */ */ nextval('s') FROM [SHOW JOBS] -- x",
    "format = 1\ndatabases = ['*']\n[schedule]\ncron = '15 1 * * *'\n[notify]\non = ['failure']\n",
    'format = 1\n[profile."a b"]\nhost = "h"\nport = 1\ntls = "disable"\n',
    'E250318 06:21:13.254802 99 kv/a.go:1  [n1,s1] it broke\n{"log": "I250318 1"}\n',
    'a|"b\nc""d"\n1,\\N\n',
    'ERROR: relation "t" does not exist\nSQLSTATE: 42P01\nat postgresql://a:b@c/d\n',
)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_decoded_or_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    samples = tmp_path / "samples"
    samples.mkdir()
    location = make_set(tmp_path / "extern", tmp_path / "state")
    for number, file in enumerate((location.manifest, location.schema)):
        (samples / f"file{number}").write_bytes(file.read_bytes())
    for number, text in enumerate(TEXTS):
        (samples / f"text{number}").write_text(text)
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "tests.faults.fuzzing", name),
            *(f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=20000"),
            *(f"-artifact_prefix={tmp_path}/", "-print_final_stats=1", str(samples)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
