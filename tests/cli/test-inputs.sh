#!/bin/bash
# Archives and images as inputs: read the same as the tree they hold; hostile ones do no harm; wrong ones are refused with
# a message that says where.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp"
export TMPDIR=$work/tmp

make() {
	"$source/tests/cli/make-image.py" "$1" "$work/$1" "$work/secret"
}

# What a snapshot says, without when it was made.
said() {
	jq -S 'del(.sha256, .content.window, .content.notes)' "$1"
}

# capture INPUT: into $work/out.json, what it says on stderr into $work/err
capture() {
	timeout -k 5 60 "$keisoku" capture --root "$1" -o "$work/out.json" 2>"$work/err"
}

nothing_left() {
	same "$1: nothing is left in TMPDIR" "" "$(ls -A "$work/tmp")"
}

# same_as_tree NAME INPUT: the snapshot of INPUT is that of $work/tree
same_as_tree() {
	capture "$2"
	same "$1: is read" 0 $?
	said "$work/out.json" >"$work/found"
	same "$1: as the tree is" "" "$(diff "$work/expected" "$work/found" | head -n 5)"
	nothing_left "$1"
}

# ---- the same tree in every form ----

cp -r "$source/tests/roots/cgroup-v2" "$work/tree"
mkdir -p "$work/tree/etc/sysctl.d" "$work/tree/opt"
echo 'vm.dirty_ratio = 31' >"$work/tree/etc/sysctl.d/50-a.conf"
echo 'vm.swappiness = 31' >"$work/tree/opt/b.conf"
ln -s ../../opt/b.conf "$work/tree/etc/sysctl.d/60-b.conf"
capture "$work/tree"
said "$work/out.json" >"$work/expected"
contains "the tree has what the link leads to" '/etc/sysctl.d/60-b.conf' "$(cat "$work/expected")"

tar cf "$work/plain.tar" -C "$work/tree" .
tar cf "$work/prefixed.tar" -C "$work" tree
tar cf "$work/gnu.tar" --format=gnu -C "$work/tree" etc opt proc sys
tar cf "$work/ustar.tar" --format=ustar -C "$work/tree" .
tar cf "$work/v7.tar" --format=v7 -C "$work/tree" .
for form in plain prefixed gnu ustar v7; do
	same_as_tree "$form tar" "$work/$form.tar"
done
gzip -k "$work/plain.tar"
bzip2 -k "$work/plain.tar"
xz -k "$work/plain.tar"
zstd -q "$work/plain.tar"
for form in gz bz2 xz zst; do
	cp "$work/plain.tar.$form" "$work/no-name"	# the bytes tell, not the name
	same_as_tree "$form" "$work/no-name"
done
gzip -k <"$work/plain.tar.gz" >"$work/twice.gz"
same_as_tree "gzip twice" "$work/twice.gz"
"$keisoku" capture --quiet --root "$work/tree" -o "$work/tree.json"
gzip -k "$work/tree.json"
timeout 60 "$keisoku" advise --quiet --snapshot "$work/tree.json.gz" --output json >"$work/report.json"
same "a compressed snapshot is judged" "0 $("$keisoku" advise --quiet --snapshot "$work/tree.json" --output json | md5sum)" \
	"$? $(md5sum <"$work/report.json")"

# From a pipe the bytes come once: what a link leads to elsewhere is noted.
rm "$work/tree/etc/sysctl.d/60-b.conf"
capture "$work/tree"
said "$work/out.json" >"$work/expected"
tar cf "$work/nolink.tar" -C "$work/tree" .
for form in cat 'gzip -c'; do
	$form "$work/nolink.tar" | timeout 60 "$keisoku" capture --quiet --root - -o "$work/out.json"
	same "from a pipe ($form)" "0 " "$? $(said "$work/out.json" | diff "$work/expected" - | head -n 5)"
done
timeout 60 "$keisoku" capture --quiet --root <(gzip -c "$work/nolink.tar") -o "$work/out.json"
same "from a named pipe" "0 " "$? $(said "$work/out.json" | diff "$work/expected" - | head -n 5)"
# shellcheck disable=SC2002 # a pipe is what is tested
cat "$work/plain.tar" | timeout 60 "$keisoku" capture --root - -o "$work/out.json" 2>"$work/err"
contains "from a pipe: what a link leads to is named" "'opt/b.conf' not read: a link leads to it" "$(cat "$work/err")"

# ---- images ----

for form in linked flattened whiteouts docker; do
	make "$form"
done
capture "$work/linked"
for line in 'vm.dirty_ratio = 31' 'vm.max_map_count = 70000' 'vm.swappiness = 33'; do
	contains "a file that a link leads to: $line" "$line" "$(cat "$work/out.json")"
done
mkdir "$work/flat" && tar xf "$work/flattened" -C "$work/flat"
capture "$work/flat"
said "$work/out.json" >"$work/expected"
same_as_tree "an OCI layout in a tar, with whiteouts" "$work/whiteouts"
mkdir "$work/layout" && tar xf "$work/whiteouts" -C "$work/layout"
same_as_tree "an OCI layout in a directory" "$work/layout"
tar czf "$work/prefixed.oci" -C "$work" layout
same_as_tree "an OCI layout in a directory of a compressed tar" "$work/prefixed.oci"
make plain
mkdir "$work/plain-tree" && tar xf "$work/plain" -C "$work/plain-tree"
capture "$work/plain-tree"
said "$work/out.json" >"$work/expected"
same_as_tree "docker save" "$work/docker"
gzip -c "$work/docker" >"$work/docker.gz"
same_as_tree "docker save, compressed" "$work/docker.gz"
same "a key that a later layer removed is not reported" "" "$(grep dirty_ratio "$work/out.json" | grep -v absence)"
"$keisoku" diff "$work/docker" "$work/plain" >"$work/out"
same "diff takes archives" 0 $?
"$keisoku" diff "$work/docker" "$work/flattened" >"$work/out"
same "diff of archives that differ" 1 $?
contains "why takes an archive" "50-good.conf" "$("$keisoku" why --quiet --root "$work/docker" vm.swappiness 2>&1)"
rm -rf "$work/copy"
"$keisoku" capture --root "$work/docker" --tree "$work/copy" 2>/dev/null
same "a tree is copied from an image" "vm.swappiness = 33" "$(cat "$work/copy/etc/sysctl.d/50-good.conf")"

if command -v umoci >/dev/null && command -v skopeo >/dev/null; then
	rm -rf "$work/lay"
	echo 'vm.dirty_ratio = 31' >"$work/x.conf"
	{
		umoci init --layout "$work/lay"
		umoci new --image "$work/lay:v1"
		umoci insert --rootless --image "$work/lay:v1" "$work/plain-tree/etc" /etc
		umoci insert --rootless --image "$work/lay:v1" "$work/x.conf" /etc/sysctl.d/60-x.conf
		umoci insert --rootless --image "$work/lay:v1" --whiteout /etc/sysctl.d/60-x.conf
		skopeo --insecure-policy copy "oci:$work/lay:v1" "docker-archive:$work/saved.tar:node:1"
		skopeo --insecure-policy copy "oci:$work/lay:v1" "oci-archive:$work/archive.tar:v1"
	} >"$work/log" 2>&1
	same_as_tree "a layout that umoci made" "$work/lay"
	same_as_tree "a docker archive that skopeo made" "$work/saved.tar"
	same_as_tree "an OCI archive that skopeo made" "$work/archive.tar"
else
	skip "images made by umoci and skopeo" "they are not installed"
fi

# ---- hostile ones: read, without harm ----

echo "keisoku-secret-$$" >"$work/secret"
# The address sanitizer takes more addresses than any limit leaves, and cannot look for leaks while strace looks on.
sanitized=
! grep -qa __asan_init "$keisoku" || sanitized=1

# survives KIND MESSAGE: reads the good file, says MESSAGE (if any), touches nothing outside
survives() {
	make "$1"
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		strace -f -qq -e trace=open,openat,openat2,unlink,unlinkat,mkdir,mkdirat,symlink,symlinkat,rename,renameat2,link,linkat \
		-o "$work/trace" timeout -k 5 60 "$keisoku" capture --root "$work/$1" -o "$work/out.json" 2>"$work/err"
	same "$1: is read" 0 $?
	contains "$1: the file beside the harm is read" "vm.swappiness = 33" "$(cat "$work/out.json")"
	same "$1: nothing outside was read" "" "$(grep -l "keisoku-secret-$$" "$work/out.json" "$work/err")"
	same "$1: nothing outside was opened" "" "$(grep -F "$work/secret" "$work/trace" | grep -v symlinkat)"
	same "$1: nothing outside was changed" "keisoku-secret-$$" "$(cat "$work/secret")"
	same "$1: no control characters" "" "$(LC_ALL=C grep -n $'[\x01-\x08\x0b-\x1f\x7f]' "$work/err")"
	if [ -n "${2-}" ]; then
		contains "$1: says what was left out" "$2" "$(cat "$work/err")"
	else
		same "$1: nothing was left out" "" "$(grep -F "$work/$1" "$work/err")"
	fi
	nothing_left "$1"
}
if command -v strace >/dev/null; then
	survives absolute "'etc/sysctl.d/60-absolute.conf' taken from the root: an absolute path"
	contains "absolute: its key is read" "vm.dirty_ratio = 31" "$(cat "$work/out.json")"
	survives upward "left out: '..' leads upward"
	survives link_out
	survives link_through
	same "link_through: nothing was written" "" "$(ls /tmp/keisoku-was-here 2>/dev/null)"
	survives hard_link_out "left out: a hard link to something that is not in the archive"
	survives loops "'etc/a/x' left out: below something that is no directory"
	survives devices
	survives names
	survives deep "left out: longer or deeper than a path can be"
	survives duplicates
	contains "duplicates: the last one counts" "vm.dirty_ratio = 31" "$(cat "$work/out.json")"
	survives sparse "'proc/vmstat' not read: larger than any file of its kind"
	survives pax_deep "left out: longer or deeper than a path can be"
	survives pax_sparse "'etc/sysctl.d/60-holes.conf' not read: larger than any file of its kind"
	survives pax_records "'etc/sysctl.d/61-link.conf' left out: longer or deeper than a path can be"
	survives deep_links "left out: longer or deeper than a path can be"
	survives large "'etc/sysctl.d/60-large.conf' not read: larger than any file of its kind"
else
	skip "hostile archives" "strace is not installed"
fi

# ---- damaged, wrong and other things: refused ----

# refused KIND MESSAGE
refused() {
	[ -e "$work/$1" ] || make "$1"
	([ -n "$sanitized" ] || ulimit -v 4000000; capture "$work/$1")
	same "$1: is refused" 3 $?
	contains "$1: with its name" "cannot read $work/$1: " "$(cat "$work/err")"
	contains "$1: says what is wrong" "$2" "$(cat "$work/err")"
	same "$1: on one line" 1 "$(wc -l <"$work/err")"
	nothing_left "$1"
}
refused cut "(at the entry 'etc/fstab')"
refused cut_between "cut short: it has no end mark after the entry 'etc/fstab'"
refused cut_gzip "damaged gzip data: truncated gzip input"
refused damaged_gzip "damaged"
refused lying_size "(after the entry 'etc/fstab')"
refused lying_skipped "(after the entry 'home/large')"
refused bomb "gzip data that expands more than 100 times"
refused pax_size "damaged or cut short: "
refused pax_negative "damaged or cut short: "
refused pax_large "damaged or cut short: Special header too large"
refused pax_sparse_count "damaged or cut short: "
refused layer_bombs "gzip data that expands more than 100 times"
# A hundred million steps are a matter of a minute for sanitizers: as many, once, are enough.
works="work_opaque work_flip work_links work_layers"
if [ -n "$sanitized" ]; then
	skip "archives that ask for endless work" "sanitizers make a minute of each: only in the ordinary build"
	works=
fi
for kind in $works; do
	refused "$kind" "its links, whiteouts or repeated entries take more work than those of any honest image"
done
refused random "neither JSON nor an archive; expected a directory, a snapshot, or a tar archive"
refused garbage_header "damaged"
refused empty "without entries"
refused nothing "an empty file; expected a directory"
refused zip_archive "a zip archive: unpack it and give the directory"
refused ext4 "an ext2, ext3 or ext4 file system: mount it read-only and give the directory"
refused other_files "expected a root file system"
refused layer_missing "layer 2 of 2 (blobs/sha256/"
contains "layer_missing: says so" "it is not in the archive" "$(cat "$work/err")"
refused layer_no_tar "expected a tar archive, found neither JSON nor an archive"
refused layer_cut "and its manifest says"
refused layer_path_out "leads out of the image"
refused layer_link_out "it is not in the archive"
refused index_loop "indexes within indexes"
refused index_damaged "index.json: "
refused layer_changed "layer 1 of 2 (blobs/sha256/"
contains "layer_changed: says so" "its bytes are not those of its digest" "$(cat "$work/err")"
refused layer_changed_gzip "layer 2 of 2 (blobs/sha256/"
contains "layer_changed_gzip: says so" "its bytes are not those of its digest" "$(cat "$work/err")"
refused layer_swapped "): its bytes are not those of its digest"
refused manifest_changed "its bytes are not those of its digest"
contains "manifest_changed: with its name" "the manifest blobs/sha256/" "$(cat "$work/err")"
refused digest_unknown "is no digest that can be checked: expected sha256 or sha512"
for kind in layer_changed layer_changed_gzip manifest_changed; do
	rm -rf "$work/changed" && mkdir "$work/changed" && tar xf "$work/$kind" -C "$work/changed"
	capture "$work/changed"
	same "$kind in a directory: is refused" 3 $?
	contains "$kind in a directory: says what is wrong" "): its bytes are not those of its digest" \
		"$(sed 's/^\(.*the manifest [^:]*\):/\1):/' "$work/err")"
done
refused foreign_layer "layer 1 is 'application/vnd.in-toto+json': expected a tar layer of an image"
capture "$work/not-there"
same "a file that is not there" "3 keisoku: cannot read $work/not-there: No such file or directory" "$? $(cat "$work/err")"
truncate -s 1T "$work/holes.tar" 2>/dev/null || truncate -s 100G "$work/holes.tar"
refused holes.tar "without entries"

# ---- ends ----

chmod 755 "$work" "$work/tmp"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp "$keisoku" "$work/keisoku" && chmod 755 "$work/keisoku"
	chmod 1777 "$work/tmp"
	timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/keisoku" capture --root "$work/whiteouts" \
		>"$work/out.json" 2>"$work/err"
	same "as nobody" 0 $?
	contains "as nobody: the same is read" "vm.max_map_count = 70000" "$(cat "$work/out.json")"
	timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups env TMPDIR="$work/copy" "$work/keisoku" capture \
		--root "$work/whiteouts" >"$work/out.json" 2>"$work/err"
	same "nowhere to write: exit status" 3 $?
	contains "nowhere to write: says where" "cannot write below" "$(cat "$work/err")"
	nothing_left "as nobody"
else
	skip "as nobody" "only root can become nobody"
fi
for signal in INT TERM HUP; do
	mkfifo "$work/pipe"
	(head -c 3000 "$work/whiteouts"; sleep 20) >"$work/pipe" &
	writer=$!
	(trap - INT; exec timeout --foreground -s "$signal" 1 "$keisoku" capture --root - -o "$work/out.json") <"$work/pipe" \
		2>"$work/err"
	kill "$writer" 2>/dev/null
	wait "$writer" 2>/dev/null
	nothing_left "after SIG$signal"
	rm "$work/pipe"
done

# SIGKILL: the next run sweeps what is left, but nothing that lives or that is another's.
mkfifo "$work/pipe"
(head -c 3000 "$work/whiteouts"; sleep 30) >"$work/pipe" &
writer=$!
"$keisoku" capture --root - -o "$work/out.json" <"$work/pipe" 2>"$work/err" &
reader=$!
for _ in $(seq 50); do [ -z "$(ls "$work/tmp"/*/files 2>/dev/null)" ] || break; sleep 0.1; done
alive=$(ls "$work/tmp")
capture "$work/plain"
same "another that runs keeps its directory" "$alive" "$(ls "$work/tmp")"
kill -KILL "$reader"
wait "$reader" 2>/dev/null
same "SIGKILL leaves a directory behind" "$alive" "$(ls "$work/tmp")"
mkdir -m 700 "$work/tmp/keisoku-strange" "$work/tmp/keisoku-abcdef" "$work/mine" "$work/tmp/keisoku-aabbcc"
echo precious >"$work/tmp/keisoku-abcdef/file"
echo precious >"$work/mine/file"
: >"$work/mine/keisoku-owner"
chmod 600 "$work/mine/keisoku-owner"
ln -s "$work/mine" "$work/tmp/keisoku-fedcba"
ln -s "$work/mine/keisoku-owner" "$work/tmp/keisoku-aabbcc/keisoku-owner"
capture "$work/plain"
# shellcheck disable=SC2012 # names that this script made
same "the next run removes it, and nothing else" "keisoku-aabbcc keisoku-abcdef keisoku-fedcba keisoku-strange precious precious" \
	"$(ls "$work/tmp" | tr '\n' ' ')$(cat "$work/tmp/keisoku-abcdef/file" "$work/mine/file" | tr '\n' ' ' | sed 's/ $//')"
kill "$writer" 2>/dev/null
wait "$writer" 2>/dev/null
done_testing
