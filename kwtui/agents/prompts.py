"""What a person may ask an agent to do with kwtui."""

from __future__ import annotations

PROVE_A_BACKUP = """\
Prove that the newest backup of the database {database} comes back. Call list_backups for it, then
verify_backup for its newest whole set. Then call plan_drill, show the person the plan with its
cost, and ask for the approval (`kwtui approve ID`). After that call run_plan, and follow_run until
it has ended. Report the proof that was reached, what differed, how long it took, and what no backup
holds.
"""

RESTORE_ONE_TABLE = """\
Restore the table {table} of the database {database} beside it. Call list_backups, choose the newest
proven set, and say how old it is: what was written later is not in it. Call plan_restore for this
table alone, with a target name that does not exist yet. Show the person the plan and ask for the
approval (`kwtui approve ID`), call run_plan, and follow_run until it has ended. Then compare both
tables with read_query. Change nothing in {database}.
"""

EXPLAIN_FAILURE = """\
Find out why a run failed: {run}. Call status and follow_run, then explain with its words. Call
doctor. Say what happened, what was left behind, what is lost, and what the person should do next,
with exact commands. Change nothing.
"""
