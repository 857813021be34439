# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the scripts of every plan share; embedded at build time behind the actions of one plan, which set plan_… and
# define run_action().  The first paragraph, this one, is left out then.
plan_host='' plan_machine='' plan_kernel='' plan_tools='' plan_persist_tools='' plan_actions=''
run_action() { :; }

# ---------------------------------------------------------------------------------------------------------------------
# From here on the script is the same for every plan.
#
# An action is run once for each phase; the lines in it do what the phase asks of them and nothing else:
#   check    does everything still show what was measured?     undo     give back what was measured
#   preview  what would be done?                               undone   does everything show the originals again?
#   save     write down the originals                          persist  the files that make it last
#   write    make the change                                   forget   take those files back
#   landed   did the kernel take it?                           kept     are those files as we left them?
#   record   the same, and what did we leave it at?            reload   tell who reads those files
#                                                              adrift   which paths may show anything at all?
#
# The state directory keeps: journal (one line before and after each step), original/ (what was measured), left/ (what
# we left it at), files/ (copies and SHA-256 of replaced files).  Exit status: 0 done; 1 refused, and nothing was changed;
# 2 wrong usage; 3 failed, and everything was undone; 4 failed, and not everything could be undone.

set -u
PATH=$PATH:/usr/sbin:/sbin # where ethtool, tc and the like are
LC_ALL=C                   # bytes are bytes, and messages the same everywhere
export LC_ALL
script=${0##*/}
clock_second='' clock_time=''
journal_whole=
root=${KEISOKU_ROOT-} # for trying a script on a copy of the files
state=
persist=
phase=
number=
moved=
problem=
going_back=
adrift=
coming= # lines of other people's files that earlier actions make, one a line: FILE LINE
newline='
'
tab='	'

# ---- words ----

# Harmless on any terminal, whatever is in it: into $words.
plain() {
	words=$1
	case $words in
	*[!\ -~]*) words=$(printf '%s' "$1" | tr -c ' -~' '?') ;;
	esac
}

say() {
	plain "$*"
	printf '%s\n' "$words"
}

complain() {
	plain "$*"
	printf '%s: %s\n' "$script" "$words" >&2
}

refuse() {
	complain "$@"
	complain 'refused; nothing was changed'
	exit 1
}

usage_error() {
	complain "$@"
	complain "see: sh $script --help"
	exit 2
}

# ---- this host ----

# Stays the same from boot to boot: a hash of /etc/machine-id.
host_machine() {
	[ -s "$root/etc/machine-id" ] || return 1
	printf 'keisoku %s' "$(cat "$root/etc/machine-id")" | sha256sum | cut -c1-32
}

boot_id() {
	cat "$root/proc/sys/kernel/random/boot_id" 2>/dev/null || echo unknown
}

# check_host any|machine|kernel
check_host() {
	[ "$1" = any ] && return
	[ -n "$plan_machine" ] ||
		refuse 'the plan does not know which host it was measured on; --any-host runs it all the same'
	[ "$(host_machine)" = "$plan_machine" ] ||
		refuse "this is not the host that was measured ($plan_host); --any-host runs it all the same"
	[ "$1" = machine ] && return
	host_kernel=$(cat "$root/proc/sys/kernel/osrelease" 2>/dev/null)
	[ "$host_kernel" = "$plan_kernel" ] ||
		refuse "measured on Linux $plan_kernel, this is $host_kernel; --any-host runs it all the same"
}

check_tools() {
	tools=$plan_tools
	if [ -n "$persist" ] && [ -z "$root" ]; then tools="$tools $plan_persist_tools"; fi
	for tool in $tools; do
		command -v "$tool" >/dev/null 2>&1 || refuse "the program $tool is needed and is not here"
	done
}

# ---- one at a time ----

process_start() {
	{ read -r process_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	process_stat=${process_stat##*) } # the name in parentheses may hold anything
	printf '%s\n' "$process_stat" | cut -d' ' -f20
}

# Without flock(1): a symbolic link that names its owner, who may have been killed.  It is there whole or not at all.
lock_link() {
	if ln -s "$$ $(process_start $$) $(boot_id)" "$lock.owner" 2>/dev/null; then
		trap 'rm -f "$lock.owner"' EXIT
		return 0
	fi
	lock_text=$(readlink "$lock.owner") || return 1
	lock_process=${lock_text%% *}
	[ "$lock_text" != "$lock_process $(process_start "$lock_process") $(boot_id)" ] || return 1
	# Somebody else may have been quicker: what was taken away must be what was looked at.
	mv "$lock.owner" "$lock.stale.$$" 2>/dev/null || return 1
	if [ "$(readlink "$lock.stale.$$")" = "$lock_text" ]; then
		rm -f "$lock.stale.$$"
		lock_link
	else
		mv "$lock.stale.$$" "$lock.owner"
		return 1
	fi
}

# take_lock SECONDS: how long to wait for it.  flock lets go by itself when its process ends, however it ends.
take_lock() {
	lock=$root/run/keisoku.lock
	[ -w "$root/run" ] || lock=$state/lock
	if command -v flock >/dev/null 2>&1 && { true >>"$lock"; } 2>/dev/null; then
		exec 9>>"$lock"
		flock -w "$1" 9
		return
	fi
	lock_left=$1
	until lock_link; do
		[ "$lock_left" -gt 0 ] || return 1
		lock_left=$((lock_left - 1))
		sleep 1
	done
}

# ---- journal ----

# On stable storage: what it names, and that the name is there.
settle() {
	sync "$1" "${1%/*}" 2>/dev/null || sync
}

# The time of day; asked for again only when another second has come.
clock() {
	read -r clock_uptime _ 2>/dev/null </proc/uptime || clock_uptime=
	if [ -z "$clock_uptime" ] || [ "${clock_uptime%.*}" != "$clock_second" ]; then
		clock_time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
		clock_second=${clock_uptime%.*}
	fi
}

# Behind a line that a full disk or a power cut left half written, a new one begins.
mend_journal() {
	if [ -s "$state/journal" ] && [ -n "$(tail -c 1 "$state/journal")" ]; then
		echo >>"$state/journal" || return
	fi
	journal_whole=yes
}

# note WORDS...: a line in the journal; it survives the end of this script, however that comes.
note() {
	[ -n "$journal_whole" ] || mend_journal || return
	clock
	printf '%s %s\n' "$clock_time" "$*" >>"$state/journal" && return
	journal_whole=
	return 1
}

# journal WORDS...: one that survives the end of this host too.
journal() {
	note "$@" && settle "$state/journal"
}

# What the journal says: $reached actions, $moving ones (begun, and not ended), $stored ones (their files), and where it
# all stands: none, begun, applied or undone; $persisted, $waiting for which token, $want_persist.
read_journal() {
	status=none reached=' ' moving=' ' stored=' ' persisted='' waiting='' want_persist='' journal_boot='' timer=
	[ -f "$state/journal" ] || return 0
	while read -r journal_time word rest; do
		case $word in
		begin) status=begun reached=' ' moving=' ' stored=' ' persisted='' waiting='' want_persist='' ;;
		boot) journal_boot=$rest ;;
		apply) reached="$reached$rest " moving="$moving$rest " ;;
		done | back) has_come_to_rest "$rest" ;;
		applied) status=applied ;;
		persist) stored="$stored$rest " ;;
		persisted) persisted=yes ;;
		wait) waiting=${rest%% *} want_persist=${rest##* } ;;
		timer) timer=$rest ;;
		confirmed) waiting='' ;;
		undo) status=undoing moving="$moving$rest " ;;
		undone) status=undone reached=' ' moving=' ' stored=' ' persisted='' waiting='' ;;
		esac
	done <"$state/journal"
	: "$journal_time"
}

has_come_to_rest() {
	while :; do
		case $moving in
		*" $1 "*) moving=${moving%%" $1 "*}' '${moving#*" $1 "} ;;
		*) return ;;
		esac
	done
}

# Nothing of it is in force, as far as the journal knows.
is_fresh() {
	[ "$status" = none ] || [ "$status" = undone ]
}

# The process that waits to roll back; another one may have its number by now.
stop_timer() {
	[ -n "$timer" ] && [ "$timer" != $$ ] || return 0
	case $(tr '\0' ' ' <"/proc/$timer/cmdline" 2>/dev/null) in
	*' --unless-confirmed '"$1 "*) kill -USR1 "$timer" ;;
	esac
}

is_waiting() {
	[ -n "$waiting" ]
}

is_waiting_for() {
	[ "$waiting" = "$1" ]
}

is_persisted() {
	[ -n "$persisted" ]
}

wants_persist() {
	[ "$want_persist" = yes ]
}

has_reached() {
	case $reached in *" $1 "*) return 0 ;; esac
	return 1
}

has_stored() {
	case $stored in *" $1 "*) return 0 ;; esac
	return 1
}

# After a reboot nothing of the running half is left but what the files brought back.
note_boot() {
	rebooted=
	if [ -n "$journal_boot" ] && [ "$journal_boot" != "$(boot_id)" ]; then
		rebooted=yes
		rm -rf "$state/left"
		reached=$stored moving=' '
		waiting=
		if [ "$stored" = ' ' ]; then status=none; fi
	fi
	mkdir -p "$state/left" "$state/original" "$state/files"
}

# ---- values ----

# The name under which the state directory keeps something about a path, into $place: the path itself with commas, or
# what is left of it as a hash.
place() {
	case $1 in
	*[!a-zA-Z0-9._/:\ -]*) place=$(printf '%s' "$1" | sha256sum) place=hash,${place%% *} ;;
	*)
		place=
		place_rest=$1
		while :; do
			case $place_rest in
			*/*) place=$place${place_rest%%/*}, place_rest=${place_rest#*/} ;;
			*) break ;;
			esac
		done
		place=$place$place_rest
		if [ ${#place} -gt 200 ]; then place=$(printf '%s' "$1" | sha256sum) place=hash,${place%% *}; fi
		;;
	esac
}

# recall FILE: what we keep in it, into $kept_text.  Only for files of our own: read takes a byte at a time, which many of
# the kernel's files do not give.
recall() {
	kept_text=
	while IFS= read -r recall_line; do
		kept_text=$kept_text$recall_line$newline
	done <"$1"
	kept_text=$kept_text$recall_line
}

# strip TEXT: into $now, without the newline at its end, tabs as blanks.
strip() {
	now=${1%"$newline"}
	while :; do
		case $now in
		*"$tab"*) now=${now%%"$tab"*}' '${now#*"$tab"} ;;
		*) return ;;
		esac
	done
}

# The word in brackets: "none [mq-deadline] kyber" is mq-deadline.
chosen() {
	case $now in
	*\[*\]*)
		now=${now#*\[}
		now=${now%%\]*}
		;;
	esac
}

# look: what it shows now, into $now; to the byte, into $raw.
look() {
	if [ "$kind" = shown ]; then
		now=$shown raw=$shown$newline
		return
	fi
	# The x keeps the newlines in front of it, which are dropped at the end.
	if ! now=$(cat "$root$path" - 2>/dev/null <<-'END'
		x
	END
	); then
		now='(cannot be read)'
		return 1
	fi
	raw=${now%x}
	strip "$raw"
	case $kind in *choice) chosen ;; esac
}

nothing_moved() {
	[ -z "$moved" ]
}

# put PATH VALUE
put() {
	if ! put_error=$({ printf '%s\n' "$2" >"$root$1"; } 2>&1); then
		put_error=${put_error##*: }
		# What dash says for every error that is not one of opening it.
		if [ "$put_error" = 'I/O error' ]; then put_error="the kernel refuses '$2'"; fi
		problem="cannot write $1: $put_error"
		return 1
	fi
}

# run COMMAND...
run() {
	if ! run_error=$("$@" 2>&1); then
		problem="$1 failed: $run_error"
		return 1
	fi
}

has_moved() {
	place "$path"
	if [ -s "$state/left/$place" ]; then
		recall "$state/left/$place"
		complain "$key: expected ${kept_text%"$newline"}, as we left it, or $from; found $now"
	else
		complain "$key: expected $from, found $now"
	fi
	moved=yes
}

# Whether we left it like this, or were about to change it when we were stopped.
is_ours() {
	case $adrift in *"$newline$path$newline"*) return 0 ;; esac
	place "$path"
	if [ -s "$state/left/$place" ]; then
		recall "$state/left/$place"
		[ "$kept_text" != "$now$newline" ] || return 0
	fi
	# What the files brought back; a setting that is only moved along may show anything then.
	[ -n "$rebooted" ] && has_stored "$number" && { [ "$now" = "$reads" ] || [ "$reads" = - ]; }
}

# ---- the lines of an action ----

# setting KEY PATH FROM TO [READS]: a file that is read and written.  READS is what it shows after TO was written, and "-"
# says that the kernel rounds it in its own way.
setting() {
	key=$1 path=$2 from=$3 to=$4 reads=${5-$4} kind=file
	setting_phase
}

# choice KEY PATH FROM TO: the same, where the file shows all words and the chosen one in brackets.
choice() {
	key=$1 path=$2 from=$3 to=$4 reads=$4 kind=choice
	setting_phase
}

# reading KEY PATH FROM TO [READS]: a file shows it, and the set_by line sets it.
reading() {
	key=$1 path=$2 from=$3 to=$4 reads=${5-$4} kind=read
	setting_phase
}

reading_choice() {
	key=$1 path=$2 from=$3 to=$4 reads=$4 kind=read_choice
	setting_phase
}

# at_boot KEY FROM TO: nothing to do on the running system; only its files count.
at_boot() {
	key=$1 path='' from=$2 to=$3
	case $phase in
	preview | preview_back) say "$number. $key: $from -> $to, from the next boot or start on" ;;
	esac
}

# shown_by COMMAND...: prints what the setting after it is about.
shown_by() {
	case $phase in
	check | save | landed | record | undone | verify) shown=$("$@" 2>/dev/null) || shown='(cannot be read)' ;;
	esac
}

# shown KEY FROM TO [READS]: no file shows it; the shown_by line before did.
shown() {
	key=$1 path="by command: $1" from=$2 to=$3 reads=${4-$3} kind=shown
	setting_phase
}

# moves KEY PATH FROM: writing the setting may move this one too.
moves() {
	key=$1 path=$2 from=$3 to=$3 reads='-' kind=file
	moves_phase
}

moves_choice() {
	key=$1 path=$2 from=$3 to=$3 reads='-' kind=choice
	moves_phase
}

moves_shown() {
	key=$1 path="by command: $1" from=$2 to=$2 reads='-' kind=shown
	moves_phase
}

# set_by COMMAND..., back_by COMMAND...: how it is set, and how it is given back.
set_by() {
	if [ "$phase" = write ]; then
		run "$@"
	elif [ "$phase" = preview ]; then
		say "     by $*"
	fi
}

back_by() {
	had_back=yes
	if [ "$phase" = undo ]; then run "$@"; fi
}

# leaves FILE: systemctl writes it; it goes again unless it was there before.
leaves() {
	place "$1"
	leaves_place=$state/original/$place
	case $phase in
	save) save_left_file "$1" ;;
	undo) leaves_file=$1 ;;
	esac
}

# Run again, it is our own that is there.
save_left_file() {
	[ ! -e "$leaves_place" ] && [ ! -e "$leaves_place.absent" ] || return 0
	if [ -e "$root$1" ]; then
		cp -p "$root$1" "$leaves_place"
	else
		: >"$leaves_place.absent"
	fi
}

# loads MODULE: the kernel asks for it when the value is written; it goes again unless it was there before.
loads() {
	case $phase in
	save) if [ ! -e "$root/sys/module/$1" ]; then : >"$state/original/loads.$1"; fi ;;
	undo) loads_module=$1 ;;
	esac
}

# What uses the module by then keeps it.  One that is built in is not in the list.
clear_module() {
	[ -n "$loads_module" ] && [ -e "$state/original/loads.$loads_module" ] && [ -z "$root" ] || return 0
	while read -r module_name module_rest; do
		if [ "$module_name" = "$loads_module" ] && ! modprobe -r "$loads_module" 2>/dev/null; then
			say "stays    $number. the module $loads_module: it is in use, or cannot be taken out ($module_rest)"
		fi
	done </proc/modules
}

# Takes such a file away again, or puts back what was in it.
clear_left_file() {
	[ -n "$leaves_file" ] && [ -e "$root$leaves_file" ] || return 0
	place "$leaves_file"
	leaves_place=$state/original/$place
	if [ -e "$leaves_place" ]; then
		cp -p "$leaves_place" "$root$leaves_file"
	else
		rm -f "$root$leaves_file"
		rmdir "$root${leaves_file%/*}" 2>/dev/null
	fi
	if [ -z "$root" ]; then systemctl daemon-reload; fi
}

# back PATH VALUE: how it is given back, where that is not one write of what was measured.
back() {
	had_back=yes
	if [ "$phase" = undo ]; then
		give_back "$1" "$2"
	fi
}

# Exactly the bytes that were there, when that is what VALUE means.
give_back() {
	[ -e "$root$1" ] || return 0
	place "$1"
	if [ -f "$state/original/$place" ]; then
		recall "$state/original/$place"
		give_text=${kept_text%"$newline"}
		strip "$give_text"
		if [ "$now" = "$2" ]; then
			put "$1" "$give_text"
			return
		fi
	fi
	put "$1" "$2"
}

# no_way_back WHY: it stays as it is written.
no_way_back() {
	had_back=yes
	if [ "$phase" = undone ] && [ -n "$problem" ]; then problem="$key: $1"; fi
}

setting_phase() {
	case $phase in
	check) check_value ;;
	preview) say "$number. $key: $from -> $to" ;;
	preview_back)
		if has_vanished; then
			say "$number. $key is not there any longer: nothing to give back"
		else
			say "$number. $key: back to $from"
		fi
		;;
	save) save_value ;;
	adrift) adrift=$adrift$path$newline ;;
	write) if [ "$kind" = file ] || [ "$kind" = choice ]; then put "$path" "$to"; fi ;;
	landed) check_landed ;;
	record)
		check_landed
		[ -z "$problem" ] || return
		record_value
		say "done     $number. $key is $now"
		;;
	undo) undo_path=$path undo_value=$from undo_kind=$kind ;;
	undone) check_undone ;;
	verify) verify_value ;;
	esac
}

moves_phase() {
	case $phase in
	check) check_value ;;
	save) save_value ;;
	adrift) adrift=$adrift$path$newline ;;
	record) if look; then record_value; fi ;;
	undone) check_undone ;;
	esac
}

# Gone with its module, device or group: there is nothing to give back.
has_vanished() {
	[ -n "$going_back" ] && [ "$kind" != shown ] && [ ! -e "$root$path" ]
}

check_value() {
	if look && [ "$now" = "$from" ]; then return; fi
	if has_vanished; then return; fi
	is_ours || has_moved
}

# The first original is the true one.
save_value() {
	place "$path"
	if [ -f "$state/original/$place" ]; then return; fi
	if ! look; then
		problem="$key: it cannot be read"
	elif ! printf '%s' "$raw" >"$state/original/$place" ||
		! printf '%s\n  %s\n  %s\n' "$key" "$path" "$from" >>"$state/original/README"; then
		problem="cannot write below $state"
	fi
}

check_landed() {
	if ! look; then
		problem="$key: it cannot be read back"
	elif [ "$reads" = - ]; then
		# Rounded: anything but what it was before.
		if [ "$now" = "$from" ] && [ "$to" != "$from" ]; then
			problem="$key: wrote $to, and it still shows $now"
		fi
	elif [ "$now" != "$reads" ]; then
		problem="$key: wrote $to, and it shows $now instead of $reads"
	fi
}

record_value() {
	place "$path"
	printf '%s\n' "$now" >"$state/left/$place" || problem="cannot write below $state"
}

check_undone() {
	if has_vanished || { look && [ "$now" = "$from" ]; }; then
		place "$path"
		if [ -s "$state/left/$place" ]; then : >"$state/left/$place"; fi
	else
		problem="$key: should show $from again, and shows $now"
	fi
}

verify_value() {
	look
	if [ "$reads" = - ]; then
		place "$path"
		if [ -s "$state/left/$place" ]; then
			recall "$state/left/$place"
			reads=${kept_text%"$newline"}
		fi
	fi
	if [ "$now" = "$reads" ] || { [ "$reads" = - ] && [ "$now" != "$from" ]; }; then
		say "ok       $number. $key is $now"
	else
		say "not so   $number. $key: planned $reads, found $now"
		moved=yes
	fi
}

# ---- the files that make it last ----

# own_file PATH LINE...: a file of our own.
own_file() {
	file=$1
	shift
	file_phase print_lines "$@"
}

# new_file PATH LINE...: one of somebody else's, which may not be there yet unless an earlier action made it.
new_file() {
	file=$1
	shift
	file_phase print_new "$@"
}

# change_line PATH OLD NEW, add_line PATH NEW, drop_line PATH OLD: one line of somebody else's file.
change_line() {
	file=$1
	file_phase print_changed "$2" "$3"
}

add_line() {
	file=$1
	file_phase print_added "$2"
}

drop_line() {
	file=$1
	file_phase print_dropped "$2"
}

print_lines() {
	printf '%s\n' "$@"
}

print_new() {
	print_lines "$@"
}

# Only the first such line; exit status 1 when there is none.
print_changed() {
	print_done=
	while IFS= read -r line || [ -n "$line" ]; do
		if [ -z "$print_done" ] && [ "$line" = "$1" ]; then
			print_done=yes
			[ $# -lt 2 ] || printf '%s\n' "$2"
		else
			printf '%s\n' "$line"
		fi
	done <"$root$file"
	[ -n "$print_done" ]
}

print_dropped() {
	print_changed "$1"
}

print_added() {
	[ ! -s "$root$file" ] || cat "$root$file" || return
	# The last line may lack its newline.
	if [ -s "$root$file" ] && [ -n "$(tail -c 1 "$root$file")" ]; then echo; fi
	printf '%s\n' "$1"
}

hash_of() {
	if [ -e "$root$1" ]; then
		hash_text=$(sha256sum <"$root$1") && printf '%s\n' "${hash_text%% *}"
	else
		echo absent
	fi
}

# file_phase PRINT ARGUMENT...: PRINT prints what the file is to hold.
file_phase() {
	file_count=$((file_count + 1))
	kept=$state/files/$number.$file_count
	case $phase in
	preview) [ -z "$persist" ] || say "     and to last: $file" ;;
	preview_back) [ ! -e "$kept.after" ] || say "     and away with $file" ;;
	check) [ -z "$persist" ] || check_file "$@" ;;
	persist) [ -n "$problem" ] || write_file "$@" ;;
	forget) [ -n "$problem" ] || forget_file ;;
	kept) check_kept ;;
	verify) if [ -n "$persist" ]; then verify_file "$@"; fi ;;
	esac
}

# reload COMMAND...: whoever reads the files has to be told; once is enough, when all of them are there.
reload() {
	[ "$phase" = reload ] || return 0
	case $reloaded in *"$newline$*$newline"*) return ;; esac
	reloaded=$reloaded$*$newline
	if [ -z "$root" ]; then run "$@"; fi
}

# The reload lines of what has its files, or had them.
reload_all() {
	reloaded=$newline problem=
	for reload_number in $plan_actions; do
		if [ "$1" = all ] || has_stored "$reload_number"; then action reload "$reload_number"; fi
	done
	[ -z "$problem" ]
}

# Somebody else's file has to have the line, or an earlier action makes it; through a link it would be replaced.
check_file() {
	[ ! -e "$kept.after" ] || return
	if [ "$1" != print_lines ] && [ -L "$root$file" ]; then
		complain "$file is a symbolic link"
		moved=yes
	elif [ "$1" = print_new ] && [ -e "$root$file" ] && ! is_known; then
		complain "$file is there, and was not when the plan was made"
		moved=yes
	elif is_coming "${2-}" || "$@" >/dev/null 2>&1; then
		if [ "$1" = print_changed ]; then coming="$coming$newline$file ${3-}$newline"; fi
	else
		complain "$file: the line that was to be changed is not there"
		moved=yes
	fi
}

is_coming() {
	case $coming in *"$newline$file $1$newline"*) return 0 ;; esac
	return 1
}

# Several actions may change one file, so it may be as any of them found or left it.
know_hash() {
	place "$file"
	cat "$1" >>"$state/files/known.$place" && settle "$state/files/known.$place"
}

is_known() {
	place "$file"
	[ -f "$state/files/known.$place" ] || return 1
	is_known_now=$(hash_of "$file")
	while read -r is_known_hash; do
		[ "$is_known_hash" != "$is_known_now" ] || return 0
	done <"$state/files/known.$place"
	return 1
}

# A directory that is not there is made, and written down so that it goes again.
make_directory() {
	make_list=
	make_path=$1
	while [ -n "$make_path" ] && [ ! -d "$root$make_path" ]; do
		make_list=$make_path$newline$make_list
		make_path=${make_path%/*}
	done
	[ -n "$make_list" ] || return 0
	# Deepest first, for rmdir; what an earlier try made counts too.
	[ -e "$kept.directories" ] || rmdir_list "$make_list" >"$kept.directories"
	mkdir -p "$root$1"
}

rmdir_list() {
	printf '%s' "$1" | sort -r
}

# Beside its place, then renamed: there whole, or not at all.  The copy and both hashes come first.
write_file() {
	if [ -e "$kept.after" ]; then
		case $(hash_of "$file") in
		"$(cat "$kept.after")") return ;;
		"$(cat "$kept.before")") ;;
		*)
			is_known || problem="$file was changed by somebody else"
			return
			;;
		esac
	else
		write_originals || { problem="cannot write below $state"; return; }
	fi
	make_directory "${file%/*}" || { problem="cannot make ${file%/*}"; return; }
	new=$root$file.keisoku-new
	rm -f "$new"
	if [ -e "$kept.copy" ]; then cp -p "$kept.copy" "$new"; fi
	if ! "$@" >"$new" || [ "$(hash_of "$file.keisoku-new")" != "$(written_hash "$@")" ]; then
		rm -f "$new"
		problem="cannot write $file"
		return
	fi
	hash_of "$file.keisoku-new" >"$kept.after.new" && know_hash "$kept.after.new" && mv "$kept.after.new" "$kept.after"
	settle "$kept.after"
	settle "$new"
	if [ "$(hash_of "$file")" != "$(cat "$kept.before")" ]; then
		rm -f "$new"
		problem="$file was changed by somebody else"
		return
	fi
	mv -f "$new" "$root$file" || problem="cannot write $file"
	settle "$root$file"
}

written_hash() {
	written_text=$("$@" | sha256sum) && printf '%s\n' "${written_text%% *}"
}

write_originals() {
	if [ -e "$root$file" ]; then
		cp -p "$root$file" "$kept.copy" && settle "$kept.copy"
	else
		rm -f "$kept.copy"
	fi && hash_of "$file" >"$kept.before" && know_hash "$kept.before" && settle "$kept.before"
}

check_kept() {
	[ -e "$kept.after" ] || return
	case $(hash_of "$file") in
	"$(cat "$kept.after")" | "$(cat "$kept.before")") ;;
	*)
		if ! is_known; then
			complain "$file was changed by somebody else since"
			moved=yes
		fi
		;;
	esac
}

# Never what somebody has changed since.
forget_file() {
	rm -f "$root$file.keisoku-new"
	[ -e "$kept.after" ] || return
	forget_now=$(hash_of "$file")
	if [ "$forget_now" != "$(cat "$kept.before")" ]; then
		if [ "$forget_now" != "$(cat "$kept.after")" ]; then
			problem="$file was changed by somebody else; it is left as it is"
			return
		fi
		if [ -e "$kept.copy" ]; then
			cp -p "$kept.copy" "$root$file.keisoku-new" && mv -f "$root$file.keisoku-new" "$root$file"
		else
			rm -f "$root$file"
		fi || { problem="cannot write $file"; return; }
		sync "$(dirname "$root$file")" 2>/dev/null || sync
	fi
	forget_directories
	rm -f "$kept.after"
}

forget_directories() {
	[ -e "$kept.directories" ] || return 0
	while IFS= read -r forget_path; do
		rmdir "$root$forget_path" 2>/dev/null
	done <"$kept.directories"
	rm -f "$kept.directories"
}

# As it was left here, or by a later action.
is_as_left() {
	[ "$(hash_of "$file")" != "$(cat "$kept.before")" ] || [ "$(cat "$kept.before")" = "$(cat "$kept.after")" ] || return
	[ "$(hash_of "$file")" = "$(cat "$kept.after")" ] || is_known
}

verify_file() {
	if [ -e "$kept.after" ] && is_as_left; then
		say "ok       $number. $file"
	elif [ ! -e "$kept.after" ]; then
		say "not so   $number. $file was not written"
		moved=yes
	else
		say "not so   $number. $file was changed by somebody else"
		moved=yes
	fi
}

# ---- all actions ----

# action PHASE NUMBER
action() {
	phase=$1 number=$2 file_count=0 had_back='' leaves_file='' loads_module=
	run_action "$2"
}

# all PHASE
all() {
	for all_number in $plan_actions; do
		action "$1" "$all_number"
	done
}

# What a run that was killed may have left anyhow.
find_adrift() {
	adrift=$newline
	for adrift_number in $moving; do
		action adrift "$adrift_number"
	done
}

backwards() {
	backwards_list=
	for backwards_number in $plan_actions; do
		backwards_list="$backwards_number $backwards_list"
	done
	printf '%s\n' "$backwards_list"
}

# Gives back the running half of one action.  What a write refuses may be right all the same: undone_action looks.
undo_action() {
	problem=
	action undone "$1"
	[ -n "$problem" ] || return 0
	problem=
	# One such line is enough to say where it stands.
	if [ "$status" = undoing ]; then note "undo $1"; else journal "undo $1"; fi
	status=undoing
	action undo "$1"
	if [ -z "$had_back" ] && [ "$undo_kind" != shown ]; then give_back "$undo_path" "$undo_value"; fi
	clear_left_file
	clear_module
}

undone_action() {
	problem=
	action undone "$1"
	if [ -n "$problem" ]; then
		undo_failed=yes
		undo_problem="$undo_problem$problem$newline"
	else
		note "back $1"
	fi
}

forget_action() {
	problem=
	journal "forget $1"
	action forget "$1"
	if [ -n "$problem" ]; then
		undo_failed=yes
		complain "$problem"
	fi
}

# In reverse order: first the files, then the running half, of everything that was reached.  A value may be refused until
# an earlier action is undone, so there is a second round.
undo_all() {
	undo_failed='' going_back=yes
	for undo_number in $(backwards); do
		if has_stored "$undo_number"; then forget_action "$undo_number"; fi
	done
	if ! reload_all stored; then
		undo_failed=yes
		complain "$problem"
	fi
	files_failed=$undo_failed
	for undo_round in 1 2; do
		undo_failed=$files_failed undo_problem=
		for undo_number in $(backwards); do
			if has_reached "$undo_number"; then undo_action "$undo_number"; fi
		done
		for undo_number in $(backwards); do
			if has_reached "$undo_number"; then undone_action "$undo_number"; fi
		done
		[ -n "$undo_problem" ] || break
	done
	: "$undo_round"
	if [ -n "$undo_problem" ]; then complain_lines "$undo_problem"; fi
	[ -z "$undo_failed" ] || return 1
	journal undone
}

complain_lines() {
	printf '%s' "$1" | while IFS= read -r complain_line; do
		complain "$complain_line"
	done
}
