"""From one command to the node that it starts, through shells, scripts, docker and Compose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kwtui.files.untrusted import NotReadable, is_there, read_text
from kwtui.node.deployment.compose import Service, read_services
from kwtui.node.deployment.compose_yaml import LARGEST, NotUnderstood
from kwtui.node.deployment.containers import DOCKER, PODMAN, Container
from kwtui.node.deployment.docker_run import DockerRun, docker_command, parse_exec, parse_run
from kwtui.node.deployment.kubernetes import is_manifest, read_pods
from kwtui.node.deployment.shell_script import Script
from kwtui.node.deployment.shell_words import (
    inner_command,
    is_elsewhere,
    is_program,
    only_speaks,
    start_of,
)
from kwtui.node.deployment.start_arguments import StartArguments
from kwtui.node.deployment.systemd_units import inside_etc
from kwtui.node.deployment.unknown import as_written, is_known, without_marks
from kwtui.node.deployment.variables import Scope, assignments

_MOST_NESTED = 4
_IMAGE = re.compile(r"kwdb|kaiwudb|kwbase", re.IGNORECASE)
_NAMES_START = re.compile(
    r"^(?!\s*#).*(?:kwbase\S*\s.*\bstart\b|start-single-(?:node|replica))", re.M
)
_USUAL = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


@dataclass
class Installed:
    """What files of this machine say of a node, and how looking at each of them went."""

    arguments: list[StartArguments] = field(default_factory=list)
    looked: list[tuple[str, str]] = field(default_factory=list)
    """Path and outcome in words."""


@dataclass(frozen=True)
class Context:
    """Where a command stands and in what it runs."""

    source: str
    """In words, for the connection page."""
    file: Path
    folder: Path | None
    """In which it runs: on the host, or in ``container``."""
    scope: Scope
    user: str = ""
    container: Container | None = None
    nested: int = 0


class Starts:
    """Collects the nodes that commands start."""

    def __init__(self, found: Installed, etc: Path) -> None:
        self.found = found
        self.etc = etc
        self._seen: set[Path] = set()
        self._containers: dict[str, Container] = {}
        self._remarks: list[str] = []

    # -- commands -----------------------------------------------------------------------------

    def command(self, words: Sequence[str], context: Context, *, alone: bool = False) -> bool:
        """Whether a node was found that the command starts.

        ``alone``: it is the whole of what runs, as in a service: a script that it names is read.
        """
        if context.nested > _MOST_NESTED:
            return False
        inner = inner_command(words)
        context = replace(context, user=inner.user or context.user)
        if inner.text:
            return self._text(inner.text, context)
        if inner.script:
            return self._script_of(inner.script, inner.words[1:], context)
        words = inner.words
        start = start_of(words)
        if start:
            return self._node(start, context)
        docker = docker_command(words)
        if docker is not None:
            return self._docker(*docker, context)
        if any("compose" in word for word in words[:2]):
            return self._compose_command(words, context)
        if is_elsewhere(words):
            if _NAMES_START.search(" ".join(map(as_written, words))):
                self._remarks.append(f"{words[0]} starts a node on another machine")
            return False
        if not words or only_speaks(words):
            return False
        if self._among(words, context):
            return True
        runs_script = alone or words[0].endswith(".sh")
        return runs_script and self._script_of(words[0], words[1:], context)

    def _among(self, words: Sequence[str], context: Context) -> bool:
        """A start behind a program that is not known, as words or as one text."""
        for at in range(1, len(words) - 1):
            if start := start_of(words[at:]):
                return self._node(start, context)
        texts = [word for word in words if "kwbase" in word and word.split()[1:]]
        return any([self._text(text, context) for text in texts])

    def _node(self, words: tuple[str, ...], context: Context) -> bool:
        container, folder = context.container, context.folder
        if container is not None:
            container = replace(container, folder=str(folder or container.folder))
            folder = None
        user = context.user or (container.user if container is not None else "")
        self.found.arguments.append(
            StartArguments(words, context.source, folder, container, user=user)
        )
        return True

    # -- scripts ------------------------------------------------------------------------------

    def script(self, file: Path, source: str) -> None:
        """A start script; how it went is noted."""
        if file in self._seen:
            return
        self._seen.add(file)
        text = self._read(file)
        if text is None:
            return
        self._remarks = []
        scope = Scope({"0": str(file)}, {"BASH_SOURCE": [str(file)]}, where=" in the script")
        context = Context(source, file, None, scope)
        if not self._text(text, context):
            self._note_script(file, text)

    def _note_script(self, file: Path, text: str) -> None:
        named = _NAMES_START.search(text)
        if not self._remarks and named:
            line = text.count("\n", 0, named.start()) + 1
            self._remarks.append(f"line {line} names kwbase, and what it starts is not clear")
        outcome = "read; it starts no node"
        if self._remarks:
            outcome = f"not understood: {'; '.join(dict.fromkeys(self._remarks))}"
        self.found.looked[-1] = (str(file), outcome)

    def _text(self, text: str, context: Context) -> bool:
        inner = replace(context, nested=context.nested + 1)
        script = Script(context.scope, context.folder, self._read_quietly, context.nested)
        found = False
        for each in script.commands(text):
            found |= self.command(each.words, replace(inner, folder=each.folder))
        return found

    def _script_of(self, path: str, arguments: Sequence[str], context: Context) -> bool:
        """A script by the path that a command has for it, in its container or on the host."""
        file = self._host_file(path, context)
        text = self._read_quietly(file) if file is not None else None
        if file is None or text is None or not (text.startswith("#!") or path.endswith(".sh")):
            if path.endswith(".sh"):
                self._remarks.append(f"it runs {as_written(path)}, which cannot be read from here")
            return False
        self._seen.add(file)
        scope = replace(context.scope, values=dict(context.scope.values))
        scope.values |= {str(n): value for n, value in enumerate((path, *arguments))}
        scope.arrays = {"BASH_SOURCE": [path], "@": list(arguments)}
        scope.empty = False
        scope.where = f" in {file}"
        return self._text(text, replace(context, scope=scope, nested=context.nested + 1))

    def _host_file(self, path: str, context: Context) -> Path | None:
        if not is_known(path):
            return None
        if not path.startswith("/"):
            if context.folder is None:
                return None
            path = str(context.folder / path)
        if context.container is None:
            return inside_etc(Path(path), self.etc)
        seen = context.container.path(path)
        return Path(seen.value) if seen.value else None

    # -- docker -------------------------------------------------------------------------------

    def _docker(self, program: str, what: str, words: tuple[str, ...], context: Context) -> bool:
        if what == "exec":
            name, folder, command = parse_exec(words)
            container = self._containers.get(name) or self._started(name)
            if container is None:
                why = f"What the container {as_written(name)} has is unknown."
                container = Container(name=name, not_known=why, ports_not_known=why)
            where = Path(folder or container.folder or "/") if folder or container.folder else None
            inner = replace(context, container=container, folder=where)
            return self.command(command, replace(inner, nested=context.nested + 1))
        run = parse_run(words, context.folder, program)
        if run is None:
            return False
        if run.container.name:
            self._containers[run.container.name] = run.container
        return self._in_container(
            run.command,
            run.image,
            has_entrypoint=run.has_entrypoint,
            context=replace(
                context, user="", container=run.container, scope=self._environment(run, context)
            ),
        )

    def _started(self, name: str) -> Container | None:
        found = (a.container for a in self.found.arguments if a.container is not None)
        return next((container for container in found if container.name == name), None)

    def _environment(self, run: DockerRun, context: Context) -> Scope:
        values: dict[str, str] = {}
        for name in run.environment_files:
            file = self._host_file(name, context)
            values |= assignments(self._read_quietly(file) or "") if file is not None else {}
        values |= dict(pair.split("=", 1) for pair in run.environment if "=" in pair)
        return Scope(values, where=" in the container's environment")

    def _in_container(
        self, command: Sequence[str], image: str, *, has_entrypoint: bool, context: Context
    ) -> bool:
        container = context.container
        assert container is not None  # noqa: S101 - of the caller
        folder = Path(container.folder) if container.folder.startswith("/") else None
        context = replace(context, folder=folder, nested=context.nested + 1)
        own = _IMAGE.search(image) is not None
        if command and not has_entrypoint and _is_subcommand(command[0], own=own):
            # The image's entrypoint is the program.
            return self._node(("kwbase", *command), context)
        if command and self.command(command, context, alone=True):
            return True
        if own:
            title = as_written(container.name) or "without a name"
            what = f"the container {title} ({as_written(image)})"
            if not command:
                self._remarks.append(f"{what} starts what its image names, which is unknown")
            elif not _is_other_use(command):
                self._remarks.append(f"what {what} starts is not understood")
        return False

    # -- Compose ------------------------------------------------------------------------------

    def compose(
        self,
        files: Sequence[Path],
        environment: dict[str, str] | None = None,
        env_file: Path | None = None,
        program: str = DOCKER,
    ) -> bool:
        """The nodes of compose files, the later ones laid over the first.

        ``program`` keeps their containers and volumes: docker or podman.
        """
        if not files or files[0] in self._seen:
            return bool(files) and files[0] in self._seen
        self._seen.update(files)
        self._remarks = []
        try:
            services = read_services(files, _compose_text, environment, env_file)
        except NotReadable as reason:
            self.found.looked.append((str(files[0]), str(reason)))
            return False
        except NotUnderstood as reason:
            self.found.looked.append((str(files[0]), f"not understood: {reason}"))
            return False
        self.found.looked += [(str(file), "read") for file in files]
        source = f"the compose file {', '.join(map(str, files))}"
        found = [
            self._service(
                replace(service, container=replace(service.container, program=program)),
                source,
                files[0],
            )
            for service in services
        ]
        if not any(found):
            self._found_none(files[-1], "read; no service in it starts kwbase")
        return any(found)

    def _service(self, service: Service, source: str, file: Path) -> bool:
        scope = Scope(dict(service.environment), where=" in the container's environment")
        context = Context(source, file, None, scope, container=service.container)
        return self._in_container(
            service.command, service.image, has_entrypoint=service.has_entrypoint, context=context
        )

    # -- Kubernetes ---------------------------------------------------------------------------

    def manifest(self, file: Path) -> None:
        """The nodes that a manifest of Kubernetes starts; other files are left alone."""
        try:
            text = without_marks(_compose_text(file))
            pods = read_pods(text) if is_manifest(text) and _IMAGE.search(text) else []
        except NotReadable:
            return
        except NotUnderstood as reason:
            self.found.looked.append((str(file), f"not understood: {reason}"))
            return
        if not pods:
            return
        self._remarks = []
        self.found.looked.append((str(file), "read"))
        found = [self._service(pod, f"{pod.name} in {file}", file) for pod in pods]
        if not any(found):
            self._found_none(file, "read; it starts no node")

    def _found_none(self, file: Path, otherwise: str) -> None:
        """Say why of the file that was read last, or ``otherwise`` where all was understood."""
        remarks = "; ".join(dict.fromkeys(self._remarks))
        self.found.looked[-1] = (str(file), f"not understood: {remarks}" if remarks else otherwise)

    def _compose_command(self, words: Sequence[str], context: Context) -> bool:
        if "up" not in words and "create" not in words and "start" not in words:
            return False
        named, rest = _options(words, "-f", "--file"), _options(words, "--env-file")
        folder = inside_etc(context.folder, self.etc) if context.folder is not None else None
        project = _options(words, "--project-directory")
        if project:
            folder = inside_etc(Path(project[-1]), self.etc)
        if folder is None and not all(name.startswith("/") for name in named or [""]):
            self._remarks.append("it runs Compose in a folder that is not known")
            return False
        where = folder or Path("/")
        files = [inside_etc(where / name, self.etc) for name in named] or compose_files(where)
        env_file = inside_etc(where / rest[-1], self.etc) if rest else None
        return self.compose(files, dict(context.scope.values), env_file, _keeper_of(words[0]))

    # -- files --------------------------------------------------------------------------------

    def _read(self, path: Path) -> str | None:
        """The file, or None with the reason noted; a missing one is noted, too."""
        try:
            text = read_text(path)
        except NotReadable as reason:
            self.found.looked.append((str(path), str(reason)))
            return None
        self.found.looked.append((str(path), "read"))
        return without_marks(text)

    def _read_quietly(self, path: Path) -> str | None:
        try:
            return without_marks(read_text(path))
        except NotReadable:
            return None


def _compose_text(path: Path) -> str:
    return read_text(path, LARGEST + 1)


def _is_subcommand(word: str, *, own: bool) -> bool:
    return word in ("start-single-node", "start-single-replica") or (own and word == "start")


def _is_other_use(command: Sequence[str]) -> bool:
    """Whether the program is run for something else: as a client, to make certificates."""
    words = inner_command(command).words
    return bool(words) and is_program(words[0]) and not any(not is_known(w) for w in words[:2])


def _keeper_of(word: str) -> str:
    """The program behind ``podman-compose``, ``podman compose``, ``nerdctl compose``."""
    name = word.rpartition("/")[2].partition("-")[0]
    return name if name in (PODMAN, "nerdctl") else DOCKER


def _options(words: Sequence[str], *flags: str) -> list[str]:
    found = []
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in flags and equals:
            found.append(value)
        elif word in flags and at + 1 < len(words):
            found.append(words[at + 1])
    return found


def compose_files(folder: Path) -> list[Path]:
    """The file that Compose takes in a folder, and the one that it lays over it by itself."""
    first = next((folder / n for n in _USUAL if is_there(folder / n)), folder / _USUAL[2])
    stem = "compose" if first.name.startswith("compose") else "docker-compose"
    over = (folder / f"{stem}.override.{end}" for end in ("yaml", "yml"))
    return [first, *[path for path in over if is_there(path)][:1]]
