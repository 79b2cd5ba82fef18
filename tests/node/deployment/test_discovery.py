"""How a node is deployed, from every kind of file that tells of it, friendly and hostile."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kwtui.node.deployment.claims import BARE, CONTAINER, NO_FILES, Deployment, FactName, Machine
from kwtui.node.deployment.discovery import find_deployment
from kwtui.node.place import find_place

DATA = Path(__file__).parent.parent.parent / "data"
INSIDE = "/kaiwudb/deploy/kaiwudb-container"
START = (
    "/usr/local/kaiwudb/bin/kwbase start-single-node $KAIWUDB_START_ARG "
    "--certs-dir=/etc/kaiwudb/certs --listen-addr=0.0.0.0:36257 --advertise-addr=10.0.0.1:36257 "
    "--http-addr=0.0.0.0:18080 --brpc-addr=0.0.0.0:37257 --store={store}"
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "proc", tmp_path / "etc", tmp_path / "lib")
    machine.proc.mkdir()
    for folder in ("systemd/system", "kaiwudb/script", "kaiwudb/info"):
        (machine.etc / folder).mkdir(parents=True)
    return machine


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "data root"
    (store / "logs").mkdir(parents=True)
    return store


@pytest.fixture
def service(machine: Machine) -> Callable[[str], None]:
    """Write the service with this text below [Service]."""

    def write(text: str, head: str = "[Unit]\nDescription=x\n[Service]\n") -> None:
        path = machine.etc / "systemd/system/kaiwudb.service"
        path.write_text(head + text, encoding="utf-8")

    return write


def said(found: Deployment, name: FactName) -> tuple[str, str]:
    claim = found.chosen(name)
    assert claim is not None, name
    return claim.value, claim.source


def run(machine: Machine, number: int, *words: str, folder: str = "/") -> Path:
    process = machine.proc / str(number)
    process.mkdir()
    (process / "cmdline").write_bytes("\0".join(words).encode() + b"\0")
    (process / "cwd").symlink_to(folder)
    return process


# -- services ---------------------------------------------------------------------------------


def test_the_installers_service_tells_everything(
    machine: Machine, service: Callable[[str], None]
) -> None:
    (machine.etc / "kaiwudb/script/kaiwudb_env").write_text(
        '# flags\nKAIWUDB_START_ARG="--external-io-dir=/backup --sql-audit-dir=/audit"\n'
    )
    service(
        "User=kaiwudb\nWorkingDirectory=/usr/local/kaiwudb/bin\n"
        "EnvironmentFile=/etc/kaiwudb/script/kaiwudb_env\n"
        f"ExecStart={START.format(store='/var/lib/kaiwudb')}\nExecStop=/bin/kill $MAINPID\n"
    )
    found = find_deployment(machine=machine)
    source = f"the service {machine.etc}/systemd/system/kaiwudb.service"
    for name, value in {
        FactName.STORE: "/var/lib/kaiwudb",
        FactName.EXTERN: "/backup",
        FactName.AUDIT: "/audit",
        FactName.CERTS: "/etc/kaiwudb/certs",
        FactName.SQL_PORT: "36257",
        FactName.HTTP_PORT: "18080",
        FactName.BRPC_PORT: "37257",
        FactName.USER: "kaiwudb",
        FactName.SECURITY: "tls",
        FactName.KIND: BARE,
    }.items():
        assert said(found, name) == (value, source), name
    assert found.contradictions == ()


@pytest.mark.parametrize(
    ("lines", "store"),
    [
        (
            "ExecStart=/k/kwbase start --insecure \\\n  --store=/a \\\n  # comment\n  --join=x\n",
            "/a",
        ),
        ('ExecStart=/k/kwbase start --store="/with space/é"\n', "/with space/é"),
        ("ExecStart=/k/kwbase start '--store=/q u'\n", "/q u"),
        ("ExecStart=/k/kwbase start --store path=/a,attrs=ssd,size=10GB\n", "/a"),
        ("ExecStart=/k/kwbase start --store=/first --store=/second\n", "/first"),
        ("ExecStart=-/k/kwbase start -s /short\n", "/short"),
        (
            'ExecStart=/bin/bash -c "exec /k/kwbase start --store=/shell > /dev/null 2>&1"\n',
            "/shell",
        ),
        ('ExecStart=/bin/sh -c "cd /x && ./kwbase start --store=/and; echo done"\n', "/and"),
        ('Environment="S=/env" "T=1"\nExecStart=/k/kwbase start --store=${S}/x\n', "/env/x"),
        ("WorkingDirectory=/w\nExecStart=/w/kwbase start --store=rel\n", "/w/rel"),
        (
            "ExecStart=/k/kwbase start --store=/old\nExecStart=\n"
            "ExecStart=/k/kwbase start --store=/new\n",
            "/new",
        ),
        ("ExecStart=/k/kwbase start --store=/hex\\x2d1\n", "/hex-1"),
        ("\r\nExecStart=/k/kwbase start --store=/crlf\r\n", "/crlf"),
        (
            "ExecStart=/usr/bin/docker run --rm --name db -p 5000:26257 -v /host/d:/in "
            "./kwbase start --store=/in\n",
            "/host/d",
        ),
    ],
)
def test_every_form_of_a_service(
    machine: Machine, service: Callable[[str], None], lines: str, store: str
) -> None:
    service(lines)
    assert said(find_deployment(machine=machine), FactName.STORE)[0] == store


def test_a_drop_in_counts_more_than_the_unit(
    machine: Machine, service: Callable[[str], None]
) -> None:
    service("User=a\nExecStart=/k/kwbase start --store=/old\n")
    folder = machine.etc / "systemd/system/kaiwudb.service.d"
    folder.mkdir()
    (folder / "10-store.conf").write_text(
        "[Service]\nUser=b\nExecStart=\nExecStart=/k/kwbase start --store=/dropped\n"
    )
    found = find_deployment(machine=machine)
    assert said(found, FactName.STORE)[0] == "/dropped"
    assert said(found, FactName.USER)[0] == "b"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"[Service]\nExecStart=/k/kwbase start --store='unclosed\n",
        b"[Service]\nExecStart=\\\n\\\n\\\n",
        b"[Service]\nExecStart=/bin/true\n",
        b"ExecStart=/k/kwbase start --store=/no/section\n",
        b"[Service]\n" + b"A=" + b"x" * 3_000_000 + b"\nExecStart=/k/kwbase start --store=/late\n",
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_a_service_that_makes_no_sense_claims_nothing(machine: Machine, raw: bytes) -> None:
    (machine.etc / "systemd/system/kaiwudb.service").write_bytes(raw)
    found = find_deployment(machine=machine)
    assert found.facts == ()
    assert found.looked


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "utf-16"])
def test_other_encodings_are_read_as_far_as_they_can_be(machine: Machine, encoding: str) -> None:
    path = machine.etc / "systemd/system/kaiwudb.service"
    path.write_bytes("[Service]\nExecStart=/k/kwbase start --store=/é\n".encode(encoding))
    value, _ = said(find_deployment(machine=machine), FactName.STORE)
    assert os.fsencode(value) == "/é".encode("latin-1" if encoding == "latin-1" else "utf-8")


def test_what_may_not_be_read_is_said(
    machine: Machine, service: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    service("ExecStart=/k/kwbase start --store=/a\n")
    real = os.open

    def closed(path: object, *args: int, **kwargs: int) -> int:
        if str(path).endswith("kaiwudb.service"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", closed)
    looked = dict(find_deployment(machine=machine).looked)
    assert looked[f"{machine.etc}/systemd/system/kaiwudb.service"].startswith("may not be read")


def test_a_pipe_in_place_of_the_service_does_not_block(machine: Machine) -> None:
    os.mkfifo(machine.etc / "systemd/system/kaiwudb.service")
    assert find_deployment(machine=machine).facts == ()


# -- containers -------------------------------------------------------------------------------

COMPOSE = f"""\
version: '3.3'
services:
  kaiwudb-container:
    image: "kwdb/kwdb:3.2.1"
    container_name: kaiwudb-container
    hostname: kaiwudb-container
    ports:
      - 8081:8080
      - "0.0.0.0:26300:26257"
      - 27257:27257
    ulimits:
      memlock: -1
    volumes:
      - /etc/kaiwudb/certs:/kaiwudb/certs
      - {{store}}:{INSIDE}
      - /dev:/dev
    networks:
      - default
    restart: always
    ipc: shareable
    privileged: true
    environment:
      - LD_LIBRARY_PATH=/kaiwudb/lib
    env_file: /etc/kaiwudb/script/kaiwudb_env
    working_dir: /kaiwudb/bin
    command:
      - /bin/bash
      - -c
      - |
        /kaiwudb/bin/kwbase  start-single-node $KAIWUDB_START_ARG --certs-dir=/kaiwudb/certs \
--listen-addr=0.0.0.0:26257 --http-addr=0.0.0.0:8080 --brpc-addr=0.0.0.0:27257 \
--store={INSIDE} {{more}}
"""


def compose(machine: Machine, text: str, service: Callable[[str], None]) -> Path:
    service(
        "WorkingDirectory=/etc/kaiwudb/script\n"
        "ExecStart=/usr/local/bin/docker-compose --compatibility up\n"
    )
    path = machine.etc / "kaiwudb/script/docker-compose.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_installers_compose_file_is_translated_to_the_host(
    machine: Machine, service: Callable[[str], None]
) -> None:
    more = f"--external-io-dir={INSIDE}/out --log-dir=/var/log/kw"
    compose(machine, COMPOSE.format(store="/data/kw", more=more), service)
    found = find_deployment(machine=machine)
    for name, value in {
        FactName.STORE: "/data/kw",
        FactName.EXTERN: "/data/kw/out",
        FactName.CERTS: "/etc/kaiwudb/certs",
        FactName.SQL_PORT: "26300",
        FactName.HTTP_PORT: "8081",
        FactName.KIND: CONTAINER,
        FactName.SECURITY: "tls",
    }.items():
        assert said(found, name)[0] == value, name
    store = found.chosen(FactName.STORE)
    assert store is not None
    assert store.inside == INSIDE
    logs = found.chosen(FactName.LOGS)
    assert logs is not None
    assert logs.value == ""
    assert logs.inside == "/var/log/kw"
    assert "inside the container" in logs.problem
    place = find_place(machine=machine)
    assert "inside the container" in place.logs.problem


@pytest.mark.parametrize(
    ("service_text", "store"),
    [
        ("volumes: ['/h:/in']\n    command: ./kwbase start --store=/in/x", "/h/x"),
        (
            "volumes:\n    - type: bind\n      source: /h\n      target: /in\n"
            "    command: kwbase start --store=/in",
            "/h",
        ),
        (
            "volumes:\n      - ./data:/in:rw\n    command: [kwbase, start, '--store', /in]",
            "{folder}/data",
        ),
        (
            "volumes:\n      - ${ROOT:-/fallback}:/in\n    command: kwbase start --store=/in",
            "/fallback",
        ),
        ("volumes:\n      - /h:/in\n    entrypoint: kwbase\n    command: start --store=/in", "/h"),
        ("volumes:\n      - /h:/in\n    command: >-\n      kwbase start\n      --store=/in", "/h"),
        ('volumes:\n      - /h:/in\n    command: "kwbase start --store=/in"  # here', "/h"),
    ],
)
def test_every_form_of_a_compose_file(
    machine: Machine, service: Callable[[str], None], service_text: str, store: str
) -> None:
    path = compose(machine, f"services:\n  db:\n    {service_text}\n", service)
    value, source = said(find_deployment(machine=machine), FactName.STORE)
    assert value == store.format(folder=path.parent)
    assert source == f"the compose file {path}"


def test_a_named_volume_is_not_called_a_folder(
    machine: Machine, service: Callable[[str], None]
) -> None:
    compose(
        machine,
        "services:\n  db:\n    volumes: [data:/in]\n    command: kwbase start --store=/in\n",
        service,
    )
    store = find_deployment(machine=machine).chosen(FactName.STORE)
    assert store is not None
    assert (store.value, store.inside) == ("", "/in")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services: &a\n  db: *a\n", "line 2: *a is a part of itself"),
        ("services:\n\tdb: 1\n", "line 2"),
        ("services:\n  db:\n    <<: *x\n", "line 3"),
        ("services:\n  db:\n    <<: [1]\n", "line 3 merges a value that is not a mapping"),
        ("services: !!python/object/apply:os.system ['id']\n", "!!python"),
        ("a: [" + "[" * 5000 + "\n", "line 1"),
        ("a:\n" + "".join(f"{' ' * i}- \n" for i in range(1, 60)), "nested too deeply"),
        ("a: 1\n" + "b: 1\nb: 2\n", "line 3 has the key 'b' twice"),
        ("just text\n", "services"),
        ("services:\n" + "  a: b\n" * 15_000, "20,000 values"),
        ("services: [" + "1," * 30_000 + "]\n", "20,000 values"),
        ("services: '" + "x" * 300_000, "256 KiB"),
        (
            "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)),
            "aliases included",
        ),
        ("services: {}\n---\nservices: {}\n", "another document"),
        ("services:\n  db:\n    extends: db\n    image: x\n", "extends itself"),
        ("services:\n  db:\n    extends: {service: other}\n", "extends other, which was not found"),
        ("services:\n  ? [a]\n  : b\n", "line 2 has a key that is no text"),
    ],
    ids=range(17),
)
def test_a_hostile_compose_file_is_refused_by_name(
    machine: Machine, service: Callable[[str], None], text: str, reason: str
) -> None:
    path = compose(machine, text, service)
    found = find_deployment(machine=machine)
    assert found.facts == ()
    assert reason in dict(found.looked)[str(path)]


def test_docker_run_lines_in_start_scripts(machine: Machine) -> None:
    (machine.etc / "kaiwudb/script/start.sh").write_text(
        "#!/bin/sh\ndocker rm -f kaiwudb\n"
        "docker run -d --privileged --name kaiwudb \\\n"
        "  --ulimit memlock=-1 -p 26258:26257 -p8081:8080 \\\n"
        "  --mount type=bind,source=/srv/certs,target=/kaiwudb/certs \\\n"
        f"  -v '/srv/kw db':{INSIDE} \\\n"
        "  -u kwuser -w /kaiwudb/bin kwdb/kwdb:3.2.1 \\\n"
        "  ./kwbase start-single-node --certs-dir=/kaiwudb/certs --listen-addr=0.0.0.0:26257 \\\n"
        f"  --http-addr=0.0.0.0:8080 --store={INSIDE}\n"
    )
    found = find_deployment(machine=machine)
    assert said(found, FactName.STORE)[0] == "/srv/kw db"
    assert said(found, FactName.CERTS)[0] == "/srv/certs"
    assert said(found, FactName.SQL_PORT)[0] == "26258"
    assert said(found, FactName.HTTP_PORT)[0] == "8081"
    assert said(found, FactName.USER)[0] == "kwuser"


def test_a_running_container_is_seen_through_its_mounts(machine: Machine, store: Path) -> None:
    """The kernel tells which folder of the host a container's mount is."""
    own = machine.proc / "self"
    (own / "ns").mkdir(parents=True)
    (own / "ns/mnt").symlink_to("mnt:[1]")
    (own / "mountinfo").write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 8:2 / /srv rw - ext4 /dev/sdb1 rw\n"
    )
    process = run(machine, 77, "/kaiwudb/bin/kwbase", "start", f"--store={INSIDE}")
    (process / "ns").mkdir()
    (process / "ns/mnt").symlink_to("mnt:[2]")
    (process / "mountinfo").write_text(
        "90 80 0:50 / / rw - overlay overlay rw\n"
        f"91 90 8:2 /kw\\040data {INSIDE} rw - ext4 /dev/sdb1 rw\n"
    )
    found = find_deployment(machine=machine)
    assert said(found, FactName.STORE) == ("/srv/kw data", "the running process 77")
    assert said(found, FactName.KIND)[0] == CONTAINER
    # What the server reports from inside is translated in the same way.
    reported = find_deployment(
        arguments=[["kwbase", "start", f"--store={INSIDE}"]], machine=machine
    )
    assert said(reported, FactName.STORE) == ("/srv/kw data", "the server's start arguments")


# -- the installer's note and the log ---------------------------------------------------------


def test_the_installers_note(machine: Machine) -> None:
    (machine.etc / "kaiwudb/info/MODE").write_text(
        "bare\nsingle\n/usr/local/kaiwudb\n/var/lib/kaiwudb\n26257\n8080\nkwdba\ntls\nNO\n10.0.0.1\n"
    )
    found = find_deployment(machine=machine)
    assert said(found, FactName.STORE)[0] == "/var/lib/kaiwudb"
    assert said(found, FactName.SQL_PORT)[0] == "26257"
    assert said(found, FactName.HTTP_PORT)[0] == "8080"
    assert said(found, FactName.USER)[0] == "kwdba"
    assert said(found, FactName.SECURITY)[0] == "tls"
    assert said(found, FactName.KIND)[0] == BARE


@pytest.mark.parametrize(
    "text", ["", "nonsense", "bare", "\x00\xff", "bare\n" * 3, "bare\n\n\nrel\nx"]
)
def test_a_note_that_is_cut_or_foreign_is_not_believed(machine: Machine, text: str) -> None:
    (machine.etc / "kaiwudb/info/MODE").write_text(text)
    found = find_deployment(machine=machine)
    assert found.chosen(FactName.STORE) is None
    assert found.chosen(FactName.SQL_PORT) is None


def test_the_start_banner_of_a_real_log_is_read(machine: Machine, store: Path) -> None:
    name = "kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log"
    (store / "logs" / name).write_bytes(
        gzip.decompress((DATA / "logs" / f"{name}.gz").read_bytes())
    )
    found = find_deployment(given={FactName.STORE: str(store)}, machine=machine)
    source = f"the log {name}"
    # The log is of a node with another store: what it says there is meant inside its container.
    assert said(found, FactName.EXTERN) == (str(store / "extern"), source)
    # So are its ports: which of this machine's lead there, the log does not say.
    for name, inside in {FactName.SQL_PORT: "36257", FactName.HTTP_PORT: "18080"}.items():
        port = found.chosen(name)
        assert port is not None
        assert (port.value, port.inside, port.source) == ("", inside, source)
        assert "docker port, or podman port, tells" in port.problem
    assert said(found, FactName.SECURITY) == ("insecure", source)
    place = find_place(store=store, machine=machine)
    assert place.extern.path == store / "extern"
    assert place.extern.pending


def test_a_log_without_a_head_says_nothing(machine: Machine, store: Path) -> None:
    (store / "logs/kwbase.h.u.2026-11-22T08_19_53Z.000001.log").write_bytes(b"\xff\x00" * 1000)
    found = find_deployment(given={FactName.STORE: str(store)}, machine=machine)
    assert [fact.name for fact in found.facts] == [FactName.STORE]


# -- several sources --------------------------------------------------------------------------


def test_contradictions_are_kept_and_told(
    machine: Machine, service: Callable[[str], None], store: Path
) -> None:
    service("ExecStart=/k/kwbase start --store=/was/here --external-io-dir=/old/extern\n")
    run(machine, 5, "kwbase", "start", f"--store={store}", "--listen-addr=:26257")
    (machine.etc / "kaiwudb/info/MODE").write_text(f"bare\nsingle\n/x\n{store}\n26999\n8080\n")
    found = find_deployment(machine=machine)
    assert said(found, FactName.STORE) == (str(store), "the running process 5")
    fact = found.fact(FactName.STORE)
    assert fact is not None
    assert [c.value for c in fact.contradicting] == ["/was/here"]
    assert {f.name for f in found.contradictions} == {FactName.STORE, FactName.SQL_PORT}
    # The service speaks of another store: its extern is not this node's.
    assert found.chosen(FactName.EXTERN) is None
    place = find_place(machine=machine)
    assert place.extern.path == store / "extern"
    assert any("/was/here" in note and "disagree" in note for note in place.notes)


def test_the_same_folder_by_another_name_is_no_contradiction(
    machine: Machine, service: Callable[[str], None], store: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(store)
    service(f"ExecStart=/k/kwbase start --store={link}/\n")
    run(machine, 5, "kwbase", "start", f"--store={store}")
    assert find_deployment(machine=machine).contradictions == ()


def test_what_is_given_overrides_and_shows_what_it_overrides(machine: Machine, store: Path) -> None:
    run(machine, 5, "kwbase", "start", f"--store={store}", "--external-io-dir=/x")
    given = {FactName.EXTERN: "/mine"}
    found = find_deployment(given=given, machine=machine)
    fact = found.fact(FactName.EXTERN)
    assert fact is not None
    assert (fact.chosen.value, fact.chosen.source) == ("/mine", "given")
    assert [c.value for c in fact.contradicting] == ["/x"]


def test_a_port_that_the_system_chooses_contradicts_nothing(machine: Machine, store: Path) -> None:
    words = ["kwbase", "start-single-node", f"--store={store}", "--listen-addr=127.0.0.1:0"]
    found = find_deployment(arguments=[words], machine=machine)
    assert found.fact(FactName.SQL_PORT) is None


def test_flags_beside_a_store_that_the_server_reports_are_used(
    machine: Machine, store: Path
) -> None:
    """The server told its store only; the process beside it tells of the rest."""
    run(machine, 5, "kwbase", "start", f"--store={store}", "--external-io-dir=/backup")
    place = find_place(store_paths=[str(store)], machine=machine)
    assert place.store.source == "the server's store path"
    assert place.extern.path == Path("/backup")


def test_a_second_node_on_the_machine_is_no_contradiction(machine: Machine, store: Path) -> None:
    run(machine, 5, "kwbase", "start", "--store=/other", "--listen-addr=:1")
    arguments = [["kwbase", "start", f"--store={store}", "--listen-addr=:2"]]
    found = find_deployment(arguments=arguments, machine=machine)
    assert found.contradictions == ()
    assert said(found, FactName.SQL_PORT)[0] == "2"


def test_relative_paths_need_a_folder(machine: Machine, tmp_path: Path) -> None:
    arguments = [["./kwbase", "start", "--store=kwbase-data"]]
    found = find_deployment(arguments=arguments, machine=machine)
    store = found.chosen(FactName.STORE)
    assert store is not None
    assert "relative" in store.problem
    run(machine, 5, "./kwbase", "start", "--store=kwbase-data", folder=str(tmp_path))
    found = find_deployment(arguments=arguments, machine=machine)
    assert said(found, FactName.STORE) == (f"{tmp_path}/kwbase-data", "the running process 5")


def test_switched_off_folders_say_so(machine: Machine, store: Path) -> None:
    run(
        machine,
        5,
        "kwbase",
        "start",
        f"--store={store}",
        "--external-io-dir=disabled",
        "--log-dir=",
    )
    found = find_deployment(machine=machine)
    assert said(found, FactName.EXTERN)[0] == NO_FILES
    place = find_place(machine=machine)
    assert "disabled" in place.extern.problem
    assert "no log files" in place.logs.problem


def test_a_cluster_reports_its_own_node(machine: Machine) -> None:
    """The start arguments of a real cluster (recording 15)."""
    lines = (DATA / "recordings/15-cluster.jsonl").read_text(encoding="utf-8").splitlines()
    (record,) = (r for r in map(json.loads, lines) if "kv_node_status" in (r.get("sql") or ""))
    for _, words in record["rows"]:
        found = find_deployment(arguments=[words], machine=machine)
        number = words[1:] and next(w[-1] for w in words if w.startswith("--store="))
        assert said(found, FactName.STORE)[0] == f"/node{number}"
        assert said(found, FactName.SQL_PORT)[0] == f"4600{number}"
        assert said(found, FactName.SECURITY)[0] == "insecure"
