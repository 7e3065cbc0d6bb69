#!/bin/bash
# A tiny bootable guest made of Debian packages: the cloud kernel, busybox, ext4, qemu-guest-agent.
# The result is a raw disk of 384 MiB (MBR, extlinux): LAB_ROOT/data/guest/lab.raw.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

work=$LAB_ROOT/data/guest image=$LAB_ROOT/data/guest/lab.raw
mapfile -t sources < <(find "$LAB_HOME/guest" -type f | sort)
if [ -s "$image" ] && done_once guest "$0" "${sources[@]}"; then
  note "the image is there"
  exit 0
fi
rm -rf "$work"
root=$work/root initrd=$work/initrd unpacked=$work/kernel
mkdir -p "$unpacked" "$initrd"/{bin,proc,sys,dev,new,lib/modules} \
  "$root"/{bin,sbin,usr/bin,usr/sbin,etc,proc,sys,dev,run,tmp,var/lab,var/run,data,boot,lib/modules,lib64,root}
dpkg-deb -x "$(find "$LAB_ROOT/data/guest-kernel" -name 'linux-image-*.deb' | sort | tail -n 1)" "$unpacked"
version=$(basename "$unpacked"/lib/modules/*)
depmod -b "$unpacked" "$version"

# modules TREE NAME...: copy kernel modules with what they need
modules() {
  local tree=$1 name file; shift
  for name in "$@"; do
    # (a module that is built in has nothing to copy)
    modprobe -d "$unpacked" -S "$version" --show-depends "$name" 2>/dev/null | awk '$1 == "insmod" {print $2}' || true
  done | sort -u | while read -r file; do
    install -D -m 644 "$file" "$tree/${file#"$unpacked/"}"
  done
  cp "$unpacked/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$version/"
  depmod -b "$tree" "$version"
}
modules "$initrd" virtio_pci virtio_blk virtio_scsi sd_mod ext4
modules "$root" virtio_pci virtio_blk virtio_scsi sd_mod sr_mod ata_piix ata_generic isofs virtio_net virtio_console virtio_rng \
  virtio_balloon button evdev xfs

# program PATH...: copy dynamic programs with their libraries
program() {
  local file library
  for file in "$@"; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
    ldd "$file" | grep -oE '/[^ ]+' | while read -r library; do
      mkdir -p "$root$(dirname "$library")"
      [ -e "$root$library" ] || cp -L "$library" "$root$library"
    done
  done
}
cp /bin/busybox "$initrd/bin/"
cp -a "$LAB_HOME/guest/initrd/." "$initrd/"
cp /bin/busybox "$root/bin/"
for applet in $(/bin/busybox --list); do
  # these come as real programs or as a script of ours
  case $applet in busybox | blkid | mke2fs | mkfs.ext2 | shutdown) ;; *) ln -sf /bin/busybox "$root/bin/$applet" ;; esac
done
for name in init poweroff reboot; do ln -sf /bin/busybox "$root/sbin/$name"; done
program /usr/sbin/qemu-ga /sbin/mke2fs /sbin/e2fsck /sbin/resize2fs /sbin/fstrim /sbin/blkid
cp /etc/mke2fs.conf "$root/etc/"
cp -a "$LAB_HOME/guest/root/." "$root/"
chown -R 0:0 "$root" "$initrd"
(cd "$initrd" && find . | cpio -o -H newc --quiet | gzip -1) >"$root/boot/initrd.gz"
cp "$unpacked/boot/vmlinuz-$version" "$root/boot/vmlinuz"
lap "tree"

# ---- the disk: one active partition at 1 MiB.
# extlinux cannot read the extents that "mke2fs -d" writes ("Loading /boot/vmlinuz failed: I/O error"): none of them.
truncate -s 384M "$image.new"
printf 'label: dos\n2048,,83,*\n' | sfdisk -q "$image.new"
mke2fs -q -t ext4 -L labroot -O ^64bit,^metadata_csum,^extent,^flex_bg -E offset=1048576 -d "$root" "$image.new" $(((384 - 1) * 1024))k
# a container's /dev may have no loop devices although the kernel does
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
if ! losetup --find >/dev/null 2>&1; then for n in 0 1 2 3 4 5 6 7; do [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n; done; fi
mkdir -p "$work/mnt"
loop=$(losetup --find --show -o 1048576 "$image.new")
release() { umount "$work/mnt" 2>/dev/null || true; losetup -d "$loop" 2>/dev/null || true; }
trap release EXIT
mount "$loop" "$work/mnt"
extlinux --install "$work/mnt/boot/extlinux"
umount "$work/mnt"
losetup -d "$loop"
trap - EXIT
dd if=/usr/lib/syslinux/mbr/mbr.bin of="$image.new" conv=notrunc status=none
mv "$image.new" "$image"
rm -rf "$root" "$initrd" "$unpacked"
mark_done guest "$0" "${sources[@]}"
lap "disk"
