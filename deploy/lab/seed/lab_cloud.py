"""What the lab's seeding programs share: the connection.

Each program is one process, since a call of the command line client costs most of a second before it does anything.
"""
import os
import warnings

warnings.filterwarnings("ignore")  # the library warns about its own dependencies

import openstack  # noqa: E402

LAB_ROOT = os.environ.get("LAB_ROOT", "/srv/rewind-lab")
AUTH_URL = "http://127.0.0.1:5000/v3"


def password():
    with open(os.path.join(LAB_ROOT, "etc", "password"), encoding="ascii") as file:
        return file.read().strip()


def connect(user, project, timeout=60):
    # The time limit matters: a service whose daemon is paused keeps the connection and never answers.
    return openstack.connect(
        auth_url=AUTH_URL, username=user, password=password(), project_name=project,
        user_domain_id="default", project_domain_id="default", region_name="RegionOne", api_timeout=timeout)
