#!/bin/bash
# Proposals that never end, stand in each other for ever, or are out to do harm: nothing is run, nothing is written, nothing is
# followed out of what was given; a review of each ends by itself, with a status of its own, in bounded memory.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
marker=$work/ran
memory=$((3 << 20)) # KiB
sanitized=
! grep -qa __asan_init "$keisoku" || sanitized=1

"$keisoku" capture --quiet --root "$source/tests/roots/cgroup-v2" -o "$work/host.json"

# review STATUS OPTION...: ends with that status, says nothing that a terminal would act on, and runs nothing
review() {
	expected=$1
	shift
	(
		[ -n "$sanitized" ] || ulimit -v "$memory"
		exec timeout -k 5 60 "$keisoku" review --quiet --color never --against "$work/host.json" --output json="$work/out.json" \
			--output text="$work/out" "$@" >"$work/stdout" 2>"$work/err"
	)
	status=$?
	[ "$status" -eq "$expected" ] || wrong="$wrong status $status: $(tail -n 3 "$work/err")"
	[ ! -e "$marker" ] || wrong="$wrong something was run"
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$work/out" "$work/err" || wrong="$wrong control characters"
	rm -f "$marker"
}

mkdir "$work/given"
"$source/tests/cli/hostile-proposal.py" "$work/given" "$marker" >"$work/list"
while IFS=$(printf '\t') read -r form least name; do
	wrong=
	rm -f "$work/out.json" "$work/out"
	if [ "$form" = - ]; then
		review 0 "$work/given/$name"
	else
		review 0 --as "$form" "$work/given/$name"
	fi
	found=$(jq '.findings | length' "$work/out.json" 2>&1)
	[ "$found" -ge "$least" ] 2>/dev/null || wrong="$wrong $found findings, expected at least $least"
	same "$name" "" "$wrong"
done <"$work/list"

# One line of 60,000 mount options: each is a setting, and the line is not kept with each.
python3 -c 'print("/dev/sda1 /data ext4 " + ",".join(f"opt{i}={i}" for i in range(60000)) + " 0 2")' >"$work/fstab"
wrong='' every=$memory memory=$((400 << 10))
review 0 --as fstab "$work/fstab"
memory=$every
same "a line of many options takes little memory" "" "$wrong"

# What is larger than a proposal may be is refused, and so is what is no file.
wrong=
truncate -s 65M "$work/large.conf"
review 3 "$work/large.conf"
contains "64 MiB and more are refused" "has more than" "$(cat "$work/err")"
ln -s loop "$work/loop"
review 3 "$work/loop"
contains "a link to itself is refused" "loop: Too many levels" "$(cat "$work/err")"
review 3 "$work/nothing"
contains "what is not there is refused" "nothing: No such file" "$(cat "$work/err")"
review 3 /dev/zero
contains "a device without an end is refused" "/dev/zero: " "$(cat "$work/err")"
mkfifo "$work/pipe"
review 3 "$work/pipe"
contains "a pipe that nobody writes to is refused" "pipe: nobody writes to it" "$(cat "$work/err")"
(sleep 1; printf 'vm.swappiness = 10\n' >"$work/pipe") &
review 0 --as sysctl.d "$work/pipe"
wait $!
same "one that somebody writes to is read" 1 "$(jq '.findings | length' "$work/out.json")"
same "each with its status" "" "$wrong"

# A directory: links are not followed, pipes and devices not opened, and names may be anything.
wrong=
mkdir -p "$work/directory/etc/sysctl.d"
cd "$work/directory" || exit 1
echo 'vm.swappiness = 1' >$'etc/sysctl.d/a\nb\e[31m.conf'
echo 'vm.swappiness = 2' >etc/sysctl.d/-rf.conf
# shellcheck disable=SC2016 # a name
echo 'vm.swappiness = 3' >'etc/sysctl.d/$(touch x).conf'
echo 'kernel.secret = 1' >"$work/secret.conf"
ln -s "$work/secret.conf" etc/sysctl.d/z.conf
ln -s . etc/again
ln -s / root
mkfifo etc/sysctl.d/pipe.conf
[ "$(id -u)" -ne 0 ] || mknod etc/sysctl.d/zero.conf c 1 5 2>/dev/null
(for _ in $(seq 300); do mkdir d && cd d || exit; done) 2>/dev/null
cd "$work" || exit 1
review 0 "$work/directory"
same "a directory of odd names: each file once" "3 vm.swappiness" \
	"$(jq -r '.findings[].values.key' "$work/out.json" | sort | uniq -c | sed 's/^ *//')"
same "a directory of odd names: it ends, and shows them harmlessly" "" "$wrong"

# What it does while it reads them, as the kernel sees it.
if command -v strace >/dev/null && [ -z "$sanitized" ] && strace -o /dev/null true 2>/dev/null; then
	mkdir "$work/tmp"
	(cd "$work/given" && TMPDIR=$work/tmp strace -f -qq -e trace=%process,%network,%file -o "$work/trace" "$keisoku" review --quiet \
		--against "$work/host.json" commands.sh here-document.sh tuned/tuned.conf lookup.yaml object.yaml upwards.diff \
		>/dev/null 2>"$work/err")
	same "traced: exit status" 0 $?
	same "traced: nothing is executed but the program" 1 "$(grep -c 'execve(' "$work/trace")"
	same "traced: no other process" "" "$(grep -E 'fork\(|clone3?\(' "$work/trace" | head -n 3)"
	same "traced: nobody is called" "" "$(grep -E 'connect\(|sendto\(' "$work/trace" | head -n 3)"
	same "traced: nothing is written outside TMPDIR" "" \
		"$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|unlink|rename|mkdir|symlink|chmod|truncate\(' "$work/trace" | grep -v ENOENT |
			grep -vE "\"$work/tmp/|\(([0-9]+), \"" | head -n 5)"
	same "traced: TMPDIR is left empty" "" "$(ls -A "$work/tmp")"
else
	skip "traced" "strace is not installed, or may not trace"
fi
done_testing
