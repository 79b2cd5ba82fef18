"""A real sshd on loopback, with keys and a configuration of its own; none of the account's."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@dataclass
class SshServer:
    """It runs; ``config`` is what ssh reads to get in."""

    port: int
    config: Path
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, path: Path) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    def configure(self, **options: str) -> None:
        """What the client uses, with these options instead of its own."""
        ours = {
            "IdentityFile": str(self.folder / "client"),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
        }
        lines = [f"{name} {value}\n" for name, value in (ours | options).items()]
        self.config.write_text("".join(lines))

    def as_program(self, folder: Path) -> Path:
        """An ``ssh`` that knows the server as 127.0.0.1, for the PATH: the folder that it is in."""
        self.configure()
        with self.config.open("a") as config:
            config.write(f"Host 127.0.0.1\nPort {self.port}\nUser {getpass.getuser()}\n")
        folder.mkdir()
        ssh = folder / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.config} "$@"\n')
        ssh.chmod(0o755)
        return folder


def make_key(file: Path) -> str:
    """A new key pair; the public key."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return Path(f"{file}.pub").read_text()


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Skips the test where the server of OpenSSH is not installed."""
    if not Path(SSHD).exists() or shutil.which("ssh") is None:
        pytest.skip("openssh-server is not installed")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host_key = make_key(folder / "host")
    (folder / "authorized_keys").write_text(make_key(folder / "client"))
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    command = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    server = SshServer(port, folder / "ssh_config", folder, process)
    server.configure()
    try:
        _wait_until_it_listens(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait()


def _wait_until_it_listens(server: SshServer) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1):
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.skip(f"sshd does not start: {(server.folder / 'sshd.log').read_text()}")
