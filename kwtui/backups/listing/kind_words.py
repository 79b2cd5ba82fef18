"""What kind of thing lies in extern, in words."""

from __future__ import annotations

from kwtui.backups.listing.entries import EntryKind

KIND_WORDS = {
    EntryKind.SET: "backup set",
    EntryKind.TREE: "export not made by kwtui",
    EntryKind.INCOMPLETE: "unfinished: not a backup",
    EntryKind.WRITING: "being written: not a backup yet",
    EntryKind.DELETED: "left by a deletion: not a backup any more",
    EntryKind.FOREIGN: "no export",
}

SHORT_WORDS = {
    EntryKind.SET: "backup",
    EntryKind.TREE: "export",
    EntryKind.INCOMPLETE: "unfinished",
    EntryKind.WRITING: "writing",
    EntryKind.DELETED: "deleted",
    EntryKind.FOREIGN: "other",
}
"""One word for a column of a table."""
