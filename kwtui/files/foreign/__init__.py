"""The one door to files that others may change: extern, the logs and the store of a node.

Whoever runs the database may put anything there, also while it is looked at: a link that leads out,
a pipe that blocks for ever, a sparse file of a terabyte. So no module beside this package opens,
lists, makes, changes or removes anything there (a test reads the code for it), and in here

- a folder is held by its descriptor and everything below it is reached from there, name by name,
  never through a link (`grounds`);
- root works as the account that owns the folder (`accounts`);
- only regular files are opened, without waiting, and what is read whole has a limit (`reading`);
- what is made is made anew, and its mode is set on its descriptor (`making`, and in
  `kwtui.files.durable`);
- walks are loops with bounds on depth and number (`walking`), and what is removed is removed from
  the folder that holds it (`removing`).
"""
