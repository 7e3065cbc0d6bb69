#!/bin/sh
# udhcpc calls this with what the DHCP server said.
# shellcheck disable=SC2154  # interface, ip, mask and router come from udhcpc
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/${mask:-24}" dev "$interface"
[ -n "$router" ] && ip route add default via "$router"
exit 0
