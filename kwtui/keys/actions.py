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
    "connection": "Choose a server, connect, and see what it is.",
    "backup": "Back up a database, step by step.",
    "restore": "Restore a backup, step by step.",
    "storage": "See what lies in the node's extern folder.",
    "logs": "Read and follow the node's log files.",
    "runs": "See what is running and what has run.",
    "server": "See nodes, settings, rights, sessions and WAL of the server.",
    "sql": "Look at data with statements that only read.",
    "policies": "See what is backed up unattended, when, and with what result.",
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
    Action("app.back", "escape", "Back", "Go one step back; nothing that you typed is"
           " lost.", footer=False),
    Action("app.quit", "q,ctrl+q,ctrl+c", "Quit", "Quit kwtui. Runs continue without"
           " it.", shown="q"),
    Action("app.suspend", "ctrl+z", "Suspend", "To the shell; fg comes back. In an editor: undo.",
           footer=False),
    Action("app.theme", "f7", "Theme", "Switch to the next theme: dark, light, high contrast, 16"
           " colours, none. It is saved.", footer=False),
    Action("app.mouse", "f8", "Mouse", "Give the mouse back to the terminal, or take it again.",
           footer=False),
    Action("app.open-doctor", "", "Doctor", "Check everything that a backup needs, and say what to"
           " do.", footer=False),
    Action("app.open-explain", "", "Explain an error", "Paste an error of KWDB and read what it"
           " means.", footer=False),
    Action("app.open-manual", "", "Manual", "Read the manual: keys, commands, exit codes,"
           " terms.", footer=False),
    Action("app.open-offsite", "", "Off-site copies", "See and send off-site copies of"
           " backups.", footer=False),
    Action("app.open-approvals", "", "Approvals", "See, approve or refuse plans of AI"
           " agents.", footer=False),
    Action("app.errors", "f9", "Problem", "Show the last problem again.", footer=False),
    # Board
    Action("board.open", "enter", "Open", "Show the time line of the database: every backup, gap,"
           " failure, drill and restore."),
    Action("board.toggle", "space", "Choose", "Choose the database for the next backup, or not.",
           footer=False),
    Action("board.backup", "b", "Back up", "Plan a backup of the chosen databases, or of this one,"
           " with the default options."),
    Action("board.restore", "r", "Restore", "Restore the newest proven backup, step by step."),
    Action("board.drill", "d", "Drill", "Rehearse a restore of the newest proven backup."),
    Action("board.log", "l", "Log", "Show the node's log at the last failure of the database, or at"
           " the last of all."),
    Action("board.guide", "g,a", "Guide", "Find a backup strategy for the chosen databases, or for"
           " all, with its arithmetic.", shown="g", footer=False),
    Action("board.filter", "slash", "Filter", f"{_FILTER}state:late, proof:p3.", shown="/",
           footer=False),
    Action("board.sort", "s", "Sort", "Sort by the next column.", footer=False),
    Action("board.copy", "y", "Copy command", "Copy the command that shows the"
           " same.", footer=False),
    Action("board.refresh", "u", "Read again", "Read files, runs and server again.", footer=False),
    # Time line
    Action("timeline.open", "enter", "Open", "See what is inside the backup, or how the run"
           " ended."),
    Action("timeline.verify", "v", "Verify", "Check every file and count every record again."),
    Action("timeline.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("timeline.drill", "d", "Drill", "Rehearse a restore into a scratch database, which is"
           " compared and dropped."),
    Action("timeline.delete", "x", "Delete", "Delete the backup; a plan is shown first."),
    Action("timeline.mark", "m", "Mark", "Mark the backup, to compare another one with"
           " it.", footer=False),
    Action("timeline.compare", "c", "Compare", "Compare it with the marked one.", footer=False),
    Action("timeline.bars", "s", "Rows", "Show bars of rows instead of sizes, or of sizes"
           " again.", footer=False),
    Action("timeline.pin", "p", "Pin", "Pin the backup, so that nothing removes it, or unpin"
           " it.", footer=False),
    Action("timeline.annotate", "a", "Note", "Change the label or the note.", footer=False),
    Action("timeline.report", "w", "Report", "Write a report on the backup to a"
           " file.", footer=False),
    Action("timeline.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("timeline.log", "l", "Log", "Show the log of the node at the time of the"
           " run.", footer=False),
    Action("timeline.refresh", "u", "Read again", "Read files and runs again.", footer=False),
    # Connection
    Action("connection.connect", "enter", "Connect", "Connect to the chosen server."),
    Action("connection.sandbox", "s", "Sandbox", "Start the sandbox and connect to it: a stand-in"
           " for a KWDB node with demo data."),
    Action("connection.add", "a", "Add", "Save a new server under a name."),
    Action("connection.edit", "e", "Edit", "Change the chosen server's settings."),
    Action("connection.delete", "x", "Delete", "Remove the chosen profile. Asks first."),
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
    Action("wizard.start", "s", "Start", "Start the plan.", footer=False),
    Action("wizard.look", "i", "Look inside", "Show what is inside the chosen backup.",
           footer=False),
    Action("wizard.copy", "y", "Copy command", "Copy the command that does the same.",
           footer=False),
    Action("wizard.explain", "e", "Explain", "Explain why the run failed.", footer=False),
    Action("wizard.continue", "r", "Go on", "Continue a restore that was stopped; a plan of what"
           " is left is shown first.", footer=False),
    Action("wizard.inside", "o", "Open it", "Open the backup that the run made or read.",
           footer=False),
    Action("wizard.drill", "d", "Drill it", "Rehearse a restore of the backup that the run made.",
           footer=False),
    Action("wizard.bring-back", "t", "Restore it", "Restore the backup that the run made.",
           footer=False),
    Action("wizard.another", "b", "Next database", "Back up the next database.", footer=False),
    Action("wizard.cancel", "c", "Cancel run", "Cancel the run. Asks first.", footer=False),
    # Storage
    Action("storage.open", "enter", "Open", "See what is inside."),
    Action("storage.filter", "slash", "Filter", f"{_FILTER}proof:p2, label:nightly.", shown="/"),
    Action("storage.sort", "s", "Sort", "Sort by the next column.", footer=False),
    Action("storage.verify", "v", "Verify", "Check every file and count every record again."),
    Action("storage.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("storage.drill", "d", "Drill", "Rehearse a restore into a scratch database, which is"
           " compared and dropped."),
    Action("storage.seal", "f", "Seal", "Prove a backup whose files could not be seen where it was"
           " made.", footer=False),
    Action("storage.delete", "x", "Delete", "Delete the backup; a plan is shown first."),
    Action("storage.pin", "p", "Pin", "Pin the backup, so that nothing removes it, or unpin"
           " it.", footer=False),
    Action("storage.annotate", "a", "Note", "Change the label or the note.", footer=False),
    Action("storage.report", "w", "Report", "Write a report on the backup to a"
           " file.", footer=False),
    Action("storage.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("storage.mark", "m", "Mark", "Mark the backup, to compare another one with"
           " it.", footer=False),
    Action("storage.compare", "c", "Compare", "Compare it with the marked one.", footer=False),
    Action("storage.group", "b", "By database", "Group the list by database, or not; Enter folds a"
           " group.", footer=False),
    Action("storage.retention", "t", "Retention", "See what the retention rules keep and remove,"
           " and change them.", footer=False),
    Action("storage.leftovers", "l", "Leftovers", "Clean up: see what interrupted runs left, and"
           " remove it.", footer=False),
    Action("storage.offsite", "o", "Off-site", "See and send off-site copies of"
           " backups.", footer=False),
    Action("storage.refresh", "u", "Read again", "Read the folder again.", footer=False),
    # Inside a set
    Action("set.open", "enter", "Open", "Show the file."),
    Action("set.next-part", "right_square_bracket", "Next part", "Show tables, files and manifest"
           " in turn.", shown="]"),
    Action("set.previous-part", "left_square_bracket", "Previous part", "Show the previous"
           " part.", shown="[", footer=False),
    Action("set.find", "slash", "Search", "Search in what is shown.", shown="/"),
    Action("set.find-next", "n", "Next hit", "Go to the next place found.", footer=False),
    Action("set.find-previous", "N", "Previous hit", "Go to the place found before.", footer=False),
    Action("set.go-to", "t", "Go to", "Go to a record: its number, a share such as 50%, or end.",
           footer=False),
    Action("set.verify", "v", "Verify", "Check every file and count every record again."),
    Action("set.restore", "r", "Restore", "Restore this backup, step by step."),
    Action("set.drill", "d", "Drill", "Rehearse a restore into a scratch database, which is"
           " compared and dropped."),
    Action("set.delete", "x", "Delete", "Delete the backup; a plan is shown first.", footer=False),
    Action("set.pin", "p", "Pin", "Pin the backup, so that nothing removes it, or unpin"
           " it.", footer=False),
    Action("set.annotate", "a", "Note", "Change the label or the note.", footer=False),
    Action("set.report", "w", "Report", "Write a report on the backup to a file.", footer=False),
    Action("set.copy", "y", "Copy", "Copy its path, a command, or SQL.", footer=False),
    Action("set.refresh", "u", "Read again", "Read the files again.", footer=False),
    # A plan by itself
    Action("plan.start", "s", "Start", "Start the plan. A plan that removes something asks once"
           " more."),
    Action("plan.copy", "y", "Copy command", "Copy the command that does the same."),
    # Comparing
    Action("compare.open", "enter", "Open", "Show all differences of the table."),
    Action("compare.all", "f", "All tables", "Show also what is the same, or only what differs."),
    Action("compare.turn", "x", "Turn", "Swap the two backups."),
    Action("compare.copy", "y", "Copy command", "Copy the command that does the same."),
    Action("compare.refresh", "u", "Read again", "Compare again.", footer=False),
    # Retention
    Action("retention.open", "enter", "Open", "See what is inside the backup."),
    Action("retention.edit", "e", "Rule", "Change how many backups are kept, and see at once what"
           " that means."),
    Action("retention.save", "w", "Save", "Save the changed rule."),
    Action("retention.plan", "s", "Plan", "See the plan that removes (prunes) backups."),
    Action("retention.months", "m", "Months", "Show the same as a calendar, or as a list."),
    Action("retention.next-part", "right_square_bracket", "Next", "Go to the next"
           " database.", shown="]"),
    Action("retention.previous-part", "left_square_bracket", "Previous", "Go to the previous"
           " database.", shown="[", footer=False),
    Action("retention.forget", "z", "Forget", "Remove the rule: the default rule applies then, or"
           " none.", footer=False),
    Action("retention.refresh", "u", "Read again", "Read all backups again.", footer=False),
    # Leftovers
    Action("leftovers.toggle", "space", "Choose", "Choose it, or leave it."),
    Action("leftovers.plan", "s,enter", "Plan", "See the plan that removes the chosen"
           " leftovers.", shown="s"),
    Action("leftovers.all", "a", "All", "Choose all that are not in use."),
    Action("leftovers.none", "z", "None", "Choose nothing."),
    Action("leftovers.refresh", "u", "Read again", "Look again.", footer=False),
    # Off-site copies
    Action("offsite.open", "enter", "Open", "Show the details of the copy."),
    Action("offsite.send", "s", "Send", "Send a backup there; a plan is shown first."),
    Action("offsite.check", "v", "Verify", "Prove the copy: sizes, every byte, decrypted, or by a"
           " drill from there."),
    Action("offsite.fetch", "f", "Fetch", "Fetch the copy back below extern; a plan is shown"
           " first, and the copy is verified."),
    Action("offsite.prune", "t", "Retention", "See what the retention rules keep and remove there,"
           " and the plan that removes (prunes) it."),
    Action("offsite.add", "a", "Add", "Add a target for copies: a folder, SFTP, S3, rclone."),
    Action("offsite.place", "p", "Target", "Show the settings of the target, and the policies that"
           " use it.", footer=False),
    Action("offsite.edit", "e", "Edit", "Change the settings of the target.", footer=False),
    Action("offsite.delete", "x", "Delete", "Remove the target. Asks first; its copies stay.",
           footer=False),
    Action("offsite.next-part", "right_square_bracket", "Next target", "Go to the next target.",
           shown="]", footer=False),
    Action("offsite.previous-part", "left_square_bracket", "Previous target", "Go to the"
           " previous target.", shown="[", footer=False),
    Action("offsite.leftovers", "l", "Leftovers", "See the plan that removes what interrupted"
           " pushes left.", footer=False),
    Action("offsite.filter", "slash", "Filter", f"{_FILTER}proof:o2, label:nightly.", shown="/",
           footer=False),
    Action("offsite.stop", "c", "Stop", "Stop the running check."),
    Action("offsite.copy", "y", "Copy command", "Copy the command that shows the same.",
           footer=False),
    Action("offsite.refresh", "u", "Read again", "Read the target again now.", footer=False),
    # Approvals
    Action("approvals.open", "enter", "Open", "Show the whole plan; there it is approved or"
           " refused."),
    Action("approvals.key", "n", "New key", "Create the approver's key pair, protected by a"
           " passphrase."),
    Action("approvals.filter", "slash", "Filter", f"{_FILTER}database:shop.", shown="/",
           footer=False),
    Action("approvals.copy", "y", "Copy command", "Copy the command that shows the same.",
           footer=False),
    Action("approvals.refresh", "u", "Read again", "Read the plans again.", footer=False),
    Action("approval.approve", "a", "Approve", "Approve it: type the name of its database and the"
           " passphrase of the approver's key."),
    Action("approval.refuse", "x", "Refuse", "Refuse the plan, so that it never runs. Asks first."),
    Action("approval.copy", "y", "Copy command", "Copy the command that shows the same."),
    # Logs
    Action("logs.open", "enter", "Read", "Read the chosen log from its end."),
    Action("logs.all", "a", "All by time", "Read all families as one stream, by time."),
    Action("logs.refresh", "u", "Read again", "Look for log files again.", footer=False),
    Action("logs.follow", "f", "Follow", "Go to the end and stay there while the log grows."),
    Action("logs.pause", "p", "Pause", "Pause or resume following.", footer=False),
    Action("logs.find", "slash", "Search", "Search with a regular expression; capital letters make"
           " it case-sensitive, an empty one ends the search.", shown="/"),
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
    Action("logs.highlight", "c", "Colour", "Highlight one more pattern; an empty one removes"
           " all.", footer=False),
    Action("logs.mark", "m", "Mark", "Mark or unmark this line.", footer=False),
    Action("logs.mark-next", "apostrophe", "Next mark", "Go to the next mark.", shown="'",
           footer=False),
    Action("logs.mark-previous", "quotation_mark", "Previous mark", "Go to the previous"
           " mark.", shown='"', footer=False),
    Action("logs.select", "v", "Select", "Begin or end a selection here.", footer=False),
    Action("logs.copy", "y", "Copy", "Copy the selection, or this entry.", footer=False),
    Action("logs.explain", "e", "Explain", "Explain this entry, or the selection."),
    Action("logs.save", "S", "Save", "Save the selection, or all that is shown, to a file.",
           footer=False),
    Action("logs.run", "r", "Its run", "Go to the run of this time.", footer=False),
    Action("logs.wrap", "w", "Wrap", "Fold long lines, or cut them.", footer=False),
    Action("logs.files", "o", "Files", "Choose another log."),
    # Runs
    Action("runs.open", "enter", "Open", "Follow the run, or see how it ended."),
    Action("runs.cancel", "c", "Cancel", "Cancel the run. Asks first."),
    Action("runs.continue", "r", "Go on", "Continue a restore that was stopped; a plan of what is"
           " left is shown first."),
    Action("runs.inside", "o", "Open it", "Open the backup that the run made or read."),
    Action("runs.drill", "d", "Drill it", "Rehearse a restore of the backup that the run made."),
    Action("runs.bring-back", "t", "Restore it", "Restore the backup that the run made."),
    Action("runs.copy", "y", "Copy command", "Copy the command that does the same."),
    Action("runs.log", "l", "Log", "Show the log of the node at the time of the run."),
    Action("runs.explain", "e", "Explain", "Explain why it failed."),
    Action("runs.refresh", "u", "Read again", "Read the list of runs again.", footer=False),
    Action("runs.approvals", "a", "Approvals", "See, approve or refuse plans of AI"
           " agents.", footer=False),
    Action("runs.filter", "slash", "Filter", f"{_FILTER}state:failed, database:shop.", shown="/",
           footer=False),
    Action("runs.jobs", "s", "Server's jobs", "See the jobs of the server (SHOW JOBS)."),
    # Jobs
    Action("jobs.open", "enter", "Open", "Show the details of the job."),
    Action("jobs.filter", "slash", "Filter", f"{_FILTER}type:import, state:failed.", shown="/"),
    Action("jobs.all", "a", "All types", "Show KWDB's own jobs too, or leave them out."),
    Action("jobs.cancel", "c", "Cancel", "Cancel the import, or the export's query. Asks first."),
    Action("jobs.pause", "p", "Pause", "Pause the import. Asks first.", footer=False),
    Action("jobs.resume", "r", "Resume", "Resume the paused import. Asks first.", footer=False),
    Action("jobs.explain", "e", "Explain", "Explain why it failed.", footer=False),
    Action("jobs.runs", "s", "Runs", "Go back to the runs of kwtui."),
    Action("jobs.refresh", "u", "Read again", "Ask the server again.", footer=False),
    Action("jobs.copy", "y", "Copy command", "Copy the command that shows the same.", footer=False),
    # Server
    Action("server.next-part", "right_square_bracket", "Next page", "Show overview, settings,"
           " rights, sessions and WAL in turn.", shown="]"),
    Action("server.previous-part", "left_square_bracket", "Previous page", "Show the previous"
           " page.", shown="[", footer=False),
    Action("server.filter", "slash", "Filter", "Show only settings (of all) or sessions with these"
           " words, or with a word in one column: setting:wal, user:root.", shown="/"),
    Action("server.cancel", "c", "Cancel query", "Cancel what the session runs. Asks first."),
    Action("server.change", "e", "Change", "Change the WAL level or interval; a plan is shown"
           " first."),
    Action("server.doctor", "d", "Doctor", "Check everything that a backup needs."),
    Action("server.copy", "y", "Copy command", "Copy the command that shows the same."),
    Action("server.refresh", "u", "Read again", "Ask the server again."),
    # SQL
    Action("sql.run", "f5,r", "Run", "Run the statement under the cursor.", shown="F5"),
    Action("sql.cancel", "f4,c", "Cancel", "Cancel the running statement.", shown="F4"),
    Action("sql.history", "f3,b", "Before", "Show previous statements; type to find"
           " one.", shown="F3"),
    Action("sql.edit", "i", "Edit", "Go to the editor; Esc leaves it."),
    Action("sql.complete", "ctrl+@,ctrl+space", "Complete", "Complete the word at the cursor:"
           " tables, columns, keywords. Tab does so, too.", shown="Ctrl+Space", footer=False),
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
