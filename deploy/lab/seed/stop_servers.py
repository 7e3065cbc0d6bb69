#!/usr/bin/python3
"""Stops every active server through Nova, and waits until each is stopped.

usage: stop_servers.py [SERVER-ID...]     the named ones are left alone

Without it, a server whose guest is gone (the machine's end, "lab down") stays ACTIVE in Nova's books until its periodic
comparison, up to ten minutes later, and can neither be started nor used until then.
"""
import sys
import time

from lab_cloud import connect

LIMIT = 60


def active(compute, spared):
    return [server for server in compute.servers(all_projects=True, status="ACTIVE") if server.id not in spared]


def main():
    compute, spared = connect("admin", "admin").compute, set(sys.argv[1:])
    for server in active(compute, spared):
        print("   stopping server", server.id)
        try:
            compute.stop_server(server)
        except Exception as error:  # one that is being deleted or has a task need not hold up the rest
            print("  ", error)
            spared.add(server.id)
    end = time.monotonic() + LIMIT
    while active(compute, spared):
        if time.monotonic() > end:
            return 1
        time.sleep(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
