#!/usr/bin/python3
"""Rewind's service user, its roles and its place in the catalogue. May run any number of times."""
from identities import Identity
from lab_cloud import connect


def main():
    identity = Identity(connect("admin", "admin"))
    user = identity.user("rewind")
    # as every OpenStack service: its own work is done as an administrator in the project "service"
    for role in ("admin", "service"):
        identity.grant("rewind", role, "service")
    # Work on a tenant's disks is done in the tenant's project: a role on the domain, inherited by each of its projects,
    # lets Rewind ask for a token there. Not "admin": what it does there, any member may do.
    role = identity.role("member")
    answer = identity.api.put(f"/OS-INHERIT/domains/default/users/{user.id}/roles/{role.id}/inherited_to_projects")
    answer.raise_for_status()
    identity.endpoints("rewind", "vm-backup", "http://127.0.0.1:8790/vm-backup", ("public", "internal"))


if __name__ == "__main__":
    main()
