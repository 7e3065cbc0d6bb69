#!/usr/bin/python3
"""Projects, users, roles and the catalogue of the lab's OpenStack. May run any number of times."""
from lab_cloud import connect, password

SERVICE_USERS = ("glance", "cinder", "nova", "neutron", "placement")
# (user, role, project): demo works in demo; other is somebody else; reader may look at demo and nothing more
MEMBERS = (
    ("demo", "member", "demo"),
    ("other", "member", "other"),
    ("reader", "reader", "demo"),
    ("admin", "admin", "demo"),
)
CATALOGUE = (
    ("placement", "placement", "http://127.0.0.1:8778"),
    ("glance", "image", "http://127.0.0.1:9292"),
    ("cinderv3", "volumev3", "http://127.0.0.1:8776/v3/%(project_id)s"),
    ("cinder", "block-storage", "http://127.0.0.1:8776/v3/%(project_id)s"),
    ("nova", "compute", "http://127.0.0.1:8774/v2.1"),
    ("neutron", "network", "http://127.0.0.1:9696"),
)


class Identity:
    """Finds a thing by name, or makes it."""

    def __init__(self, connection):
        self.api = connection.identity
        self.roles = {role.name: role for role in self.api.roles()}

    def role(self, name):
        if name not in self.roles:
            self.roles[name] = self.api.create_role(name=name)
        return self.roles[name]

    def project(self, name):
        found = list(self.api.projects(name=name))
        return found[0] if found else self.api.create_project(name=name, domain_id="default")

    def user(self, name):
        found = list(self.api.users(name=name))
        return found[0] if found else self.api.create_user(name=name, password=password(), domain_id="default")

    def grant(self, user, role, project):
        self.api.assign_project_role_to_user(self.project(project), self.user(user), self.role(role))

    def endpoints(self, name, service_type, url, interfaces):
        services = [service for service in self.api.services() if service.type == service_type]
        service = services[0] if services else self.api.create_service(name=name, type=service_type)
        have = {endpoint.interface: endpoint for endpoint in self.api.endpoints(service_id=service.id)}
        for interface in interfaces:
            if interface not in have:
                self.api.create_endpoint(service_id=service.id, interface=interface, region_id="RegionOne", url=url)
            elif have[interface].url != url:
                self.api.update_endpoint(have[interface], url=url)


def main():
    identity = Identity(connect("admin", "admin"))
    # "service" is what lets one service vouch for a user's expired token towards another
    for name in ("service", "creator"):
        identity.role(name)
    for user in SERVICE_USERS:
        for role in ("admin", "service"):
            identity.grant(user, role, "service")
    for user, role, project in MEMBERS:
        identity.grant(user, role, project)
    for name, service_type, url in CATALOGUE:
        identity.endpoints(name, service_type, url, ("public", "internal", "admin"))


if __name__ == "__main__":
    main()
