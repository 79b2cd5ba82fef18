"""kwtui pin, unpin, note and label."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import find_files, set_of
from kwtui.commands.shared.output import Output

if TYPE_CHECKING:
    from kwtui.controller import Controller


# -- pin, note, label -------------------------------------------------------------------------


async def pin(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, pinned=True)


async def unpin(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, pinned=False)


async def note(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, remark=args.text)


async def label(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, label=args.text)


async def _annotate(
    controller: Controller,
    args: argparse.Namespace,
    output: Output,
    *,
    pinned: bool | None = None,
    remark: str | None = None,
    label: str | None = None,
) -> int:
    await find_files(controller, args)
    path = set_of(args.set)
    done = await controller.storage.annotate(path, pinned=pinned, remark=remark, label=label)
    if output.json:
        output.object("annotation", {"path": path, "annotation": done})
        return 0
    words = ["pinned" if done.pinned else "not pinned"]
    if done.label is not None:
        words.append(f"label {done.label!r}" if done.label else "no label")
    words += [f"note {done.remark!r}"] if done.remark else []
    output.line(f"{path}: {', '.join(words)}")
    if done.private:
        output.note("This account may not write in extern: no other account sees this.")
    return 0
