#!/usr/bin/python3
"""What a plain openstacksdk does with our backups: nothing here knows more of them than their URL and their fields.

usage: sdk_backups.py URL SERVER-ID     prints one JSON object; the account comes from OS_* variables
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")

import openstack  # noqa: E402
from keystoneauth1 import discover  # noqa: E402
from openstack import proxy, resource  # noqa: E402


class Backup(resource.Resource):
    resource_key = "backup"
    resources_key = "backups"
    base_path = "/backups"
    allow_create = allow_fetch = allow_list = allow_delete = allow_commit = True
    commit_method = "PATCH"
    _query_mapping = resource.QueryParameters("server_id", "status")

    status = resource.Body("status")
    server_id = resource.Body("server_id")
    progress = resource.Body("progress", type=int)
    metadata = resource.Body("metadata", type=dict)


def main():
    url, server = sys.argv[1:]
    names = ("auth_url", "username", "password", "project_name", "user_domain_name", "project_domain_name")
    cloud = openstack.connect(
        region_name="RegionOne", load_yaml_config=False, **{name: os.environ["OS_" + name.upper()] for name in names})
    api = proxy.Proxy(session=cloud.session, service_type="vm-backup", endpoint_override=url + "/v1")
    answer = {"versions": [entry["version"] for entry in discover.Discover(cloud.session, url + "/").version_data()]}
    answer["paged"] = [backup.id for backup in Backup.list(api, server_id=server, limit=1)]
    answer["in_one"] = [backup.id for backup in Backup.list(api, server_id=server)]

    made = Backup.new(server_id=server, name="e2e2-sdk", metadata={"by": "sdk"}).create(api)
    answer["first_status"] = made.status
    made = resource.wait_for_status(api, made, "available", ["error"], 0.5, 120)
    answer["made"] = {"id": made.id, "status": made.status, "progress": made.progress, "name": made.name, "metadata": made.metadata}
    made.name = "e2e2-renamed"
    made.commit(api)
    answer["renamed"] = Backup.new(id=made.id).fetch(api).name
    made.delete(api)
    resource.wait_for_delete(api, made, 0.5, 120)
    try:
        Backup.new(id=made.id).fetch(api)
    except openstack.exceptions.ResourceNotFound as error:
        answer["gone"] = str(error)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
