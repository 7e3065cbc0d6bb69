"""Reads commands of the `openstack` client, one a line ("volume list"), and prints a JSON object: the help of each, or null
where the client does not know it. One process for all: each start of the client takes seconds."""
import contextlib
import io
import json
import sys

# The client calls itself so, from its import on.
sys.argv[0] = "openstack"

from openstackclient import shell  # noqa: E402


def help_of(command):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        try:
            status = shell.main(["help", *command.split()])
        except SystemExit as end:
            status = end.code
    text = said.getvalue()
    return text if not status and text.startswith("usage: openstack " + command) else None


print(json.dumps({command: help_of(command) for command in sys.stdin.read().split("\n") if command}))
