#!/usr/bin/python3
"""systemctl where there is no systemd: does what a unit says, or fails. A setting that it does not know is an error, so that no
unit is believed to be protected by what nobody tried. What the process writes is in /run/stand-in/<unit>.log."""
import glob
import grp
import os
import pwd
import resource
import signal
import socket
import subprocess
import sys
import time

import sandbox

UNITS = "/etc/systemd/system"
STATE = "/run/stand-in"
MIB = 1024 * 1024
SIZES = {"K": 1024, "M": MIB, "G": 1024 * MIB}
# Of systemd's own life with a process, or held by what is done here anyway: no capability is left for it.
NOT_DONE = {
    *("Restart", "RestartSec", "TimeoutStopSec", "KillMode", "ExecReload", "CacheDirectoryMode", "StateDirectoryMode", "TasksMax"),
    *("ProtectClock", "ProtectKernelLogs", "ProtectKernelModules", "ProtectControlGroups", "RestrictRealtime", "RemoveIPC"),
    *("LockPersonality", "SystemCallErrorNumber", "AmbientCapabilities"),
}
DONE = {
    *("User", "Group", "SupplementaryGroups", "ExecStart", "Environment", "LoadCredential", "StateDirectory", "CacheDirectory"),
    *("ProtectSystem", "ReadWritePaths", "InaccessiblePaths", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectProc"),
    *("ProcSubset", "ProtectHostname", "ProtectKernelTunables", "NoNewPrivileges", "CapabilityBoundingSet", "LimitCORE"),
    *("MemoryMax", "UMask", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictSUIDSGID", "SystemCallArchitectures"),
    *("SystemCallFilter",),
}


def read(unit):
    """Section → setting → its values: the unit, then its drop-ins; an empty one takes back those before it."""
    found = {}
    for path in [f"{UNITS}/{unit}", *sorted(glob.glob(f"{UNITS}/{unit}.d/*.conf"))]:
        section = None
        with open(path, encoding="utf8") as file:
            for line in (one.strip() for one in file):
                if line.startswith("["):
                    section = found.setdefault(line.strip("[]"), {})
                elif line and line[0] not in "#;":
                    key, value = line.split("=", 1)
                    if not value:
                        section[key] = []
                    section.setdefault(key, []).extend([value] if value else [])
    return found


def verify(unit):
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", f"{UNITS}/{unit}"], capture_output=True, text=True, check=False)
    ours = [line for line in said.stderr.splitlines() if "rewind-" in line]
    if said.returncode or ours:
        sys.exit(f"systemd-analyze verify {unit}: {said.returncode}\n{said.stderr}")


def start(unit):
    verify(unit)
    settings = read(unit)
    if unit.endswith(".socket"):
        return
    service = settings["Service"]
    strange = set(service) - DONE - NOT_DONE
    if strange:
        sys.exit(f"{unit}: nobody does {', '.join(sorted(strange))} here")
    for path in settings["Unit"].get("RequiresMountsFor", []):
        if not os.path.isdir(path):
            sys.exit(f"{unit}: {path} is not there")
    os.makedirs(STATE, exist_ok=True)
    launch(unit, settings, service)


def one(service, key, default=None):
    return (service.get(key) or [default])[-1]


def launch(unit, settings, service):
    user = pwd.getpwnam(one(service, "User"))
    group = grp.getgrnam(one(service, "Group"))
    more = [grp.getgrnam(name).gr_gid for name in words(service, "SupplementaryGroups")]
    credentials = f"/run/credentials/{unit}"
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
    env |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "CREDENTIALS_DIRECTORY": credentials}
    own = []
    for kind, base, mode in (("State", "/var/lib", 0o755), ("Cache", "/var/cache", 0o755)):
        for name in words(service, f"{kind}Directory"):
            path = f"{base}/{name}"
            os.makedirs(path, exist_ok=True)
            if os.stat(path).st_uid != user.pw_uid:
                subprocess.run(["chown", "-R", f"{user.pw_uid}:{group.gr_gid}", path], check=True)
            os.chmod(path, int(one(service, f"{kind}DirectoryMode", oct(mode)[2:]), 8))
            env[f"{kind.upper()}_DIRECTORY"] = path
            own.append(path)
    load_credentials(service, credentials, user)
    for pair in service.get("Environment", []):
        key, value = pair.split("=", 1)
        env[key] = value.replace("%d", credentials)
    door = listening(settings)
    log = os.open(f"{STATE}/{unit}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    limit = memory_group(unit, one(service, "MemoryMax"))
    child = os.fork()
    if child:
        with open(f"{STATE}/{unit}.pid", "w", encoding="utf8") as file:
            file.write(str(child))
        return
    try:
        os.setsid()
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        keep = 3
        if door:
            if door.fileno() != 3:
                os.dup2(door.fileno(), 3)
            os.set_inheritable(3, True)
            env |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
            keep = 4
        os.closerange(keep, 1024)
        limit(os.getpid())
        os.umask(int(one(service, "UMask", "0022"), 8))
        if one(service, "LimitCORE") == "0":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        paths = [path for line in service.get("ReadWritePaths", []) for path in line.split()]
        hidden = [path for line in service.get("InaccessiblePaths", []) for path in line.split()]
        command = one(service, "ExecStart").split()
        calls = sandbox.calls_of(words(service, "SystemCallFilter"))
        said = {key: one(service, key) for key in service}
        sandbox.mounts(said, own + paths, hidden)
        os.chdir("/")
        sandbox.become(user, group, more, said)
        sandbox.filter_calls(said, words(service, "RestrictAddressFamilies"), calls)
        os.execve(command[0], command, env)
    except BaseException as error:  # whatever it is, there is nobody else who could say it
        os.write(2, f"stand-in: {unit}: {error!r}\n".encode())
    os._exit(1)


def words(service, key):
    return [word for line in service.get(key, []) for word in line.split()]


def load_credentials(service, folder, user):
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for pair in service.get("LoadCredential", []):
        name, source = pair.split(":", 1)
        with open(source, "rb") as file:
            content = file.read()
        handle = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
        os.write(handle, content)
        os.fchown(handle, user.pw_uid, -1)
        os.close(handle)
    os.chown(folder, user.pw_uid, -1)
    os.chmod(folder, 0o500)


def listening(settings):
    """The first socket that the service requires."""
    for unit in settings["Unit"].get("Requires", []):
        if unit.endswith(".socket"):
            [stream] = read(unit)["Socket"]["ListenStream"]
            host, _, port = stream.rpartition(":")
            # A port alone is of all addresses; else it is one of IPv4.
            door = socket.socket(socket.AF_INET if host else socket.AF_INET6)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((host or "::", int(port)))
            door.listen(511)
            return door
    return None


def memory_group(unit, size):
    """Of cgroups 1 or 2, whichever lets us; else that is said, and nobody limits it."""
    if size is None:
        return lambda pid: None
    limit = int(size[:-1]) * SIZES[size[-1]] if size[-1] in SIZES else int(size)
    for top, setting in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        folder = f"{top}/{os.uname().nodename}-{unit}"
        try:
            os.makedirs(folder, exist_ok=True)
            with open(f"{folder}/{setting}", "w", encoding="utf8") as file:
                file.write(str(limit))
            def join(pid, folder=folder):
                with open(f"{folder}/cgroup.procs", "w", encoding="utf8") as file:
                    file.write(str(pid))
            with open(f"{STATE}/{unit}.cgroup", "w", encoding="utf8") as file:
                file.write(folder)
            return join
        except OSError:
            continue
    print(f"stand-in: {unit}: this machine lets nobody limit memory: MemoryMax is not tried", file=sys.stderr)
    return lambda pid: None


def stop(unit):
    path = f"{STATE}/{unit}.pid"
    if not os.path.exists(path):
        return
    with open(path, encoding="utf8") as file:
        pid = int(file.read())
    try:
        os.kill(pid, signal.SIGTERM)
        for _ in range(450):
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.unlink(path)


def main(args):
    verb, *rest = [arg for arg in args if not arg.startswith("--")] or [""]
    units = [name if "." in name else f"{name}.service" for name in rest]
    if verb == "daemon-reload" or (verb == "enable" and "--now" not in args):
        return
    if verb not in ("enable", "start", "stop", "restart"):
        sys.exit(f"stand-in: {verb} is not done here")
    for unit in units:
        if verb in ("stop", "restart"):
            stop(unit)
        if verb != "stop":
            start(unit)


main(sys.argv[1:])
