#!/bin/bash
# What others wrote, read as proposals: profiles of TuneD and the files that packages of Debian ship.  Each line that means
# something is an item, or is named as what is not understood.
#
# The packages are downloaded and unpacked, never installed; without a mirror the test is skipped.
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages="tuned procps systemd systemd-coredump hardening-runtime corekeeper tracker-miner-fs bubblewrap ufw
	libvirt-daemon-system udev kmod mdadm jackd2 dmsetup rtkit nfs-common multipath-tools"

mkdir "$work/packages" "$work/root"
for package in $packages; do
	(cd "$work/packages" && timeout 60 apt-get download -q "$package" >/dev/null 2>&1) || missing="${missing-} $package"
done
for package in "$work/packages"/*.deb; do
	[ ! -f "$package" ] || dpkg-deb -x "$package" "$work/root" 2>/dev/null
done
[ -z "${missing-}" ] || skip "packages$missing" "they could not be downloaded"
"$keisoku" capture --quiet --root "$source/tests/roots/cgroup-v2" -o "$work/host.json"

# review OPTION... FILE: its findings as FILE:LINE, verdict and reason
review() {
	timeout 60 "$keisoku" review --quiet --against "$work/host.json" --output json="$work/out.json" "$@" >/dev/null 2>"$work/err" &&
		jq -r '.findings[] | [.sites[0].file, .sites[0].line, .rule, .values.key // "", .reason] | @tsv' "$work/out.json"
}

profiles=0
for profile in "$work"/root/usr/lib/tuned/*/tuned.conf; do
	[ -f "$profile" ] || continue
	profiles=$((profiles + 1))
	name=${profile%/tuned.conf}
	name=${name##*/}
	review "$profile" >"$work/items"
	same "TuneD's $name: it is read" 0 $?
	# What includes another one by a function is not guessed, nor what includes that: one line says so.
	if [ "$(wc -l <"$work/items")" -eq 1 ] && grep -q 'what it includes depends on a function' "$work/items"; then
		same "TuneD's $name: what it includes is named as not understood" unclear "$(cut -f 3 "$work/items")"
		continue
	fi
	# Options of units that set something; filters, modules that are only loaded again, those of [main], [variables] and of units' own affairs set nothing by themselves.
	awk '/^[ \t]*\[/ { section = $0 }
		section !~ /\[(main|variables|bootloader|script)\]/ && /^[^#;[].*=/ && $0 !~ /^[a-z_]+[ \t]*=[ \t]*\+r$/ && !/^(type|devices|enabled|replace|priority|drop|regex|devices_udev_regex|cpus|load_threshold|force_latency|uname_regex|cpuinfo_regex|(cgroup_)?ps_blacklist|isolated_cores|runtime)[ \t]*=/ \
			{ print FNR }' "$profile" | sort >"$work/expected"
	cut -f 1,2 "$work/items" | awk -F '\t' -v file="$profile" '$1 == file { print $2 }' | sort -u >"$work/found"
	same "TuneD's $name: every option is understood or named" "" "$(comm -23 "$work/expected" "$work/found" |
		while read -r line; do sed -n "$line{=;p}" "$profile" | paste -s; done)"
	same "TuneD's $name: what is not understood has its reason" "" "$(awk -F '\t' '$3 == "unclear" && $5 == ""' "$work/items")"
done
[ "$profiles" -gt 0 ] || skip "profiles of TuneD" "its package could not be downloaded"

# As systemd-sysctl does: every line but comments and blank ones says something.
files=0
while read -r file; do
	files=$((files + 1))
	review --as sysctl.d "$file" >"$work/items"
	same "${file#"$work/root"}: every line is an item, and no other" "$(grep -nvE '^[[:space:]]*([#;]|$)' "$file" | cut -d : -f 1)" \
		"$(cut -f 2 "$work/items" | sort -nu)"
done < <(find "$work/root" -type f \( -path '*/sysctl.d/*.conf' -o -path '*/etc/sysctl.conf' -o -path '*/ufw/sysctl.conf' \
	-o -name '*.sysctl' \) | sort)
[ "$files" -gt 0 ] || skip "files of sysctl.d" "no package that has one could be downloaded"

# Whatever else stands where a host has it: it is read to its end, and nothing in it is taken for broken.
for kind in udev:rules.d/\*.rules modprobe.d:modprobe.d/\*.conf limits:limits.d/\*.conf; do
	count=0 broken=
	while read -r file; do
		count=$((count + 1))
		broken=$broken$(review --as "${kind%%:*}" "$file" | awk -F '\t' '$3 == "broken"')
	done < <(find "$work/root" -type f -path "*/${kind#*:}" | sort | head -n 40)
	if [ "$count" -gt 0 ]; then
		same "$count files of packages, as ${kind%%:*}: none is broken" "" "$broken"
	else
		skip "files of packages, as ${kind%%:*}" "no package that has one could be downloaded"
	fi
done
done_testing
