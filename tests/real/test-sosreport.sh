#!/bin/bash
# A real sosreport of this host, unpacked: read like any other root.
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "$(id -u)" -ne 0 ] || ! command -v sos >/dev/null; then
	skip "a sosreport of this host" "sos is not installed, or this is not root"
	done_testing
	exit
fi
timeout 400 sos report --batch --quiet --tmp-dir "$work" -z gzip --plugin-timeout 20 \
	-o kernel,memory,networking,block,process,processor,filesys,host >"$work/log" 2>&1 </dev/null
archive=$(find "$work" -name 'sosreport-*.tar*' ! -name '*.sha256' ! -name '*.md5' | head -n 1)
if [ -z "$archive" ] || ! mkdir "$work/root" || ! tar xf "$archive" -C "$work/root" --strip-components=1 \
	--no-same-owner 2>"$work/tar.log"; then
	skip "a sosreport of this host" "sos made none: $(tail -n 3 "$work/log" | tr "\n" " "; ls "$work"; head -n 3 "$work/tar.log" 2>/dev/null)"
	done_testing
	exit
fi

"$keisoku" capture --quiet --root "$work/root" -o "$work/sos.json"
same "it is captured" 0 $?
"$keisoku" capture --quiet -o "$work/live.json"
settings() {
	jq -r '.content.subjects[] | select(.kind == "host") | .settings[] | select(.absence == null)
		| .key + "\t" + ((.raw // "") | gsub("[ \t\n]+"; " "))' "$1" | sort
}
settings "$work/sos.json" >"$work/sos.keys"
settings "$work/live.json" >"$work/live.keys"
read_keys=$(wc -l <"$work/sos.keys")
if [ "$read_keys" -gt 700 ]; then
	ok "more than 700 settings of the host are in it ($read_keys)"
else
	not_ok "more than 700 settings of the host are in it" "$read_keys"
fi
# Keys that hold still: every one that both have must be the same.
for key in vm.swappiness vm.dirty_ratio vm.overcommit_memory vm.max_map_count kernel.pid_max kernel.release fs.file-max \
	net.core.somaxconn net.ipv4.tcp_rmem net.ipv4.ip_local_port_range net.core.default_qdisc kernel.sem; do
	same "$key is as it is here" "$(grep "^$key	" "$work/live.keys")" "$(grep "^$key	" "$work/sos.keys")"
done
contains "some of it is from the output of commands" "sos_commands" \
	"$(jq -r '.content.subjects[].settings[].origin // empty' "$work/sos.json" | grep -m 1 sos_commands)"
"$keisoku" capture --quiet --root "$archive" -o "$work/archive.json"
same "the archive is captured as it was sent" 0 $?
same "the archive says what its files say" "" \
	"$(diff <(jq -S .content.subjects "$work/sos.json") <(jq -S .content.subjects "$work/archive.json") | head -n 5)"
"$keisoku" advise --quiet --root "$work/root" >"$work/report"
same "a report is made of it" 0 $?
contains "it says that no window was measured" "No window was measured" "$(cat "$work/report")"
same "nothing since boot is recommended" 0 "$(grep -c '^1 recommendation' "$work/report")"
done_testing
