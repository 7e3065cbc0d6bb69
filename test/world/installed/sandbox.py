"""What a unit's settings are for the process that it starts, by the means of the kernel: mounts, capabilities, seccomp."""
import ctypes
import errno
import os
import socket
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUTS = 0x20000, 0x4000000
NAMESPACES = (NEWNS, NEWUTS, 0x2000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, MOVE, REC, SLAVE = 1, 2, 4, 8, 32, 4096, 8192, 16384, 1 << 19
OWN_WAYS = ("/proc", "/sys", "/dev")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def done(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind=None, flags=0, data=None):
    words = [word.encode() if word else None for word in (source, target, kind)]
    done(libc.mount(*words, flags, data.encode() if data else None), f"mount {target}")


def mounts(said, writable, hidden):
    """A view of this host of its own: what may be written, what cannot be seen."""
    done(libc.unshare(NEWNS | NEWUTS), "unshare")
    mount(None, "/", None, REC | SLAVE)
    if said["ProtectSystem"] != "strict":
        raise ValueError("ProtectSystem is not strict")
    for path in writable:
        mount(path, path, None, BIND)
    writable = list(writable)
    if said.get("PrivateTmp") == "yes":
        for path in ("/tmp", "/var/tmp"):
            mount("tmpfs", path, "tmpfs", NOSUID | NODEV, "mode=1777")
            writable.append(path)
    if said.get("ProtectHome") == "yes":
        hidden = [*hidden, "-/home", "-/root", "-/run/user"]
    for path in hidden:
        hide(path)
    if said.get("PrivateDevices") == "yes":
        few_devices()
    with open("/proc/self/mountinfo", encoding="utf8") as file:
        places = [line.split()[4] for line in file]
    for place in dict.fromkeys(places):
        if not any(place == path or place.startswith(f"{path}/") for path in (*writable, *OWN_WAYS)) or place == "/":
            mount(None, place, None, REMOUNT | BIND | RDONLY)
    if said.get("ProtectKernelTunables") == "yes":
        for place in (place for place in places if place == "/sys" or place.startswith("/sys/")):
            mount(None, place, None, REMOUNT | BIND | RDONLY)
    options = ["hidepid=invisible"] if said.get("ProtectProc") == "invisible" else []
    options += ["subset=pid"] if said.get("ProcSubset") == "pid" else []
    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC, ",".join(options))
    if said.get("ProtectKernelTunables") == "yes" and os.path.isdir("/proc/sys"):
        mount("/proc/sys", "/proc/sys", None, BIND)
        mount(None, "/proc/sys", None, REMOUNT | BIND | RDONLY)


def hide(path):
    optional, path = path.startswith("-"), path.lstrip("-")
    if not os.path.exists(path):
        if not optional:
            raise FileNotFoundError(path)
    elif os.path.isdir(path):
        mount("tmpfs", path, "tmpfs", RDONLY | NOSUID | NODEV | NOEXEC, "mode=000,size=4k")
    else:
        mount("/dev/null", path, None, BIND)


def few_devices():
    place = f"/run/stand-in/dev-{os.getpid()}"
    os.makedirs(place)
    mount("tmpfs", place, "tmpfs", NOSUID, "mode=755,size=64k")
    for name in DEVICES:
        with open(f"{place}/{name}", "wb"):
            pass
        mount(f"/dev/{name}", f"{place}/{name}", None, BIND)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):
        os.symlink(target, f"{place}/{name}")
    os.mkdir(f"{place}/shm", 0o1777)
    mount("tmpfs", f"{place}/shm", "tmpfs", NOSUID | NODEV, "mode=1777")
    mount(place, "/dev", None, MOVE)


def become(user, group, more, said):
    """That user for good: no capability is left, nor can one be got."""
    if said.get("CapabilityBoundingSet") is None:
        for capability in range(64):
            libc.prctl(24, capability, 0, 0, 0)
    groups = os.getgrouplist(user.pw_name, group.gr_gid)
    os.setgroups(sorted({*groups, *more}))
    os.setresgid(group.gr_gid, group.gr_gid, group.gr_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    if said.get("NoNewPrivileges") == "yes":
        done(libc.prctl(38, 1, 0, 0, 0), "no new privileges")


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


EQUAL, GREATER, MASKED = 4, 6, 7
ALLOW = 0x7FFF0000
refuse = lambda number: 0x00050000 | number


class Filter:
    def __init__(self, otherwise):
        self.lib = ctypes.CDLL("libseccomp.so.2")
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action, name, *comparison):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number == -1:
            return
        array = (Comparison * 1)(Comparison(*comparison)) if comparison else None
        result = self.lib.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, 1 if comparison else 0, array)
        if result not in (0, -errno.EDOM):
            raise OSError(-result, f"seccomp {name}")

    def load(self):
        result = self.lib.seccomp_load(self.context)
        if result:
            raise OSError(-result, "seccomp")


def calls_of(groups):
    """The system calls that these groups of systemd's have."""
    found, waiting = set(), list(groups)
    while waiting:
        name = waiting.pop()
        if not name.startswith("@"):
            found.add(name)
            continue
        said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
        waiting += [word for line in said.stdout.splitlines()[1:] for word in line.split("#")[0].split()]
    return found


def filter_calls(said, families, calls):
    if said.get("RestrictNamespaces") == "yes":
        one = Filter(ALLOW)
        for flag in NAMESPACES:
            one.rule(refuse(errno.EPERM), "clone", 0, MASKED, flag, flag)
        one.rule(refuse(errno.ENOSYS), "clone3")
        for name in ("unshare", "setns"):
            one.rule(refuse(errno.EPERM), name)
        one.load()
    if families:
        allowed = {getattr(socket, name) for name in families}
        one = Filter(ALLOW)
        for family in set(range(64)) - allowed:
            one.rule(refuse(errno.EAFNOSUPPORT), "socket", 0, EQUAL, family, 0)
        one.rule(refuse(errno.EAFNOSUPPORT), "socket", 0, GREATER, 63, 0)
        one.load()
    if said.get("RestrictSUIDSGID") == "yes":
        one = Filter(ALLOW)
        for name, place in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2)):
            for bit in (0o4000, 0o2000):
                one.rule(refuse(errno.EPERM), name, place, MASKED, bit, bit)
        one.load()
    if calls:
        one = Filter(refuse(errno.EPERM))
        for name in calls:
            one.rule(ALLOW, name)
        one.load()
