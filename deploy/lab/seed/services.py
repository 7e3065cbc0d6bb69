#!/usr/bin/python3
"""Asks Nova, Cinder and Neutron which of their services and agents report, and prints one line for each.

Ends with 0 when all that should be there are up. --wait SECONDS: asks again until they are. --short: only what is wrong.
"""
import argparse
import sys
import time

from lab_cloud import connect

EXPECTED = {
    "compute": {"nova-conductor", "nova-scheduler", "nova-compute"},
    "volume": {"cinder-scheduler", "cinder-volume", "cinder-backup"},
    "network": {"neutron-linuxbridge-agent", "neutron-dhcp-agent"},
}


def compute(cloud):
    return {service.binary: service.state == "up" for service in cloud.compute.services()}


def volume(cloud):
    # The microversion is on purpose: from 3.70 on Cinder makes a remote call here, and blocks 60 s (then answers 500,
    # MessagingTimeout) when the other side is not yet listening.
    answer = cloud.block_storage.get("/os-services", microversion="3.40")
    answer.raise_for_status()
    return {service["binary"]: service["state"] == "up" for service in answer.json()["services"]}


def network(cloud):
    return {agent.binary: agent.is_alive for agent in cloud.network.agents()}


def look(cloud):
    """The state of each expected service as (area, name, text), text being "up" when all is well."""
    found = []
    for area, ask in (("compute", compute), ("volume", volume), ("network", network)):
        try:
            states = ask(cloud)
        except Exception as error:  # any failure is an answer here
            found.append((area, "API", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"))
            continue
        for name in sorted(EXPECTED[area]):
            found.append((area, name, "up" if states.get(name) else "down" if name in states else "has not reported"))
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--wait", type=float, default=0)
    options.add_argument("--short", action="store_true")
    options = options.parse_args()
    end = time.monotonic() + options.wait
    # One connection for all looks: it is kept open, and Cinder and Neutron serve a hundred open ones at a time. A new one
    # for each look makes both of them hang after a hundred looks.
    cloud = connect("admin", "admin", timeout=20 if options.wait else 6)
    while True:
        found = look(cloud)
        wrong = [entry for entry in found if entry[2] != "up"]
        if not wrong or time.monotonic() >= end:
            break
        time.sleep(1)
    for area, name, text in wrong if options.short else found:
        print(f"   {area:8} {name:28} {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
