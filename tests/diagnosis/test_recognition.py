"""What a person pastes at night, and what kwtui may not pretend to know."""

from __future__ import annotations

import pytest

from kwtui.diagnosis import KnownBy, recognise


def codes(text: str) -> list[str | None]:
    return [d.entry.code if d.entry else None for d in recognise(text)]


def test_nothing_is_nothing() -> None:
    assert recognise("") == []
    assert recognise(" \n\t") == []


def test_what_is_not_known_is_called_so() -> None:
    (found,) = recognise("ERROR:  splork of the frobnicator")
    assert not found.is_known
    assert found.known_by is KnownBy.NOTHING
    assert found.nearest == ()


def test_the_nearest_are_offered_and_not_taken() -> None:
    (found,) = recognise("the export was refused, its destination folder holds files")
    assert not found.is_known
    assert "destination_not_empty" in [entry.code for entry in found.nearest]


def test_a_class_alone_says_so_and_offers_the_nearest() -> None:
    (found,) = recognise(
        "ERROR: the export folder destination somehow is not good (SQLSTATE XXUUU)"
    )
    assert found.entry is not None
    assert (found.entry.code, found.known_by) == ("uncategorised", KnownBy.SQLSTATE)
    assert found.nearest
    assert found.entry not in found.nearest


def test_several_messages_are_told_one_by_one_and_once() -> None:
    text = (
        "EXPORT cannot be used inside a transaction\n"
        "\n"
        'psql: error: connection to server at "127.0.0.1", port 26257 failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
        "EXPORT cannot be used inside a transaction\n"
        "ERROR:  the moon is full\n"
    )
    found = recognise(text)
    assert [d.entry.code if d.entry else None for d in found] == [
        "in_transaction",
        "server_unreachable",
        None,
    ]
    assert [d.line for d in found] == [1, 3, 6]
    assert found[0].count == 2


def test_a_python_traceback_is_understood() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "backup.py", line 3, in <module>\n'
        "    cursor.execute(sql)\n"
        "psycopg.errors.InsufficientPrivilege: "
        "only users with the admin role are allowed to EXPORT\n"
    )
    assert codes(text) == ["not_admin"]


def test_a_log_line_with_its_stack_is_one_message() -> None:
    text = (
        "I261122 08:30:56.843083 98 kv/kvserver/store_split.go:358  [n1] acquiring locks: failed\n"
        "F261122 08:31:11.201639 100 kv/kvserver/store_raft.go:529  [n1] while committing batch: "
        "IO error: No such file or directory\n"
        "goroutine 100 [running]:\n"
        "github.com/x/y.F\n\n"
        "\tpanic.go: something failed\n"
    )
    (found,) = recognise(text)
    assert found.entry is not None
    assert found.entry.code == "store_file_vanished"
    assert found.line == 2


def test_the_words_of_one_calm_line_are_explained() -> None:
    line = "I260318 06:25:13.254802 99 st_wal_mgr.cpp:101 TSBEGIN mtr 42"
    assert [d.entry.code for d in recognise(line) if d.entry] == ["wal_words"]
    assert recognise("\n".join([line] * 9)) == [], "of a log nobody asks for its calm lines"


def test_a_word_of_the_wal_in_an_error_is_not_called_harmless() -> None:
    (found,) = recognise("E260318 06:25:13.254802 99 st_wal_mgr.cpp:101 TSBEGIN without TSCOMMIT")
    assert found.entry is None
    assert [entry.code for entry in found.nearest] == ["wal_words"]


def test_a_calm_log_needs_no_explanation() -> None:
    assert recognise("I261122 08:19:54.374215 28 cli/start.go:811  node startup completed:") == []


def test_an_alarm_that_is_logged_as_information_is_found() -> None:
    """The engine writes its worst news with the severity info."""
    line = "I2611 2 08:19:54.004555 20365 ts_engine.cpp:2365 Recover fail. Now Reset ALL WAL."
    assert codes(line) == ["wal_reset"]


@pytest.mark.parametrize("text", ["kw309", "KW-309", "error KW309 from engine", "(KW309)"])
def test_kw_codes_in_any_form(text: str) -> None:
    assert codes(text) == ["kw_engine_lost"]


@pytest.mark.parametrize(
    "text",
    [
        "SQLSTATE 42P04",
        "SQLSTATE: 42P04",
        "sqlstate=42P04",
        "[SQLSTATE[42P04]]",
        "something (42P04)",
        "ERROR:  42P04: something",
        "42P04",
    ],
)
def test_sqlstates_in_any_form(text: str) -> None:
    assert codes(text) == ["name_taken"]


def test_the_words_count_more_than_the_code() -> None:
    assert codes("ERROR: XXUUU: export path nodelocal://1/a is not empty") == [
        "destination_not_empty"
    ]


def test_the_code_of_an_entry_shows_it() -> None:
    (found,) = recognise(" WAL_reset ")
    assert found.known_by is KnownBy.CODE


def test_foreign_bytes_and_size_do_no_harm() -> None:
    assert codes("\x1b[31mERROR:\x00 \udcff export path x is not empty") == [
        "destination_not_empty"
    ]
    found = recognise("ERROR: odd thing number one\n" * 200_000)
    assert len(found) == 1
    many = "\n".join(f"ERROR: {chr(97 + i % 26) * (i + 3)} broke" for i in range(500))
    assert len(recognise(many)) == 20


@pytest.mark.parametrize(
    "text",
    """\
the replica set is not yet initialised
ERROR: deadlock detected
ERROR: canceling statement due to lock timeout
FATAL: the database system is starting up
ORA-00942: table or view does not exist
mysql: Access denied for user 'root'@'localhost' (using password: YES)
E261122 08:30:00.000000 12 kv/raft.go:120  [n1,s1] cannot apply snapshot: checksum mismatch
E261122 08:30:00.000000 12 gossip/client.go:100  [n1] failed to start gossip client to 10.0.0.2
java.sql.SQLException: Connection is closed
curl: (7) Failed to connect to 10.0.0.3 port 8080
ERROR: could not serialize access due to concurrent update
systemd[1]: kaiwudb.service: Main process exited, code=killed, status=9/KILL
docker: Error response from daemon: Conflict. The container name "/kaiwudb" is already in use
tar: Unexpected EOF in archive
ssh: connect to host db1 port 22: Connection refused
bash: /opt/kwbase: No such file or directory
Permission denied (publickey).
ERROR: index "i" already contains the value
Error: failed to import table t: unexpected end of stream
ERROR: invalid regular expression: parentheses () not balanced
KW999 something new
SQLSTATE 99999
ERROR:  55P03: lock not available
psql: error: invalid port number: "abc"
ERROR: role "x" cannot be dropped because some objects depend on it
bash: kwbase: command not found
ERROR: ts engine: block item corrupted at 4711
rsync error: some files could not be transferred (code 23)
ERROR: foreign keys are not supported on this kind of table
ERROR: content checksum mismatch in snapshot
ERROR: privileges are insufficient
ERROR: timestamp 1970-01-21 cannot be used here
""".splitlines(),
)
def test_what_is_like_a_known_error_and_is_none_is_not_taken_for_one(text: str) -> None:
    found = recognise(text)
    assert [each.is_known for each in found] == [False]


# What other programs say of themselves in words that KWDB uses, too: the entry that is near.
NEAR = {
    "bash: /opt/kwbase: No such file or directory": "no_such_file",
    "ls: cannot access '/var/lib/kaiwudb/extern': No such file or directory": "no_such_file",
    "tar: data.tar: Cannot open: No such file or directory": "no_such_file",
    "FileNotFoundError: [Errno 2] No such file or directory: '/opt/a.yaml'": "no_such_file",
    "dial unix /var/run/x.sock: connect: no such file or directory": "no_such_file",
    "bash: ./start.sh: Permission denied": "file_permission",
    "docker: Got permission denied while trying to connect to the Docker daemon socket": (
        "file_permission"
    ),
    "dial unix /var/run/docker.sock: connect: permission denied": "file_permission",
    "user op@db1: Permission denied (publickey,password).": "file_permission",
    "ssh: connect to host db1 port 22: Connection refused": "server_unreachable",
    "curl: (7) Failed to connect to 10.0.0.3 port 9090: Connection refused": "server_unreachable",
    "2025/03/18 10:00:00 [error] 123#0: *1 connect() failed (111: Connection refused) while "
    "connecting to upstream": "server_unreachable",
    "redis-cli: Could not connect to Redis at 127.0.0.1:6379: Connection refused": (
        "server_unreachable"
    ),
    'failed: Get "http://10.0.0.5:9090/": dial tcp 10.0.0.5:9090: connect: connection refused': (
        "server_unreachable"
    ),
    "client_loop: send disconnect: Broken pipe": "server_closed_connection",
    "kex_exchange_identification: read: Connection reset by peer": "server_closed_connection",
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)": "port_in_use",
    "kernel: Out of memory: Killed process 99 (java) total-vm:1kB": "node_crashed",
    "systemd[1]: nginx.service: Failed at step EXEC spawning /usr/sbin/nginx: Permission denied": (
        "program_not_started"
    ),
    "Out of memory: Killed process 99 (java) total-vm:1kB": "node_crashed",
    "mkdir: cannot create directory 'a': ERROR already exists": "name_taken",
    "cp: error writing 'n1.0.csv': failed: No space left on device": "node_disk_full",
}


@pytest.mark.parametrize(("text", "code"), NEAR.items())
def test_the_same_words_of_another_program_are_offered_as_near(text: str, code: str) -> None:
    (found,) = recognise(text)
    assert not found.is_known
    assert code in [entry.code for entry in found.nearest]


@pytest.mark.parametrize(
    "text",
    [
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        "java.lang.OutOfMemoryError: out of memory",
        "kafka: org.rocksdb.RocksDBException: IO error: While lock file: /tmp/LOCK: held",
        "leveldb: Corruption: block checksum mismatch",
    ],
)
def test_what_another_program_says_of_its_own_files_is_not_kwdbs(text: str) -> None:
    assert not any(found.is_known for found in recognise(text))


# What looks like one entry and is another.
TOLD_APART = {
    "open /var/lib/kaiwudb/000123.sst: no such file or directory": "store_file_vanished",
    "IO error: No such file or directory: While open a file for random read: /d/000123.sst: "
    "No such file or directory": "store_file_vanished",
    "./kwbase: error while loading shared libraries: libkwdbts2.so: cannot open shared object "
    "file: No such file or directory": "library_missing",
    "open /var/lib/kaiwudb/extern/a/meta.sql: no such file or directory": "no_such_file",
    "systemd[1234]: kaiwudb.service: Failed at step EXEC spawning "
    "/usr/local/kaiwudb/bin/kwbase: Permission denied": "program_not_started",
    "open /var/lib/kaiwudb/extern/a/meta.sql: permission denied": "file_permission",
    "listen tcp 0.0.0.0:80: bind: permission denied": "bind_refused",
    'could not load private key file "/tmp/k": key values mismatch': "key_of_another_certificate",
    "batch timestamp 1.2,0 must be after replica GC threshold 3.4,0": "gc_threshold",
    "relation \"t\" does not exist STATEMENT: SELECT 1 FROM t AS OF SYSTEM TIME '-1s'": (
        "young_table_as_of"
    ),
    "tail: inotify cannot be used, reverting to polling: Too many open files": "watch_limit",
    "Failed to add /run/systemd/ask-password to directory watch: No space left on device": (
        "watch_limit"
    ),
    "write /d/extern/a/n1.0.csv: no space left on device": "node_disk_full",
    "write /dev/shm/extern/a/n1.0.csv: no space left on device": "node_disk_full",
    "write /data/epoll-memfd/extern/n1.0.csv: no space left on device": "node_disk_full",
    "accept tcp [::]:26257: accept4: too many open files": "too_many_open_files",
    "hard open file descriptor limit of 1024 is under the minimum required 1956": (
        "descriptor_limit"
    ),
    "ERROR: setting or updating a password is not supported in insecure mode (28P01)": (
        "password_in_insecure_mode"
    ),
    'ERROR: currval of sequence "s" is not yet defined in this session (SQLSTATE 55000)': (
        "sequence_not_used"
    ),
    'ERROR: cannot write directly to computed column "b" (SQLSTATE 55000)': (
        "computed_column_written"
    ),
    'ERROR: database "d" is not empty and RESTRICT was specified (SQLSTATE 2BP01)': (
        "database_not_empty"
    ),
    "ERROR: failed to satisfy CHECK constraint (a > 0) (SQLSTATE 23514)": "check_violation",
    "ERROR: division by zero (SQLSTATE 22012)": "division_by_zero",
    'ERROR: can not create relational table in timeseries database "p" (SQLSTATE 42809)': (
        "relational_table_in_series_database"
    ),
    "cannot split range at key /Table/79/1": "range_not_split",
    "IO error: While lock file: /d/LOCK: Resource temporarily unavailable": "store_locked",
    "F261122 08:30:00.000000 12 a.go:500  [n1] could not open store: Corruption: bad block": (
        "store_corrupt"
    ),
    "E261122 08:30:00.000000 12 rpc/nodedialer.go:1  [n1] Error while dialing dial tcp "
    "10.0.0.2:26257: connect: connection refused": "nodes_not_connected",
    'psql: error: connection to server at "db", port 26257 failed: Connection refused': (
        "server_unreachable"
    ),
    'at or near "checkpoint": syntax error': "syntax_error",
    "CHECKPOINT": "wal_words",
    "TSBEGIN": "wal_words",
    "x509: certificate has expired or is not yet valid": "certificate_expired",
    "x509: certificate is valid for node1, not 10.0.0.1": "host_name_not_in_certificate",
    "x509: certificate signed by unknown authority": "certificate_not_trusted",
    "tls: first record does not look like a TLS handshake": "tls_failed",
    "dial tcp: lookup kwdb1 on 127.0.0.11:53: no such host": "server_unreachable",
    "ERROR: server closed the connection.": "not_a_kwdb_node",
    "systemd[1]: kaiwudb.service: Failed at step CHDIR spawning /opt/kaiwudb/kwbase: No such file "
    "or directory": "program_not_started",
    'ERROR: schema "s2" is not empty and CASCADE was not specified': "database_not_empty",
}


@pytest.mark.parametrize(("text", "code"), TOLD_APART.items())
def test_an_entry_fires_only_for_its_own_subsystem(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_the_clients_words_are_one_message_with_its_cause() -> None:
    text = (
        "ERROR: SSL authentication error while connecting.\n\n"
        'x509: certificate signed by unknown authority\nFailed running "sql"\n'
        "ERROR: division by zero\nSQLSTATE: 22012\n"
    )
    found = recognise(text)
    assert [each.entry.code if each.entry else None for each in found] == [
        "certificate_not_trusted",
        "division_by_zero",
    ]
    assert [each.line for each in found] == [1, 5]


def test_a_symptom_is_known_from_a_persons_words_and_from_no_message() -> None:
    words = "the content checksum differs after the restore"
    (own,) = recognise(words)
    (logged,) = recognise(f"E261122 08:30:00.000000 12 a.go:1  [n1] {words}")
    assert own.is_known
    assert not logged.is_known
