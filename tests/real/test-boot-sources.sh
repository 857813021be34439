#!/bin/bash
# What is predicted of tmpfiles.d, modprobe.d, unit files, system.conf and limits.conf beside what systemd-tmpfiles, modprobe,
# systemd and pam_limits make of the same files, in a root directory of their own.
#
#   test-boot-sources.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v jq >/dev/null || { skip "boot sources beside the real programs" "jq is not installed"; done_testing; exit; }

# predicted SOURCE: "KEY VALUE" of every line that wins, sorted
predicted() {
	"$keisoku" capture --quiet --root "$work/root" | jq -r '.content.subjects[] | select(.kind == "host") | .settings[]
		| select(.key | startswith("boot.")) | .raw' | awk -F '\t' -v source="$1" '$1 == "wins" && $2 == source {
			print $6, $7 }' | sort
}

# a file of the root: write PATH <TEXT
write() {
	mkdir -p "$work/root$(dirname "$1")"
	cat >"$work/root$1"
}

begin() {
	rm -rf "$work/root"
	mkdir -p "$work/root/etc"
}

if command -v systemd-tmpfiles >/dev/null; then
	keys="swappiness dirty_ratio dirty_background_ratio laptop_mode overcommit_memory page-cluster"
	values=(10 20 '30\\n' 'a\\x20b' '4 5' '%%6')
	seed=7
	# random COUNT: a number below it; the same ones in each run
	random() {
		seed=$(((seed * 1103515245 + 12345) % 2147483648))
		drawn=$((seed / 65536 % $1))
	}
	differ=0
	layouts=40
	for ((i = 0; i < layouts; i++)); do
		begin
		for key in $keys; do printf 'untouched\n' | write "/proc/sys/vm/$key"; done
		for file in etc/tmpfiles.d/b etc/tmpfiles.d/d usr/local/lib/tmpfiles.d/b usr/lib/tmpfiles.d/a usr/lib/tmpfiles.d/d; do
			random 4
			[ "$drawn" -gt 0 ] || continue
			random 4
			for ((n = 0; n <= drawn; n++)); do
				random 6
				# shellcheck disable=SC2086 # words
				set -- $keys
				shift "$drawn"
				key=$1
				random 6
				value=${values[$drawn]}
				random 5
				types=(w 'w!' w- f+ f)
				printf '%s /proc/sys/vm/%s - - - - %b\n' "${types[$drawn]}" "$key" "$value"
				random 3
			done | write "/$file.conf"
			# the loop ran in a process of its own: go on from another place
			seed=$((seed + 4711 + i))
		done
		expected=$(predicted tmpfiles)
		systemd-tmpfiles --create --boot --root="$work/root" 2>/dev/null
		found=$(cd "$work/root/proc/sys/vm" && for key in $keys; do
			[ "$(cat "$key")" = untouched ] || printf 'vm.%s %s\n' "$key" "$(head -n 1 "$key" | sed 's/ouched$//')"
		done | sort)
		# w writes over the beginning of a plain file and leaves the rest of it, as no file of the kernel's does
		found=$(while read -r key value; do
			want=$(printf '%s\n' "$expected" | sed -n "s/^$key //p")
			case $value in "$want"*) value=$want ;; esac
			echo "$key $value"
		done <<<"$found")
		[ "$(printf '%s' "$expected")" = "$(printf '%s' "$found" | sed '/^ $/d')" ] || {
			differ=$((differ + 1))
			printf '# layout %s\n# expected:\n%s\n# found:\n%s\n' "$i" "$expected" "$found" | sed 's/^[^#]/# &/'
			grep -r . "$work/root"/etc "$work/root"/usr | sed "s|$work/root|# |"
		}
	done
	same "what systemd-tmpfiles writes in $layouts layouts" 0 "$differ"
else
	skip "tmpfiles.d beside systemd-tmpfiles" "systemd-tmpfiles is not installed"
fi

PATH=$PATH:/usr/sbin:/sbin
if command -v modprobe >/dev/null; then
	begin
	write /etc/modprobe.d/a.conf <<-'EOF'
		# a comment
		options nf_conntrack hashsize=1024 \
		    acct=1
		options nf-conntrack tstamp=1
		blacklist pcspkr
	EOF
	write /etc/modprobe.d/b.conf <<-'EOF'
		options nf_conntrack hashsize=65536
		options	loop  max_loop=8   max_part=3
	EOF
	found=$(modprobe -C "$work/root/etc/modprobe.d" --showconfig 2>/dev/null | awk '$1 == "options" {
		for (i = 3; i <= NF; i++) { split($i, half, "="); last["module." $2 "." half[1]] = half[2] } }
		$1 == "blacklist" { last["module." $2 ".blacklist"] = "true" }
		END { for (key in last) print key, last[key] }' | grep -E 'nf_conntrack|loop|pcspkr' | sort)
	same "what modprobe takes from modprobe.d" "$found" "$(predicted modprobe)"
else
	skip "modprobe.d beside modprobe" "modprobe is not installed"
fi

# systemd and pam_limits, in namespaces of their own.  Other versions of systemd are taken from the roots of unpacked packages that
# KEISOKU_LOADERS names, with colons between them.
if [ "$(id -u)" -eq 0 ] && command -v python3 >/dev/null && unshare -mnpf --mount-proc true 2>/dev/null; then
	mkdir -p "$work/limits"
	chmod 755 "$work" "$work/limits"	# who asks systemd is not root
	timeout 500 unshare -mnpuif --kill-child --mount-proc --propagation private \
		python3 "$source/tests/real/boot-limits.py" "$keisoku" "$work/limits" "${KEISOKU_LOADERS-}" >"$work/result" 2>"$work/errors"
	status=$?
	while IFS=$(printf '\t') read -r verdict name detail; do
		case $verdict in
		ok) ok "$name" ;;
		skip) skip "$name" "$detail" ;;
		*) not_ok "$name" "$(printf '%b' "$detail")" ;;
		esac
	done <"$work/result"
	same "limits are compared to the end" 0 "$status"
	head -n 20 "$work/errors" | sed 's/^/# /'
else
	skip "limits beside systemd and pam_limits" "root, python3 or namespaces are missing"
fi
done_testing
