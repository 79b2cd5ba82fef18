"""Other people's ways to start a node: what their files say, and what is said to be unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kwtui.node.deployment.claims import BARE, CONTAINER, Claim, Deployment, FactName, Machine
from kwtui.node.deployment.discovery import find_deployment

COMPOSE = "kaiwudb/script/docker-compose.yml"
UNIT = "systemd/system/kaiwudb.service"
SCRIPT = "kaiwudb/script/run.sh"
Look = Callable[..., Deployment]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "proc", tmp_path / "etc", tmp_path / "lib")
    for folder in (machine.proc, machine.etc / "systemd/system", machine.lib):
        folder.mkdir(parents=True)
    return machine


@pytest.fixture
def look(machine: Machine) -> Look:
    """Write files below /etc and look."""

    def write(files: Mapping[str, str], **more: object) -> Deployment:
        for name, text in files.items():
            path = machine.etc / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return find_deployment(machine=machine, **more)  # type: ignore[arg-type]

    return write


def said(found: Deployment, name: FactName) -> Claim:
    claim = found.chosen(name)
    assert claim is not None, (name, found)
    return claim


def outcome(found: Deployment, name: str) -> str:
    return next(words for path, words in reversed(found.looked) if path.endswith(name))


# -- volumes ----------------------------------------------------------------------------------


def test_a_named_volume_outlives_its_container_and_is_named(look: Look) -> None:
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb:3.2.1\n"
            "    volumes: [kwdata:/kaiwudb/deploy]\n"
            "    command: ['./kwbase', start-single-node, --store=/kaiwudb/deploy/a]\n"
            "volumes:\n  kwdata:\n"
        }
    )
    store = said(found, FactName.STORE)
    assert (store.value, store.inside) == ("", "/kaiwudb/deploy/a")
    assert "gone" not in store.problem
    # Compose puts its project's name, the folder's, before the volume's.
    assert "docker volume inspect script_kwdata shows where" in store.problem
    assert "with /a behind it" in store.problem


@pytest.mark.parametrize(
    ("mount", "volumes", "expected"),
    [
        ("kw:/d", "kw: {name: my_kw}", "docker volume inspect my_kw shows"),
        ("kw:/d", "kw: {external: true}", "docker volume inspect kw shows"),
        ("kw:/d", "kw: {external: {name: old}}", "docker volume inspect old shows"),
        ("kw:/d", "kw: {driver_opts: {type: none, o: bind, device: /srv/kw}}", "/srv/kw"),
        ("{type: volume, source: kw, target: /d}", "kw:", "docker volume inspect script_kw shows"),
        ("{type: bind, source: ./kw, target: /d}", "kw:", "{script}/kw"),
        ("{type: tmpfs, target: /d}", "kw:", "in memory"),
        ("/d", "kw:", "a volume without a name"),
        ("'${VOL}:/d'", "kw:", "VOL is not set"),
        ("'/srv/${VOL:-x}:/d'", "kw:", "/srv/x"),
        ("'/srv/${VOL:?which}:/d'", "kw:", "VOL must be set and is not in .env"),
        ("/other:/other", "kw:", "lost with the container"),
        ("/srv/d:/", "kw:", "/srv/d/d"),
    ],
)
def test_every_kind_of_mount_of_a_compose_file(
    look: Look, machine: Machine, mount: str, volumes: str, expected: str
) -> None:
    found = look(
        {
            COMPOSE: f"services:\n  db:\n    image: kwdb/kwdb\n    volumes: [{mount}]\n"
            f"    command: start-single-node --store=/d\nvolumes:\n  {volumes}\n"
        }
    )
    store = said(found, FactName.STORE)
    expected = expected.format(script=machine.etc / "kaiwudb/script")
    if expected.startswith("/"):
        assert store.value == expected
    else:
        assert store.value == ""
        assert expected in store.problem


# -- ports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ports", "sql", "http"),
    [
        ("'26300:26257', '127.0.0.1:8090:8080'", "26300", "8090"),
        ("'[::1]:26300:26257', '8090:8080/tcp'", "26300", "8090"),
        ("'26300-26302:26256-26258', '8080/udp'", "26301", "does not publish"),
        ("'26257', '8000-8005:8080'", "chooses any free port", "chooses one of 8000-8005"),
        ("{target: 26257, published: 26300}, {target: 8080}", "26300", "chooses any free port"),
        ("{target: 26257, published: '26300', host_ip: 127.0.0.1}", "26300", "does not publish"),
        ("'${SQL}:26257', '${HTTP:-8090}:8080'", "SQL is not set in .env", "8090"),
        ("'${SQL-26300}:26257', '${HTTP:+1}8090:8080'", "26300", "8090"),
        ("'56:26257', '0x1:8080'", "56", "does not publish"),
    ],
)
def test_ports_are_the_hosts_or_said_to_be_unknown(
    look: Look, ports: str, sql: str, http: str
) -> None:
    found = look(
        {
            COMPOSE: f"services:\n  db:\n    image: kwdb/kwdb\n    ports: [{ports}]\n"
            "    command: start-single-node --store=/d\n"
        }
    )
    for name, inside, expected in (
        (FactName.SQL_PORT, "26257", sql),
        (FactName.HTTP_PORT, "8080", http),
    ):
        port = said(found, name)
        assert port.inside == inside
        assert port.value == (expected if expected.isdigit() else "")
        assert expected.isdigit() or expected in port.problem


def test_a_container_on_the_hosts_network_has_the_hosts_ports(look: Look) -> None:
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    network_mode: host\n"
            "    command: start-single-node --store=/d --port=26300\n"
        }
    )
    assert said(found, FactName.SQL_PORT).value == "26300"
    assert said(found, FactName.HTTP_PORT).value == "8080"


@pytest.mark.parametrize(
    ("flags", "sql", "http"),
    [
        ("--host=0.0.0.0 --port=26300 --http-port=8090", "26300", "8090"),
        ("--port 26300 --http-port 8090 --http-host=x", "26300", "8090"),
        ("--listen-addr=10.0.0.1:26258 --sql-addr=:26300", "26300", "8080"),
        ("--sql-addr=:26300 --listen-addr=10.0.0.1:26258", "26300", "8080"),
        ("--listen-addr=10.0.0.1:26300 --sql-addr=10.0.0.2", "26300", "8080"),
        ("--listen-addr=10.0.0.1 --port=26300", "26300", "8080"),
        ("--listen-addr=[::1]:26300 --http-addr=[::1]", "26300", "8080"),
        ("--listen-addr=:1 --listen-addr=:26300", "26300", "8080"),
        ("--advertise-addr=x:1 --join=y:2 --background", "26257", "8080"),
    ],
)
def test_ports_as_the_node_itself_reads_them(
    look: Look, machine: Machine, flags: str, sql: str, http: str
) -> None:
    process = machine.proc / "7"
    process.mkdir()
    words = ["/k/kwbase", "start", "--insecure", *flags.split(" "), "--store=/d"]
    (process / "cmdline").write_bytes("\0".join(words).encode() + b"\0")
    (process / "cwd").symlink_to("/")
    found = look({})
    assert said(found, FactName.SQL_PORT).value == sql
    assert said(found, FactName.HTTP_PORT).value == http


# -- the store --------------------------------------------------------------------------------


def test_without_a_store_the_working_folder_tells(look: Look, machine: Machine) -> None:
    process = machine.proc / "7"
    process.mkdir()
    (process / "cmdline").write_bytes(b"./kwbase\0start-single-node\0--insecure\0")
    (process / "cwd").symlink_to("/opt/kw")
    assert said(look({}), FactName.STORE).value == "/opt/kw/kwbase-data"


@pytest.mark.parametrize(
    ("unit", "value", "problem"),
    [
        ("WorkingDirectory=/w\nExecStart=/k/kwbase start\n", "/w/kwbase-data", ""),
        ("WorkingDirectory=%h\nExecStart=/k/kwbase start\n", "", "No --store is given"),
        ("ExecStart=/k/kwbase start --store=type=mem,size=1GiB\n", "", "in memory"),
        ("ExecStart=/k/kwbase start --store=path=/a,size=9%\n", "/a", ""),
        ("ExecStart=/k/kwbase start -s/short\n", "/short", ""),
        ("ExecStart=/k/kwbase --logtostderr start --store=/a\n", "/a", ""),
        ("ExecStart=/k/kwbase --certs-dir /c start --store=/a\n", "/a", ""),
        ("Environment=D=/srv\nExecStart=/k/kwbase start --store=${D}/x\n", "/srv/x", ""),
        ("Environment=D=/srv\nExecStart=/k/kwbase start --store=$D/x\n", "", "systemd does not"),
        (
            "Environment=D=/srv\nExecStart=/bin/sh -c '/k/kwbase start --store=${E:-$D}/x'\n",
            "/srv/x",
            "",
        ),
        (
            "EnvironmentFile=/etc/none\nExecStart=/k/kwbase start --store=${D}\n",
            "",
            "/none is not there",
        ),
        ("EnvironmentFile=-/etc/none\nExecStart=/k/kwbase start $A --store=/d\n", "/d", ""),
        ("ExecStart=/k/kwbase start --store=%S/kw\n", "/var/lib/kw", ""),
        ("ExecStart=/k/kwbase start --store=/data/%i\n", "", "%i is filled in by systemd"),
    ],
)
def test_services_with_variables(look: Look, unit: str, value: str, problem: str) -> None:
    store = said(look({UNIT: f"[Service]\n{unit}"}), FactName.STORE)
    assert store.value == value
    assert problem in store.problem


def test_a_service_that_runs_a_script_is_followed_into_it(look: Look, machine: Machine) -> None:
    found = look(
        {
            UNIT: "[Service]\nUser=kw\nExecStart=/etc/kaiwudb/script/up.sh 26302 /srv/z\n",
            "kaiwudb/script/up.sh": "#!/bin/bash\nPORT=$1\nSTORE=${2:-/none}\n"
            'exec /k/kwbase start --listen-addr=:$PORT --store="$STORE" "${@:3}"\n',
        }
    )
    assert said(found, FactName.STORE).value == "/srv/z"
    assert said(found, FactName.STORE).source.startswith("the service ")
    assert said(found, FactName.SQL_PORT).value == "26302"
    assert said(found, FactName.USER).value == "kw"


def test_a_service_of_another_name_is_found_by_what_it_starts(look: Look) -> None:
    found = look(
        {
            "systemd/system/my-database.service": "[Service]\nExecStart=/opt/kwbase start -s /my\n",
            "systemd/system/unrelated.service": "[Service]\nExecStart=/bin/true\n",
        }
    )
    assert said(found, FactName.STORE).value == "/my"
    assert not any("unrelated" in path for path, _ in found.looked)


# -- compose files ----------------------------------------------------------------------------


def test_anchors_merge_keys_and_extension_fields(look: Look) -> None:
    found = look(
        {
            COMPOSE: "x-base: &base\n  image: kwdb/kwdb\n  ports: ['26300:26257']\n"
            "x-data: &data\n  image: none\n  volumes:\n    - &mount /srv/kw:/data\n"
            "services:\n  db:\n    <<: [*base, *data]\n    user: kwdba\n"
            "    command: [./kwbase, start-single-node, --store=/data]\n"
        }
    )
    assert said(found, FactName.STORE).value == "/srv/kw"
    assert said(found, FactName.SQL_PORT).value == "26300"
    assert said(found, FactName.USER).value == "kwdba"


@pytest.mark.parametrize(
    "extends", ["base", "{service: base}", "{service: base, file: ../b/b.yml}"]
)
def test_extended_services(look: Look, machine: Machine, extends: str) -> None:
    base = (
        "  base:\n    image: kwdb/kwdb\n    volumes: ['./d:/data', '/l:/logs']\n"
        "    command: start --store=/data --log-dir=/logs\n"
    )
    own = "" if "file" in extends else base
    found = look(
        {
            COMPOSE: f"services:\n{own}  db:\n    extends: {extends}\n"
            "    volumes: ['/here:/logs']\n    ports: ['26300:26257']\n",
            "kaiwudb/b/b.yml": f"services:\n{base}",
        }
    )
    where = "b" if "file" in extends else "script"
    assert said(found, FactName.STORE).value == f"{machine.etc}/kaiwudb/{where}/d"
    fact = found.fact(FactName.LOGS)
    assert fact is not None
    assert "/here" in [claim.value for claim in fact.claims]
    assert said(found, FactName.SQL_PORT).value == "26300"


def test_the_override_file_is_laid_over_as_compose_does(look: Look) -> None:
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    volumes: ['/a:/d']\n"
            "    ports: ['1:26257']\n    command: start --store=/d\n",
            "kaiwudb/script/docker-compose.override.yml": "services:\n  db:\n"
            "    volumes: ['/b:/d']\n    ports: !override ['26300:26257']\n",
        }
    )
    assert said(found, FactName.STORE).value == "/b"
    assert said(found, FactName.SQL_PORT).value == "26300"


def test_the_file_of_variables_beside_a_compose_file(look: Look) -> None:
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    volumes: ['${DATA:?}/x:/d']\n"
            "    ports: ['${SQL_PORT}:26257', '${HTTP:+8090}:8080']\n"
            "    command: start --store=/d ${EXTRA:+--log-dir=/d/l} ${NONE-}\n",
            "kaiwudb/script/.env": "# here\nexport DATA='/srv/$x' # quoted\nROOT=${DATA}/y\n"
            'SQL_PORT=26300 # the port\nHTTP=1\nEXTRA="a b"\n',
        }
    )
    assert said(found, FactName.STORE).value == "/srv/$x/x"
    assert said(found, FactName.LOGS).value == "/srv/$x/x/l"
    assert said(found, FactName.SQL_PORT).value == "26300"
    assert said(found, FactName.HTTP_PORT).value == "8090"


def test_a_shell_in_the_container_has_the_containers_variables(look: Look) -> None:
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    env_file: kw_env\n"
            "    environment: [PORT=26288]\n    volumes: ['/srv/kw:/data']\n"
            "    ports: ['26300:26288']\n    entrypoint: [/bin/bash, -c]\n"
            "    command:\n      - |\n        cd /data\n        exec kwbase start $$FLAGS "
            '--port=$$PORT --store="$${STORE:-x}"\n',
            "kaiwudb/script/kw_env": "STORE=a b\n",
        }
    )
    assert said(found, FactName.STORE).value == "/srv/kw/a b"
    assert said(found, FactName.SQL_PORT).value == "26300"
    assert said(found, FactName.KIND).value == CONTAINER


def test_an_entrypoint_script_that_is_mounted_is_read(look: Look) -> None:
    """And it is not taken for a script that starts another node on the machine itself."""
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    environment: {STORE: /data}\n"
            "    volumes: ['/srv/kw:/data', './start.sh:/start.sh:ro']\n"
            "    entrypoint: /start.sh\n    command: [--insecure]\n",
            "kaiwudb/script/start.sh": "#!/bin/sh\nset -e\n"
            'exec /kaiwudb/bin/kwbase start-single-node --store=$STORE "$@"\n',
        }
    )
    fact = found.fact(FactName.STORE)
    assert fact is not None
    assert [claim.value for claim in fact.claims] == ["/srv/kw"]
    assert said(found, FactName.SECURITY).value == "insecure"


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("image: kwdb/kwdb", "starts what its image names, which is unknown"),
        ("image: kwdb/kwdb\n    command: /run-it", "is not understood"),
        ("image: kwdb/kwdb\n    command: ${COMMAND}", "is not understood"),
        ("image: kwdb/kwdb\n    command: ./kwbase sql --insecure", "no service in it starts"),
        ("image: nginx\n    command: start", "no service in it starts"),
    ],
)
def test_what_a_container_starts_is_not_guessed(look: Look, service: str, words: str) -> None:
    found = look({COMPOSE: f"services:\n  db:\n    {service}\n"})
    assert found.facts == ()
    assert words in outcome(found, "docker-compose.yml")


# -- scripts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "store", "problem"),
    [
        ("docker run -v /h:/d --entrypoint /k/bin/kwbase kwdb/kwdb start --store=/d", "/h", ""),
        ("docker run -v /h:/d kwdb/kwdb:1 start-single-node --store=path=/d", "/h", ""),
        ("docker run -v /h:/d localhost:5000/x start-single-node --store=/d", "/h", ""),
        ("docker run -itdv /h:/d --rm kwdb/kwdb ./kwbase start --store=/d", "/h", ""),
        ("docker --context x container run --volume=/h:/d i kwbase start --store=/d", "/h", ""),
        ("podman create --mount type=bind,src=/h,dst=/d i kwbase start --store=/d", "/h", ""),
        ("docker run -v kw:/d i kwbase start --store=/d", "", "docker volume inspect kw shows"),
        ("podman run -v kw:/d i kwbase start --store=/d", "", "podman volume inspect kw shows"),
        ("/usr/bin/nerdctl run -v /d i kwbase start --store=/d", "", "nerdctl inspect shows"),
        ("docker run -v /d i kwbase start --store=/d", "", "a volume without a name"),
        ("docker run --tmpfs /d i kwbase start --store=/d", "", "in memory"),
        ("docker run i kwbase start --store=/d", "", "lost with the container"),
        ("docker run $OPTIONS x/i kwbase start --store=/d", "", "OPTIONS is not set"),
        ("docker run --volumes-from x i kwbase start --store=/d", "", "the container x"),
        ("docker run -v $(pwd)/d:/d i kwbase start --store=/d", "", "$(pwd) is worked out"),
        ("cd /h\ndocker run -v $(pwd)/d:/d i kwbase start --store=/d", "/h/d", ""),
        ("cd /h && docker run -v ./d:/d i kwbase start --store=/d", "/h/d", ""),
        ("docker run -w /d -v /h:/d i kwbase start", "/h/kwbase-data", ""),
        ("docker run -e S=/d/e -v /h:/d i sh -c 'kwbase start --store=$S'", "/h/e", ""),
        (
            "docker run -d --name a -v /h:/d i sleep 9\ndocker exec a kwbase start --store=/d",
            "/h",
            "",
        ),
        ("docker exec -d b ./kwbase start --store=/d", "", "container b has"),
        ("A=/h\nB=${A}/x\nkwbase start --store=$B", "/h/x", ""),
        ("A=${A:-/h}\nkwbase start --store=${A}", "/h", ""),
        (': "${A:=/h}"\nkwbase start --store="$A"', "/h", ""),
        ('[ -z "$A" ] && A=/h\nkwbase start --store=$A', "/h", ""),
        ('if [ -z "$A" ]; then\n  A=/h\nfi\nkwbase start --store=$A', "/h", ""),
        ("A=/h\nif true; then A=/i; fi\nkwbase start --store=$A", "", "in a branch"),
        ("for A in /h /i; do kwbase start --store=$A; done", "", "changes in a loop"),
        ("kwbase start --store=$1", "", "$1 is what the script is called with"),
        ("kwbase start --store=${1:-/h}", "/h", ""),
        ("kwbase start --store=${1:?no}", "", "1 must be set"),
        ("kwbase start --store=/srv/$(hostname)", "", "$(hostname) is worked out"),
        ("kwbase start --store=~/kw", "", "begins with ~"),
        ("docker run -v ~/no/such:/d i kwbase start --store=/d", "", "~ is the home folder"),
        ('ARGS=(--insecure --store=/h)\nkwbase start "${ARGS[@]}"', "/h", ""),
        ("cd /opt/kw\n./kwbase start-single-node --background", "/opt/kw/kwbase-data", ""),
        ("LD_LIBRARY_PATH=../lib nohup kwbase start --store='/h' >x 2>&1 &", "/h", ""),
        ("su - kwdba -c 'kwbase start --store=/h'", "/h", ""),
        ('bash -lc "kwbase start --store=/h"', "/h", ""),
        ('S="/h"\n"$KWBASE" start-single-node \\\n  --store="$S/a b"', "/h/a b", ""),
        ("docker compose -f /etc/kaiwudb/c.yml up -d", "/cc", ""),
        ('H=$(cd "$(dirname "$0")" && pwd)\n. "$H/set.env"\nkwbase start --store=$ST', "/e", ""),
        ("source ./set.env\nkwbase start --store=$ST", "", "it takes in ./set.env"),
    ],
)
def test_scripts_with_variables(look: Look, script: str, store: str, problem: str) -> None:
    found = look(
        {
            SCRIPT: f"#!/bin/bash\nset -euo pipefail\n{script}\n",
            "kaiwudb/script/set.env": "ST=/e\n",
            "kaiwudb/c.yml": "services: {db: {image: kwdb/kwdb, volumes: ['/cc:/d'], "
            "command: start --store=/d}}",
        }
    )
    claim = said(found, FactName.STORE)
    assert claim.value == store
    assert problem in claim.problem
    assert outcome(found, "run.sh") == "read"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("ssh db2 /opt/kwbase start --store=/h", "starts a node on another machine"),
        ("cat > x <<E\nkwbase start --store=/h\nE", "line 3 names kwbase"),
        ("echo kwbase start --store=/h", "line 2 names kwbase"),
        ("docker run -d kwdb/kwdb", "which is unknown"),
        ("docker run -d --entrypoint /go.sh kwdb/kwdb", "it runs /go.sh, which cannot be read"),
        ("# kwbase start --store=/h\nkwbase sql --insecure", "read; it starts no node"),
        ("docker run --rm -it kwdb/kwdb ./kwbase sql --insecure", "read; it starts no node"),
        ("systemctl start kaiwudb", "read; it starts no node"),
    ],
)
def test_what_a_script_starts_is_not_guessed(look: Look, script: str, words: str) -> None:
    found = look({SCRIPT: f"#!/bin/bash\n{script}\n"})
    assert found.chosen(FactName.STORE) is None
    assert words in outcome(found, "run.sh")


def test_both_branches_of_a_script_are_kept(look: Look) -> None:
    found = look(
        {SCRIPT: "if [ $1 = a ]; then\nkwbase start -s /a\nelse\nkwbase start -s /b\nfi\n"}
    )
    fact = found.fact(FactName.STORE)
    assert fact is not None
    assert [claim.value for claim in fact.claims] == ["/a", "/b"]
    assert fact.contradicting
    assert said(found, FactName.KIND).value == BARE


# -- what the server reports ------------------------------------------------------------------


def test_the_path_of_a_container_is_not_passed_off_as_the_hosts(look: Look) -> None:
    """A server in a container reports its own paths; the volume that has them is named."""
    found = look(
        {
            COMPOSE: "services:\n  db:\n    image: kwdb/kwdb\n    volumes: ['kw:/in']\n"
            "    ports: ['26300:26257']\n    command: start --store=/in\n"
        },
        arguments=[["./kwbase", "start", "--store=/in"]],
    )
    fact = found.fact(FactName.STORE)
    assert fact is not None
    assert [claim.value for claim in fact.claims] == ["", ""]
    assert said(found, FactName.SQL_PORT).value == "26300"
    assert found.contradictions == ()


# -- podman's units, Kubernetes -------------------------------------------------------------------

QUADLET = "containers/systemd/kwdb.container"
CONTAINER_UNIT = """[Unit]
Description=KWDB
[Container]
Image=docker.io/kwdb/kwdb:3.2.1
# what it keeps
Volume={volume}
PublishPort=127.0.0.1:36257:26257
PublishPort=8081:8080
Environment="A=1" B=2
Exec=./kwbase start-single-node --insecure \\
  --listen-addr=0.0.0.0:26257 --http-addr=0.0.0.0:8080 --store=/data/kw
[Install]
WantedBy=multi-user.target
"""


@pytest.mark.parametrize(
    ("volume", "beside", "value", "problem"),
    [
        ("/srv/kw:/data:Z", "", "/srv/kw/kw", ""),
        ("kwdata:/data", "", "", "podman volume inspect kwdata"),
        ("kw.volume:/data", "[Volume]\n", "", "podman volume inspect systemd-kw "),
        ("kw.volume:/data", "[Volume]\nVolumeName=mine\n", "", "podman volume inspect mine "),
        ("kw.volume:/data", "[Volume]\nDevice=/srv/d\nOptions=bind\n", "/srv/d/kw", ""),
        ("kw.volume:/data", "", "", "kw.volume is not there"),
        ("%h/kw:/data", "", "", "%h is filled in by systemd"),
    ],
)
def test_a_quadlet_file_is_a_podman_run(
    look: Look, volume: str, beside: str, value: str, problem: str
) -> None:
    files = {QUADLET: CONTAINER_UNIT.format(volume=volume)}
    if beside:
        files["containers/systemd/kw.volume"] = beside

    found = look(files)

    store = said(found, FactName.STORE)
    assert store.value == value
    assert problem in store.problem
    assert said(found, FactName.SQL_PORT).value == "36257"
    assert said(found, FactName.HTTP_PORT).value == "8081"


def test_a_quadlet_file_that_starts_what_its_image_names_is_not_guessed(look: Look) -> None:
    found = look({QUADLET: "[Container]\nImage=kwdb/kwdb:3.2.1\nVolume=/srv/kw:/data\n"})

    assert found.chosen(FactName.STORE) is None
    assert "not understood" in outcome(found, "kwdb.container")


STATEFUL_SET = """apiVersion: v1
kind: Service
metadata: {name: kwdb}
spec: {ports: [{port: 26257}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: kwdb
spec:
  template:
    spec:
      MORE
      containers:
        - name: kwdb
          image: kwdb/kwdb:3.2.1
          env:
            - name: HOST
              valueFrom: {fieldRef: {fieldPath: status.podIP}}
            - {name: STORE, value: /data/kw}
          command: [/kaiwudb/bin/kwbase]
          args: [start, --insecure, --advertise-addr=$(HOST), --listen-addr=0.0.0.0:26257,
                 --store=$(STORE)]
          ports:
            - {containerPort: 26257, name: sql}
          volumeMounts:
            - {name: data, mountPath: /data}
  volumeClaimTemplates:
    - metadata: {name: data}
"""


def test_a_stateful_set_keeps_its_data_where_its_claim_says(look: Look) -> None:
    found = look({"kaiwudb/script/kwdb.yaml": STATEFUL_SET.replace("MORE", "volumes: []")})

    store, port = said(found, FactName.STORE), said(found, FactName.SQL_PORT)
    assert (store.value, store.inside) == ("", "/data/kw")
    assert "kubectl describe pvc" in store.problem
    assert port.value == ""
    assert "no port of this machine" in port.problem


@pytest.mark.parametrize(
    ("more", "store", "problem", "port"),
    [
        ("hostNetwork: true", "", "kubectl describe pvc", "26257"),
        ("volumes: [{name: data, hostPath: {path: /srv/k8s}}]", "/srv/k8s/kw", "", ""),
        ("volumes: [{name: data, emptyDir: {}}]", "", "is lost with the pod", ""),
        ("volumes: [{name: data, emptyDir: {medium: Memory}}]", "", "kept in memory", ""),
        ("volumes: [{name: data, persistentVolumeClaim: {claimName: big}}]", "", "(big)", ""),
        ("volumes: [{name: data, nfs: {server: a, path: /x}}]", "", "not understood", ""),
    ],
)
def test_of_a_pod_this_machine_sees_what_is_the_hosts(
    look: Look, more: str, store: str, problem: str, port: str
) -> None:
    text = STATEFUL_SET.replace("MORE", more)
    if "nfs" in more:
        text = text.partition("  volumeClaimTemplates")[0]

    found = look({"kubernetes/manifests/kwdb.yaml": text})

    assert said(found, FactName.STORE).value == store
    assert problem in said(found, FactName.STORE).problem
    assert said(found, FactName.SQL_PORT).value == port


def test_other_manifests_and_broken_ones(look: Look) -> None:
    found = look(
        {
            "kubernetes/manifests/other.yaml": re.sub("kaiwudb|kwdb|kwbase", "x", STATEFUL_SET),
            "kubernetes/manifests/bad.yaml": STATEFUL_SET + "  - ]: [",
        }
    )

    assert found.chosen(FactName.STORE) is None
    assert "not understood: line" in outcome(found, "bad.yaml")
    assert not [path for path, _ in found.looked if path.endswith("other.yaml")]
