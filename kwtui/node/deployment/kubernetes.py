"""Manifests of Kubernetes that start a node: pods, stateful sets, deployments, daemon sets.

What of it this machine sees is little: folders of the host (``hostPath``), and ports of the host
(``hostPort``, ``hostNetwork``). A claimed volume may lie anywhere; a service is no port of this
machine. All that is said to be so. Source: the reference of the Kubernetes API (apps/v1, core/v1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kwtui.node.deployment.compose import Service
from kwtui.node.deployment.compose_yaml import Mapped, Value, list_of, parse
from kwtui.node.deployment.containers import Container, Mount, MountKind, Port
from kwtui.node.deployment.unknown import unknown

KUBECTL = "kubectl"
_KINDS = ("Pod", "StatefulSet", "Deployment", "DaemonSet", "ReplicaSet")
_DOCUMENT = re.compile(r"^---.*$", re.M)
_VARIABLE = re.compile(r"\$\((\w+)\)")
_LIST = ("List", "PodList", "StatefulSetList", "DeploymentList")
_NO_PORT = (
    "The manifest gives it no port of this machine: a service or kubectl port-forward leads to it."
)


def is_manifest(text: str) -> bool:
    """Whether it looks like one, and not like a file of Compose."""
    return re.search(r"^kind:", text, re.M) is not None and "apiVersion:" in text


def read_pods(text: str) -> list[Service]:
    """The containers of all documents, named by what makes them (``StatefulSet kwdb``).

    Raises NotUnderstood (`compose_yaml`).
    """
    found: list[Service] = []
    for document in _DOCUMENT.split(text):
        for each in _documents(parse(document)):
            found += _of_document(each)
    return found


def _documents(value: Value) -> Iterator[Mapped]:
    document = _map(value)
    if document.get("kind") in _LIST:
        yield from map(_map, list_of(document.get("items")))
    else:
        yield document


def _of_document(document: Mapped) -> Iterator[Service]:
    kind = _text(document.get("kind"))
    if kind not in _KINDS:
        return
    spec = _map(document.get("spec"))
    claims = {
        _text(_map(_map(each).get("metadata")).get("name"))
        for each in list_of(spec.get("volumeClaimTemplates"))
    }
    pod = spec if kind == "Pod" else _map(_map(spec.get("template")).get("spec"))
    name = _text(_map(document.get("metadata")).get("name"))
    for each in list_of(pod.get("containers")):
        yield _pod(f"{kind} {name}".strip(), pod, _map(each), claims)


def _pod(title: str, pod: Mapped, fields: Mapped, claims: set[str]) -> Service:
    environment = _environment(fields)
    entry = [_filled(word, environment) for word in _texts(fields.get("command"))]
    words = [_filled(word, environment) for word in _texts(fields.get("args"))]
    hosts = _text(pod.get("hostNetwork")) == "true"
    volumes = {_text(_map(v).get("name")): _map(v) for v in list_of(pod.get("volumes"))}
    security = {**_map(pod.get("securityContext")), **_map(fields.get("securityContext"))}
    return Service(
        name=title,
        image=_text(fields.get("image")),
        command=(*entry, *words),
        has_entrypoint=bool(entry),
        environment=environment,
        container=Container(
            mounts=tuple(
                _mount(_map(each), volumes, claims) for each in list_of(fields.get("volumeMounts"))
            ),
            ports=tuple(_ports(fields)),
            name=_text(fields.get("name")),
            user=_text(security.get("runAsUser")),
            folder=_text(fields.get("workingDir")),
            own_network=not hosts,
            program=KUBECTL,
            ports_not_known=_NO_PORT,
        ),
    )


def _mount(fields: Mapped, volumes: dict[str, Mapped], claims: set[str]) -> Mount:
    name, target = _text(fields.get("name")), _text(fields.get("mountPath"))
    volume = volumes.get(name, {})
    below = _text(fields.get("subPath")) or _text(fields.get("subPathExpr"))
    folder = _text(_map(volume.get("hostPath")).get("path"))
    if folder:
        path = f"{folder.rstrip('/')}/{below}" if below else folder
        return Mount(MountKind.FOLDER, _VARIABLE.sub(_not_known, path), target)
    if "emptyDir" in volume:
        if _text(_map(volume.get("emptyDir")).get("medium")) == "Memory":
            return Mount(MountKind.MEMORY, "", target)
        why = "an emptyDir is on the pod's node and is lost with the pod"
        return Mount(MountKind.VOLUME, unknown(name, why), target, title=name)
    claim = _text(_map(volume.get("persistentVolumeClaim")).get("claimName"))
    if claim or name in claims:
        what = claim or f"{name}-… of each pod"
        why = f"a claimed volume can be anywhere: kubectl describe pvc ({what}) tells where"
        return Mount(MountKind.VOLUME, unknown(name, why), target, title=name)
    why = "what kind of volume it is, is not understood"
    return Mount(MountKind.VOLUME, unknown(name, why), target, title=name)


def _ports(fields: Mapped) -> Iterator[Port]:
    for each in map(_map, list_of(fields.get("ports"))):
        inside, outside = _text(each.get("containerPort")), _text(each.get("hostPort"))
        if inside.isdigit() and outside.isdigit():
            yield Port(int(inside), int(outside))


def _environment(fields: Mapped) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in map(_map, list_of(fields.get("env"))):
        name, value = _text(each.get("name")), each.get("value")
        if isinstance(value, str):
            found[name] = _filled(value, found)
        elif name:
            found[name] = unknown(f"$({name})", f"{name} is filled in by Kubernetes")
    return found


def _filled(word: str, environment: dict[str, str]) -> str:
    """With ``$(NAME)`` replaced, which Kubernetes does itself."""
    return _VARIABLE.sub(lambda m: environment.get(m[1]) or _not_known(m), word)


def _not_known(variable: re.Match[str]) -> str:
    return unknown(variable[0], f"nothing in the manifest sets {variable[1]}")


def _map(value: Value) -> Mapped:
    return value if isinstance(value, dict) else {}


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Value) -> list[str]:
    return [each for each in list_of(value) if isinstance(each, str)]
