#!/usr/bin/python3
"""Image, flavors, network, security groups, volume types, quotas. May run any number of times.

usage: cloud.py IMAGE-FILE
"""
import hashlib
import sys

from lab_cloud import connect

IMAGE_PROPERTIES = {
    "hw_qemu_guest_agent": "yes",
    "hw_disk_bus": "virtio",
    "hw_vif_model": "virtio",
    "hw_rng_model": "virtio",
}
FLAVORS = (("lab.small", 256, 1), ("lab.big", 384, 2))
VOLUME_TYPES = (
    ("ceph", {"volume_backend_name": "ceph"}, None),
    ("ceph-multiattach", {"volume_backend_name": "ceph", "multiattach": "<is> True"}, None),
    ("ceph-encrypted", {"volume_backend_name": "ceph"}, {
        "provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}),
)
COMPUTE_QUOTA = {"instances": 100, "cores": 200, "ram": 102400, "server_groups": 50}
VOLUME_QUOTA = {"volumes": 100, "gigabytes": 2000, "snapshots": 100, "backups": 100, "backup_gigabytes": 2000}
NETWORK_QUOTA = {"port": 500, "network": 50, "subnet": 50, "security_group": 100, "security_group_rule": 500}


def image(admin, path):
    with open(path, "rb") as file:
        checksum = hashlib.file_digest(file, "sha512").hexdigest()
    found = [entry for entry in admin.image.images(name="lab") if entry.status == "active"]
    if any(entry.properties.get("lab_sha512", entry.hash_value) == checksum for entry in found):
        return
    # A guest image that was built anew takes the name; the old one stays, hidden, as long as root disks are its clones.
    for entry in found:
        admin.image.update_image(entry, name="lab-old", is_hidden=True)
    made = admin.image.create_image(
        "lab", filename=path, disk_format="raw", container_format="bare", visibility="public",
        allow_duplicates=True, lab_sha512=checksum, **IMAGE_PROPERTIES)
    print("   image", made.id)


def flavors(admin):
    have = {flavor.name for flavor in admin.compute.flavors()}
    for name, ram, disk in FLAVORS:
        if name not in have:
            flavor = admin.compute.create_flavor(name=name, ram=ram, vcpus=1, disk=disk)
            flavor.create_extra_specs(admin.compute, {"hw_rng:allowed": "True"})


def volume_types(admin):
    have = {entry.name: entry for entry in admin.block_storage.types()}
    for name, extra_specs, encryption in VOLUME_TYPES:
        entry = have.get(name) or admin.block_storage.create_type(name=name, extra_specs=extra_specs)
        if encryption and not admin.block_storage.get(f"/types/{entry.id}/encryption").json():
            answer = admin.block_storage.post(f"/types/{entry.id}/encryption", json={"encryption": encryption})
            answer.raise_for_status()


def network(demo):
    api, project = demo.network, demo.current_project_id
    net = api.find_network("demo-net", project_id=project) or api.create_network(name="demo-net")
    if not api.find_subnet("demo-subnet", network_id=net.id):
        api.create_subnet(name="demo-subnet", network_id=net.id, ip_version=4, cidr="10.77.0.0/24", gateway_ip=None)

    def allow(group, **rule):
        have = api.security_group_rules(security_group_id=group.id, direction="ingress", **rule)
        if not list(have):
            api.create_security_group_rule(
                security_group_id=group.id, direction="ingress", ether_type="IPv4", **rule)

    default = api.find_security_group("default", project_id=project)
    allow(default, protocol="icmp")
    allow(default, protocol="tcp", port_range_min=22, port_range_max=22)
    web = api.find_security_group("web", project_id=project) or api.create_security_group(name="web")
    allow(web, protocol="tcp", port_range_min=80, port_range_max=80)


def quotas(admin, project):
    def put(adapter, path, key, values):
        answer = adapter.put(path, json={key: values})
        answer.raise_for_status()

    put(admin.compute, f"/os-quota-sets/{project}", "quota_set", COMPUTE_QUOTA)
    # Cinder counts each volume type on its own as well; those limits are open unless set
    put(admin.block_storage, f"/os-quota-sets/{project}", "quota_set", VOLUME_QUOTA)
    put(admin.network, f"/quotas/{project}", "quota", NETWORK_QUOTA)


def main():
    admin, demo = connect("admin", "admin"), connect("demo", "demo")
    image(admin, sys.argv[1])
    flavors(admin)
    volume_types(admin)
    network(demo)
    quotas(admin, demo.current_project_id)


if __name__ == "__main__":
    main()
