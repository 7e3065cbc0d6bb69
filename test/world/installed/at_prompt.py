#!/usr/bin/python3
"""Runs a command at a terminal and types a password whenever it is asked for one: at_prompt.py COMMAND ...; password: stdin."""
import os
import pty
import sys

password = sys.stdin.buffer.readline()


def read(handle):
    said = os.read(handle, 4096)
    if said.rstrip().endswith(b"assword:"):
        os.write(handle, password)
    return said


sys.stdin = open("/dev/null", encoding="utf8")
os.dup2(sys.stdin.fileno(), 0)
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
