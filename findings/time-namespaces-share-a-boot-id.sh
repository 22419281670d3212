#!/bin/sh
# Guess, written down before running: two processes that read the same /proc/sys/kernel/random/boot_id count CLOCK_BOOTTIME
# from the same moment, whatever containers they are in; so a time of that clock, kept with the boot id, means the same to both.
#
# Seen (Linux 5.6 and newer, util-linux 2.38): in a time namespace (man 7 time_namespaces) the boot id is the host's, and
# CLOCK_BOOTTIME, like /proc/uptime, is ahead of the host's or behind it by what the namespace was made with. Only the inode of
# /proc/self/ns/time tells the two clocks apart.
#
# Exits 1 when that changes; 77 where no namespace can be made here.
set -eu
ahead=5000
look='cat /proc/sys/kernel/random/boot_id; cut -d. -f1 /proc/uptime; readlink /proc/self/ns/time'
unshare --time --boottime $ahead true 2>/dev/null || { echo "no time namespace can be made here"; exit 77; }
here=$(sh -c "$look")
there=$(unshare --time --boottime $ahead sh -c "$look")
boot_here=$(echo "$here" | sed -n 1p)
boot_there=$(echo "$there" | sed -n 1p)
shift_seen=$(($(echo "$there" | sed -n 2p) - $(echo "$here" | sed -n 2p)))
space_here=$(echo "$here" | sed -n 3p)
space_there=$(echo "$there" | sed -n 3p)
echo "$(uname -sr): boot ids equal: $([ "$boot_here" = "$boot_there" ] && echo yes || echo no); boot clocks $shift_seen s apart;" \
  "namespaces $space_here and $space_there"
[ "$boot_here" = "$boot_there" ] && [ "$shift_seen" -ge $((ahead - 5)) ] && [ "$space_here" != "$space_there" ]
