"""Every action of the interface, once: bindings, footer, help, palette and manual use it.

Without Textual, so that `kwtui keys` prints it at once.
"""

from __future__ import annotations

from kwtui.keys.action import Action

_FILTER = "Show only rows with these words, or with a word in one column: "

SCREENS = (
    ("board", "0", "Board"),
    ("connection", "1", "Connection"),
    ("backup", "2", "Backup"),
    ("restore", "3", "Restore"),
    ("storage", "4", "Storage"),
    ("logs", "5", "Logs"),
    ("runs", "6", "Runs"),
    ("server", "7", "Server"),
    ("sql", "8", "SQL"),
    ("policies", "9", "Policies"),
)
"""(name, digit, title) of the screens that the digits reach."""

_SCREEN_HELP = {
    "board": "See whether every database can come back, and what to do if not.",
    "connection": "Choose a server, connect, see what it is.",
    "backup": "Back a database up, step by step.",
    "restore": "Bring a backup back, step by step.",
    "storage": "See what lies in the node's extern folder.",
    "logs": "Read and follow the node's log files.",
    "runs": "See what is running and what has run.",
    "server": "See nodes, settings, rights, sessions and WAL of the server.",
    "sql": "Look at data with statements that only read.",
    "policies": "See what is backed up by itself, when, and how it went.",
}

ACTIONS: tuple[Action, ...] = (
    *(
        Action(f"app.open-{name}", digit, title, _SCREEN_HELP[name], footer=False)
        for name, digit, title in SCREENS
    ),
    Action("app.help", "question_mark,f1", "Help", "Explain this screen and list its keys.",
           shown="?"),
    Action("app.palette", "colon,ctrl+p", "All", "List every action; type to find one.",
           shown=":"),
    Action("app.back", "escape", "Back", "One step back; nothing that you typed is lost.",
           footer=False),
    Action("app.quit", "q,ctrl+q,ctrl+c", "Quit", "Leave kwtui. Runs go on without it.",
           shown="q"),
    Action("app.suspend", "ctrl+z", "Suspend", "To the shell; fg comes back. In an editor: undo.",
           footer=False),
    Action("app.theme", "f7", "Theme", "The next theme: dark, light, high contrast, 16 colours,"
           " none. It is kept.", footer=False),
    Action("app.mouse", "f8", "Mouse", "Give the mouse back to the terminal, or take it again.",
           footer=False),
    Action("app.open-doctor", "", "Doctor", "Check everything that a backup needs, and say what to"
           " do.", footer=False),
    Action("app.open-explain", "", "Explain an error", "Paste an error of KWDB and read what it"
           " means.", footer=False),
    Action("app.open-manual", "", "Manual", "Read the manual: every key, command, exit code, term.",
           footer=False),
    Action("app.open-offsite", "", "Off-site copies", "See and make copies of backups in other"
           " places.", footer=False),
    Action("app.open-approvals", "", "Approvals", "See what AI agents planned, and approve or"
           " refuse it.", footer=False),
    Action("app.errors", "f9", "Problem", "Show the last problem again.", footer=False),
    # Board
    Action("board.open", "enter", "Open", "Show the time line of the database: every backup, gap,"
           " failure, drill and restore."),
    Action("board.toggle", "space", "Choose", "Choose the database for the next backup, or not.",
           footer=False),
    Action("board.backup", "b", "Back up", "Plan a backup of the chosen databases, or of this one,"
           " with what is usual."),
    Action("board.restore", "r", "Restore", "Restore the newest proven backup, step by step."),
    Action("board.drill", "d", "Drill", "Rehearse a restore of the newest proven backup."),
    Action("board.log", "l", "Log", "Show the node's log at the last failure of the database, or at"
           " the last of all."),
    Action("board.guide", "g,a", "Guide", "Find a backup strategy for the chosen databases, or for"
           " all, with its arithmetic.", shown="g", footer=False),
    Action("board.filter", "slash", "Filter", f"{_FILTER}state:late, proof:p3.", shown="/",
           footer=False),
    Action("board.sort", "s", "Sort", "Sort by the next column.", footer=False),
    Action("board.copy", "y", "Copy command", "Copy the command that tells the same.",
           footer=False),
    Action("board.refresh", "u", "Read again", "Look at files, runs and server again now.",
           footer=False),
    # Time line
    Action("timeline.open", "enter", "Open", "See what is inside the backup, or how the run"
           " ended."),
    Action("timeline.verify", "v", "Verify", "Check every file and count every record again."),
    Action("timeline.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("timeline.drill", "d", "Drill", "Rehearse a restore of it: into a scratch database, that"
           " is compared and dropped."),
    Action("timeline.delete", "x", "Delete", "Delete it, by a plan that shows what goes."),
    Action("timeline.mark", "m", "Mark", "Mark it, to compare another one with it.", footer=False),
    Action("timeline.compare", "c", "Compare", "Compare it with the marked one.", footer=False),
    Action("timeline.bars", "s", "Rows", "Show bars of rows instead of sizes, or the other way"
           " round.", footer=False),
    Action("timeline.pin", "p", "Pin", "Keep it from retention and deletion, or stop that.",
           footer=False),
    Action("timeline.annotate", "a", "Note", "Change its label, or write a note beside it.",
           footer=False),
    Action("timeline.report", "w", "Report", "Write down all that is known of it, as a file.",
           footer=False),
    Action("timeline.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("timeline.log", "l", "Log", "Show the part of the node's log that the run is about.",
           footer=False),
    Action("timeline.refresh", "u", "Read again", "Look at files and runs again now.",
           footer=False),
    # Connection
    Action("connection.connect", "enter", "Connect", "Connect to the chosen server."),
    Action("connection.sandbox", "s", "Sandbox", "Start the sandbox and connect to it: a stand-in"
           " for a KWDB node with demo data."),
    Action("connection.add", "a", "Add", "Save a new server under a name."),
    Action("connection.edit", "e", "Edit", "Change the chosen server's settings."),
    Action("connection.delete", "x", "Delete", "Forget the chosen server. Asks first."),
    Action("connection.filter", "slash", "Filter", f"{_FILTER}kind:prod.", shown="/", footer=False),
    Action("connection.retry", "r", "Retry", "Try the lost connection again now.", footer=False),
    # Wizards
    Action("wizard.next", "enter,n", "Next", "Go to the next step.", shown="Enter"),
    Action("wizard.filter", "slash", "Filter", f"{_FILTER}engine:relational.",
           shown="/", footer=False),
    Action("wizard.restart", "x", "Start over", "Forget the answers and begin at the first step."
           " Asks first.", footer=False),
    Action("wizard.toggle", "space", "Choose", "Choose the table, or leave it out.", footer=False),
    Action("wizard.all", "a", "All", "Choose all tables.", footer=False),
    Action("wizard.none", "z", "None", "Choose no table.", footer=False),
    Action("wizard.differ", "m", "Other answers", "Give the chosen databases, or this one, answers"
           " of their own.", footer=False),
    Action("wizard.start", "s", "Start", "Start what the plan says.", footer=False),
    Action("wizard.look", "i", "Look inside", "Show what is inside the chosen backup.",
           footer=False),
    Action("wizard.copy", "y", "Copy command", "Copy the command that does the same.",
           footer=False),
    Action("wizard.explain", "e", "Explain", "Explain why the run failed.", footer=False),
    Action("wizard.continue", "r", "Go on", "Go on with a restore that was stopped, by a plan of"
           " what is left.", footer=False),
    Action("wizard.inside", "o", "Open it", "Open the backup that the run made or read.",
           footer=False),
    Action("wizard.drill", "d", "Drill it", "Rehearse a restore of the backup that the run made.",
           footer=False),
    Action("wizard.bring-back", "t", "Restore it", "Restore the backup that the run made.",
           footer=False),
    Action("wizard.another", "b", "Next database", "Back the next database up.", footer=False),
    Action("wizard.cancel", "c", "Cancel run", "Cancel what is running. Asks first.", footer=False),
    # Storage
    Action("storage.open", "enter", "Open", "See what is inside."),
    Action("storage.filter", "slash", "Filter", f"{_FILTER}proof:p2, label:nightly.", shown="/"),
    Action("storage.sort", "s", "Sort", "Sort by the next column.", footer=False),
    Action("storage.verify", "v", "Verify", "Check every file and count every record again."),
    Action("storage.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("storage.drill", "d", "Drill", "Rehearse a restore of it: into a scratch database, that"
           " is compared and dropped."),
    Action("storage.seal", "f", "Seal", "Count and seal a backup whose files could not be seen"
           " where it was made.", footer=False),
    Action("storage.delete", "x", "Delete", "Delete it, by a plan that shows what goes."),
    Action("storage.pin", "p", "Pin", "Keep it from retention and deletion, or stop that.",
           footer=False),
    Action("storage.annotate", "a", "Note", "Change its label, or write a note beside it.",
           footer=False),
    Action("storage.report", "w", "Report", "Write down all that is known of it, as a file.",
           footer=False),
    Action("storage.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("storage.mark", "m", "Mark", "Mark it, to compare another one with it.", footer=False),
    Action("storage.compare", "c", "Compare", "Compare it with the marked one.", footer=False),
    Action("storage.group", "b", "By database", "Put the list under databases, or not; Enter folds"
           " one.", footer=False),
    Action("storage.retention", "t", "Retention", "See what the rules keep and let go, and change"
           " them.", footer=False),
    Action("storage.leftovers", "l", "Leftovers", "Clean up: see what interrupted runs left, and"
           " remove it.", footer=False),
    Action("storage.offsite", "o", "Off-site", "See and make copies of backups in other places.",
           footer=False),
    Action("storage.refresh", "u", "Read again", "Read the folder again now.", footer=False),
    # Inside a set
    Action("set.open", "enter", "Open", "Show the file."),
    Action("set.next-part", "right_square_bracket", "Next part", "Tables, files, manifest in turn.",
           shown="]"),
    Action("set.previous-part", "left_square_bracket", "Previous part", "The part before.",
           shown="[", footer=False),
    Action("set.find", "slash", "Search", "Search in what is shown.", shown="/"),
    Action("set.find-next", "n", "Next hit", "Go to the next place found.", footer=False),
    Action("set.find-previous", "N", "Previous hit", "Go to the place found before.", footer=False),
    Action("set.go-to", "t", "Go to", "Go to a record: its number, a share such as 50%, or end.",
           footer=False),
    Action("set.verify", "v", "Verify", "Check every file and count every record again."),
    Action("set.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("set.drill", "d", "Drill", "Rehearse a restore of it: into a scratch database, that is"
           " compared and dropped."),
    Action("set.delete", "x", "Delete", "Delete it, by a plan that shows what goes.", footer=False),
    Action("set.pin", "p", "Pin", "Keep it from retention and deletion, or stop that.",
           footer=False),
    Action("set.annotate", "a", "Note", "Change its label, or write a note beside it.",
           footer=False),
    Action("set.report", "w", "Report", "Write down all that is known of it, as a file.",
           footer=False),
    Action("set.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("set.refresh", "u", "Read again", "Look at what is on disk again now.", footer=False),
    # A plan by itself
    Action("plan.start", "s", "Start", "Start what the plan says. What removes asks once more."),
    Action("plan.copy", "y", "Copy command", "Copy the command that does the same."),
    # Comparing
    Action("compare.open", "enter", "Open", "Show all differences of the table."),
    Action("compare.all", "f", "All tables", "Show also what is the same, or only what differs."),
    Action("compare.turn", "x", "Turn", "See the first one from the second."),
    Action("compare.copy", "y", "Copy command", "Copy the command that does the same."),
    Action("compare.refresh", "u", "Read again", "Compare what is on disk now.", footer=False),
    # Retention
    Action("retention.open", "enter", "Open", "See what is inside the backup."),
    Action("retention.edit", "e", "Rule", "Change how many stay, and see at once what that means."),
    Action("retention.save", "w", "Save", "Save the changed rule."),
    Action("retention.plan", "s", "Plan", "See the plan that removes (prunes) what goes."),
    Action("retention.months", "m", "Months", "The same as a calendar, or as a list."),
    Action("retention.next-part", "right_square_bracket", "Next", "The next database.",
           shown="]"),
    Action("retention.previous-part", "left_square_bracket", "Previous", "The database before.",
           shown="[", footer=False),
    Action("retention.forget", "z", "Forget", "Forget the rule: that for all counts, or none.",
           footer=False),
    Action("retention.refresh", "u", "Read again", "Look at every backup again.", footer=False),
    # Leftovers
    Action("leftovers.toggle", "space", "Choose", "Choose it, or leave it."),
    Action("leftovers.plan", "s,enter", "Plan", "See the plan that removes what is chosen.",
           shown="s"),
    Action("leftovers.all", "a", "All", "Choose all that nobody uses."),
    Action("leftovers.none", "z", "None", "Choose nothing."),
    Action("leftovers.refresh", "u", "Read again", "Look again.", footer=False),
    # Off-site copies
    Action("offsite.open", "enter", "Open", "Show all that is known of the copy."),
    Action("offsite.send", "s", "Send", "Send a backup there, by a plan that shows what goes."),
    Action("offsite.check", "v", "Verify", "Prove the copy: sizes, every byte, decrypted, or by a"
           " drill from there."),
    Action("offsite.fetch", "f", "Fetch", "Bring the copy back below extern, by a plan; it is"
           " checked before it counts."),
    Action("offsite.prune", "t", "Retention", "See what the rules keep and let go there, and the"
           " plan that removes (prunes) what goes."),
    Action("offsite.add", "a", "Add", "Add a place for copies: a folder, SFTP, S3, rclone."),
    Action("offsite.place", "p", "Place", "Show the place's settings, and the policies that send"
           " copies there.", footer=False),
    Action("offsite.edit", "e", "Edit", "Change the place's settings.", footer=False),
    Action("offsite.delete", "x", "Delete", "Forget the place. Asks first; its copies stay.",
           footer=False),
    Action("offsite.next-part", "right_square_bracket", "Next place", "The next place.",
           shown="]", footer=False),
    Action("offsite.previous-part", "left_square_bracket", "Place before", "The place before.",
           shown="[", footer=False),
    Action("offsite.leftovers", "l", "Leftovers", "See the plan that removes what sendings that"
           " were cut off left.", footer=False),
    Action("offsite.filter", "slash", "Filter", f"{_FILTER}proof:o2, label:nightly.", shown="/",
           footer=False),
    Action("offsite.stop", "c", "Stop", "Stop the check that is at work."),
    Action("offsite.copy", "y", "Copy command", "Copy the command that shows the same.",
           footer=False),
    Action("offsite.refresh", "u", "Read again", "Look at the place again now.", footer=False),
    # Approvals
    Action("approvals.open", "enter", "Open", "Show the whole plan; there it is approved or"
           " refused."),
    Action("approvals.key", "n", "New key", "Make the approver's key pair, behind a passphrase."),
    Action("approvals.filter", "slash", "Filter", f"{_FILTER}database:shop.", shown="/",
           footer=False),
    Action("approvals.copy", "y", "Copy command", "Copy the command that shows the same.",
           footer=False),
    Action("approvals.refresh", "u", "Read again", "Look again now.", footer=False),
    Action("approval.approve", "a", "Approve", "Approve it: type the name of its database and the"
           " passphrase of the approver's key."),
    Action("approval.refuse", "x", "Refuse", "Take it away, so that it never runs. Asks first."),
    Action("approval.copy", "y", "Copy command", "Copy the command that shows the same."),
    # Logs
    Action("logs.open", "enter", "Read", "Read the chosen log from its end."),
    Action("logs.all", "a", "All by time", "Read all families as one stream, by time."),
    Action("logs.refresh", "u", "Read again", "Look for log files again.", footer=False),
    Action("logs.follow", "f", "Follow", "Go to the end and stay there while the log grows."),
    Action("logs.pause", "p", "Pause", "Stop taking new lines, or take them again.", footer=False),
    Action("logs.find", "slash", "Search", "Search everything with a regular expression, where a"
           " capital letter counts; the empty one ends the search.", shown="/"),
    Action("logs.find-next", "n", "Next hit", "Go to the next place found.", footer=False),
    Action("logs.find-previous", "N", "Previous hit", "Go to the place found before.",
           footer=False),
    Action("logs.filter", "i", "Filter", "Show only some entries, by level, file, goroutine, tag,"
           " time or words."),
    Action("logs.severity", "s", "Severity", "Show only entries of at least the next severity."),
    Action("logs.same", "d", "Same goroutine", "Show only what this entry's goroutine wrote.",
           footer=False),
    Action("logs.time", "t", "Time", "Go to a time: 12:30, -10m, 2026-11-22 08:30."),
    Action("logs.unfold", "x", "Unfold", "Show the lines that continue this entry, such as a stack"
           " trace, or fold them.", footer=False),
    Action("logs.unfold-all", "z", "Unfold all", "Show all lines, or fold all entries.",
           footer=False),
    Action("logs.highlight", "c", "Colour", "Let one more pattern stand out; the empty one ends"
           " them all.", footer=False),
    Action("logs.mark", "m", "Mark", "Mark this line, or take its mark away.", footer=False),
    Action("logs.mark-next", "apostrophe", "Next mark", "Go to the next mark.", shown="'",
           footer=False),
    Action("logs.mark-previous", "quotation_mark", "Previous mark", "Go to the mark before.",
           shown='"', footer=False),
    Action("logs.select", "v", "Select", "Begin a selection here, or give it up.", footer=False),
    Action("logs.copy", "y", "Copy", "Copy the selection, or this entry.", footer=False),
    Action("logs.explain", "e", "Explain", "Explain this entry, or the selection."),
    Action("logs.save", "S", "Save", "Save the selection, or all that is shown, to a file.",
           footer=False),
    Action("logs.run", "r", "Its run", "Go to the run that went on at this time.", footer=False),
    Action("logs.wrap", "w", "Wrap", "Fold long lines, or cut them.", footer=False),
    Action("logs.files", "o", "Files", "Choose another log."),
    # Runs
    Action("runs.open", "enter", "Open", "Follow the run, or see how it ended."),
    Action("runs.cancel", "c", "Cancel", "Cancel the run. Asks first."),
    Action("runs.continue", "r", "Go on", "Go on with a restore that was stopped, by a plan of what"
           " is left."),
    Action("runs.inside", "o", "Open it", "Open the backup that the run made or read."),
    Action("runs.drill", "d", "Drill it", "Rehearse a restore of the backup that the run made."),
    Action("runs.bring-back", "t", "Restore it", "Restore the backup that the run made."),
    Action("runs.copy", "y", "Copy command", "Copy the command that does the same."),
    Action("runs.log", "l", "Log", "Show the part of the node's log that this run is about."),
    Action("runs.explain", "e", "Explain", "Explain why it failed."),
    Action("runs.refresh", "u", "Read again", "Read the list of runs again.", footer=False),
    Action("runs.approvals", "a", "Approvals", "See what AI agents planned, and approve or refuse"
           " it.", footer=False),
    Action("runs.filter", "slash", "Filter", f"{_FILTER}state:failed, database:shop.", shown="/",
           footer=False),
    Action("runs.jobs", "s", "Server's jobs", "See the jobs of the server itself (SHOW JOBS)."),
    # Jobs
    Action("jobs.open", "enter", "Open", "Show all that is known of the job."),
    Action("jobs.filter", "slash", "Filter", f"{_FILTER}type:import, state:failed.", shown="/"),
    Action("jobs.all", "a", "All types", "Show KWDB's own jobs too, or leave them out."),
    Action("jobs.cancel", "c", "Cancel", "Cancel the import, or the export's query. Asks first."),
    Action("jobs.pause", "p", "Pause", "Let the import rest. Asks first.", footer=False),
    Action("jobs.resume", "r", "Resume", "Let the paused import go on. Asks first.", footer=False),
    Action("jobs.explain", "e", "Explain", "Explain why it failed.", footer=False),
    Action("jobs.runs", "s", "Runs", "Back to the runs of kwtui."),
    Action("jobs.refresh", "u", "Read again", "Ask the server again.", footer=False),
    Action("jobs.copy", "y", "Copy command", "Copy the command that shows the same.", footer=False),
    # Server
    Action("server.next-part", "right_square_bracket", "Next page", "Overview, settings, rights,"
           " sessions, WAL in turn.", shown="]"),
    Action("server.previous-part", "left_square_bracket", "Previous page", "The page before.",
           shown="[", footer=False),
    Action("server.filter", "slash", "Filter", "Show only settings (of all) or sessions with these"
           " words, or with a word in one column: setting:wal, user:root.", shown="/"),
    Action("server.cancel", "c", "Cancel query", "Cancel what the session runs. Asks first."),
    Action("server.change", "e", "Change", "Change WAL level or interval, by a plan."),
    Action("server.doctor", "d", "Doctor", "Check everything that a backup needs."),
    Action("server.copy", "y", "Copy command", "Copy the command that shows the same."),
    Action("server.refresh", "u", "Read again", "Ask the server again."),
    # SQL
    Action("sql.run", "f5,r", "Run", "Run the statement that the cursor stands in.", shown="F5"),
    Action("sql.cancel", "f4,c", "Cancel", "Cancel the statement that runs.", shown="F4"),
    Action("sql.history", "f3,b", "Before", "Statements of before; type to find one.",
           shown="F3"),
    Action("sql.edit", "i", "Edit", "Go to the editor; Esc leaves it."),
    Action("sql.complete", "ctrl+@,ctrl+space", "Complete", "Offer tables, columns and keywords for"
           " the word at the cursor. Tab does so, too.", shown="Ctrl+Space", footer=False),
    Action("sql.tables", "f2,o", "Tables", "Go to the tree of databases, tables and columns, or"
           " back.", shown="F2", footer=False),
    Action("sql.more", "f6,m", "More", "Read ten times as many rows.", shown="F6"),
    Action("sql.save", "s", "Save", "Save every row as a CSV file."),
    Action("sql.unlock", "w", "Unlock", "Let statements write, or lock that again. Asks first."),
    Action("sql.explain", "e", "Explain", "Explain why the statement failed."),
    Action("sql.timeout", "t", "Time limit", "Change how long a statement may take.",
           footer=False),
    Action("sql.copy", "y", "Copy command", "Copy the command that does the same.",
           footer=False),
    Action("sql.refresh", "u", "Read again", "Read the names of tables and columns again.",
           footer=False),
    # Policies
    Action("policies.open", "enter", "Open", "Show its file and what it did."),
    Action("policies.add", "a", "Add", "Make a new policy, step by step."),
    Action("policies.edit", "e", "Edit", "Change its file in your editor; it is checked."),
    Action("policies.run", "s", "Run now", "Run it now. Asks first."),
    Action("policies.check", "v", "Check", "Say what is unwise in it, and what it would do now."),
    Action("policies.timer", "t", "Timer", "Let this host run it by itself, or stop that. Asks"
           " first.", footer=False),
    Action("policies.remove", "x", "Remove", "Remove it and its timers. Asks first.",
           footer=False),
    Action("policies.copy", "y", "Copy command", "Copy the command that runs it.", footer=False),
    Action("policies.filter", "slash", "Filter", f"{_FILTER}databases:shop, result:failed.",
           shown="/", footer=False),
    Action("policies.refresh", "u", "Read again", "Read all of them again.", footer=False),
    # Doctor
    Action("doctor.open", "enter", "Open", "Show everything that the check found."),
    Action("doctor.again", "r", "Again", "Look at this one again."),
    Action("doctor.refresh", "u", "All again", "Look at everything again."),
    Action("doctor.bad", "f", "Not ok", "Show only what is not ok, or everything."),
    Action("doctor.filter", "slash", "Filter", f"{_FILTER}state:warning.", shown="/",
           footer=False),
    Action("doctor.explain", "e", "Explain", "Explain what the check found."),
    Action("doctor.copy", "y", "Copy command", "Copy the command that does the same.",
           footer=False),
    # Explain
    Action("explain.check", "A", "Check", "Ask the check with this letter; it only reads.",
           shown="A B C"),
    Action("explain.all", "r", "All checks", "Ask every check."),
    Action("explain.edit", "i", "Text", "Go to the text; Esc leaves it."),
    Action("explain.next-part", "right_square_bracket", "Next error", "The next error of the text.",
           shown="]"),
    Action("explain.previous-part", "left_square_bracket", "Previous error", "The error before.",
           shown="[", footer=False),
    Action("explain.nearest", "o", "Nearest", "Read about an error that is near.", footer=False),
    Action("explain.copy", "y", "Copy", "Copy the explanation."),
    # Manual
    Action("manual.read", "enter", "Read", "Read about the chosen topic."),
    Action("manual.next-part", "right_square_bracket", "Next page", "The next page.", shown="]"),
    Action("manual.previous-part", "left_square_bracket", "Previous page", "The page before.",
           shown="[", footer=False),
    Action("manual.find", "slash", "Search", "Search in the page.", shown="/"),
    Action("manual.find-next", "n", "Next hit", "Go to the next place found.", footer=False),
    Action("manual.find-previous", "N", "Previous hit", "Go to the place found before.",
           footer=False),
    Action("manual.topics", "o", "Topics", "Choose another topic."),
    Action("manual.copy", "y", "Copy", "Copy the page."),
)  # fmt: skip

BY_ID = {action.id: action for action in ACTIONS}


def actions_of(scope: str) -> list[Action]:
    return [action for action in ACTIONS if action.scope == scope]
