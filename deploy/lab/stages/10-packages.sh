#!/bin/bash
# The Debian packages, and the guest's kernel (which is only downloaded: it is never installed on this machine).
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
export DEBIAN_FRONTEND=noninteractive

# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}:${VERSION_ID:-}" = debian:12 ] || die "the lab is made of Debian 12's packages; this is ${PRETTY_NAME:-another system}"

mapfile -t packages < <(sed 's/#.*//' "$LAB_HOME/packages.list" | tr -d ' \t' | sed '/^$/d')
# (dpkg-query fails when it does not know a package; what it prints then is just short of lines)
installed=$(dpkg-query -W -f '${db:Status-Abbrev}\n' "${packages[@]}" 2>/dev/null | grep -c '^ii' || true)
kernels=$LAB_ROOT/data/guest-kernel
if [ "$installed" = "${#packages[@]}" ] && ls "$kernels"/linux-image-*.deb >/dev/null 2>&1; then
  note "all ${#packages[@]} packages are installed"
  exit 0
fi

# Package scripts would start their daemons: policy-rc.d forbids it. A file that was there before stays there.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  # the owner's mark tells a file that an interrupted run left behind
  printf '#!/bin/sh\n# made by the lab for the time of its installation\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
# Each of 240 Python packages would start a compiler of its own, for its tests too: half of the time of the installation.
# Their scripts find one that does nothing; what is not a test is compiled once, on all processors.
early=$(mktemp -d)
printf '#!/bin/sh\n' >"$early/py3compile"
chmod 755 "$early/py3compile"
clean_up() {
  rm -r "$early"
  ! grep -q 'made by the lab' /usr/sbin/policy-rc.d 2>/dev/null || rm -f /usr/sbin/policy-rc.d
}
trap clean_up EXIT

# A configuration file the lab has written stays as it is; dpkg need not fsync for a machine that can be made again.
options=(-y -q --no-install-recommends -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold
  -o DPkg::Lock::Timeout=300 -o "DPkg::Path=$early:/usr/sbin:/usr/bin:/sbin:/bin")
apt-get update -q
lap "package lists"
apt-get install "${options[@]}" --download-only "${packages[@]}"
lap "download"
apt-get install "${options[@]}" "${packages[@]}"
lap "installation"
# (some hold files for another Python: those stay as they are)
python3 -m compileall -q -j 0 -x '/tests?/' /usr/lib/python3/dist-packages /usr/share/ceph/mgr >/dev/null 2>&1 || true
lap "compilation"

if ! ls "$kernels"/linux-image-*.deb >/dev/null 2>&1; then
  mkdir -p "$kernels"
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*cloud-amd64\)$/\1/p' | tail -n 1)
  [ -n "$kernel" ] || die "linux-image-cloud-amd64 names no kernel package"
  # apt downloads as the user _apt, who may not write here: harmless, it then says so and does it as root
  (cd "$kernels" && apt-get download -q "$kernel")
  lap "the guest's kernel"
fi
