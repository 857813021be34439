# shellcheck shell=sh
# What the guests share: . tests/vm/kernel.sh

cannot() {
	echo "$1" >&2
	exit 77
}

# fetch_kernel DIRECTORY: Debian's own, vmlinuz and kernel/ with its modules; kept there.  One at a time: several tests may
# want it at once.
fetch_kernel() {
	mkdir -p "$1"
	exec 9>"$1/lock"
	flock 9
	[ -f "$1/vmlinuz" ] || get_kernel "$1"
	exec 9>&-
}

get_kernel() {
	# The meta package names the newest kernel.
	kernel_name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: //p' | head -n 1)
	[ -n "$kernel_name" ] || cannot "no package linux-image-cloud-amd64 is known; apt-get update?"
	rm -rf "$1/kernel"
	mkdir -p "$1/kernel"
	(cd "$1/kernel" && timeout 300 apt-get download -q "$kernel_name" >/dev/null 2>&1 && dpkg -x ./*.deb . && rm -f ./*.deb) ||
		cannot "the package $kernel_name cannot be had"
	cp "$1"/kernel/boot/vmlinuz-* "$1/vmlinuz.new"
	mv "$1/vmlinuz.new" "$1/vmlinuz"
}

# watched FILE COMMAND…: runs an emulator.  Now and then a guest sleeps for ever in its first seconds, having missed an interrupt:
# when FILE has not grown after two minutes it is ended, and the status is 125.
watched() {
	watched_file=$1
	shift
	watched_size=$(wc -c <"$watched_file")
	"$@" </dev/null &
	emulator=$!
	watched_left=60
	while [ $watched_left -gt 0 ] && kill -0 $emulator 2>/dev/null && [ "$(wc -c <"$watched_file")" -eq "$watched_size" ]; do
		sleep 2
		watched_left=$((watched_left - 1))
	done
	if [ $watched_left -eq 0 ] && kill $emulator 2>/dev/null; then
		wait $emulator || :
		return 125
	fi
	wait $emulator
}
