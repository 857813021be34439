#!/bin/bash
# What others wrote, read as proposals: profiles of TuneD, files of sysctl, playbooks and scripts that packages of Debian ship.
# Each line that means something is an item, or is named as what is not understood.
#
# The packages are downloaded and unpacked, never installed; without a mirror the test is skipped.
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Every package of the distribution that ships a file of sysctl.
sysctl_packages="procps systemd systemd-coredump kdump-tools lxd ceph-osd lxc corekeeper tup tracker-miner-fs bubblewrap uhd-host
	389-ds-base libreswan ufw hardening-runtime octavia-agent open-infrastructure-compute-tools
	open-infrastructure-system-images libvirt-daemon-system"
packages="$sysctl_packages tuned udev kmod mdadm jackd2 dmsetup rtkit nfs-common multipath-tools
	ssg-debian ssg-debderived rear python3-magnum cloud-init"

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
	if grep -q '^include=.*[$]{f:' "$profile"; then
		same "TuneD's $name: what it includes is named as not understood" "$(grep -n '^include=' "$profile" | cut -d : -f 1)" \
			"$(awk -F '\t' '$3 == "unclear" && $5 ~ /includes depends on a function/ { print $2 }' "$work/items")"
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
done < <(find "$work/root" -type f \( -path '*/sysctl.d/*.conf' -o -name sysctl.conf -o -name '*.sysctl' \) | sort)
if [ -n "${missing-}" ]; then
	skip "files of sysctl in $(wc -w <<<"$sysctl_packages") packages" "$files were looked at; not all of them could be downloaded"
else
	same "files of sysctl in $(wc -w <<<"$sysctl_packages") packages: $files were looked at" yes "$([ "$files" -ge 22 ] && echo yes)"
fi

# Playbooks of hardening guides: every task of the module sysctl is an item of that key, or its lines are named.
playbooks=0 wrong=
for playbook in "$work"/root/usr/share/scap-security-guide/ansible/*.yml; do
	[ -f "$playbook" ] || continue
	playbooks=$((playbooks + 1))
	review "$playbook" >"$work/items" || wrong="$wrong $(basename "$playbook") is not read"
	wrong=$wrong$(python3 "$source/tests/real/playbook-tasks.py" "$playbook" "$work/items")
	wrong=$wrong$(awk -F '\t' '$3 == "broken" || ($3 == "unclear" && $5 == "")' "$work/items")
done
if [ "$playbooks" -gt 0 ]; then
	same "$playbooks playbooks of hardening guides: every task of sysctl is understood, or its line is named" "" "$wrong"
else
	skip "playbooks of hardening guides" "their packages could not be downloaded"
fi

# Where real shells find no mistake of syntax, none is found; where they do, it is named.  With -n, bash does not switch on what a
# script switches on for itself.
has_mistake() {
	case $(head -n 1 "$1") in
	'#!'*bash*) shells=(bash) ;;
	'#!'*sh*) shells=(dash) ;;
	*) shells=(dash bash) ;;
	esac
	if grep -q '^[^#]*shopt -s.*extglob' "$1"; then
		shells=("${shells[@]/bash/bash -O extglob}")
	fi
	for shell in "${shells[@]}"; do
		# shellcheck disable=SC2086 # a shell and its options
		$shell -n "$1" 2>"$work/warnings" && ! grep -q 'here-document at line' "$work/warnings" && return 1
	done
	return 0
}
find "$work/root" -type f -name '*.sh' -exec awk 'FNR == 1 && !/^#!/ || /^#!.*sh/ { print FILENAME } { nextfile }' {} + |
	sort >"$work/scripts"
while read -r script; do
	! has_mistake "$script" || echo "$script"
done <"$work/scripts" >"$work/expected"
if [ -s "$work/scripts" ]; then
	mapfile -t scripts <"$work/scripts"
	review --as shell "${scripts[@]}" >"$work/items"
	same "${#scripts[@]} scripts: they are read" 0 $?
	same "${#scripts[@]} scripts: mistakes of syntax are those that dash and bash find" "$(cat "$work/expected")" \
		"$(awk -F '\t' '$5 ~ /the shell stops here/ { print $1 }' "$work/items" | sort -u)"
else
	skip "scripts" "no package that has one could be downloaded"
fi

# Examples of cloud-init: each is read to its end.
wrong=
for example in "$work"/root/usr/share/doc/cloud-init/examples/cloud-config*.txt; do
	[ -f "$example" ] || continue
	review --as cloud-init "$example" >"$work/items" || wrong="$wrong ${example##*/}"
	wrong=$wrong$(awk -F '\t' '$3 == "broken"' "$work/items")
done
same "examples of cloud-init: none is broken" "" "$wrong"

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
