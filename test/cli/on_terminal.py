"""Runs a program on a pseudo-terminal: on_terminal.py '[["wait for", "type"], ...]' program args...

Waits until the text has appeared in what the program wrote, types, and so on; then prints everything the program wrote
and exits as it did.
"""
import json
import os
import pty
import sys

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

written = b""
searched = 0
while True:
    while steps and steps[0][0].encode() in written[searched:]:
        searched = len(written)
        os.write(terminal, steps.pop(0)[1].encode())
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # EIO: the program has closed its end
        break
    if not piece:
        break
    written += piece
sys.stdout.buffer.write(written)
sys.stdout.flush()
_, status = os.waitpid(pid, 0)
if steps:
    sys.exit(f"never appeared: {steps[0][0]}")
sys.exit(os.waitstatus_to_exitcode(status))
