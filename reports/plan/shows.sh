# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Print one setting that no file shows.  Part of every script, and of the tasks of a playbook that look at such settings.

# What mount says of one option: true, false, or the value behind its equals sign.  The kernel shows strictatime by
# showing neither of the others.
mount_shows() {
	mount_options=$(findmnt -n -o OPTIONS --mountpoint "$1" | tail -n 1)
	[ -n "$mount_options" ] || return
	if [ "$2" = strictatime ]; then
		case ,$mount_options, in
		*,noatime,* | *,relatime,*) echo false ;;
		*) echo true ;;
		esac
		return
	fi
	case ,$mount_options, in
	*",$2,"*) echo true ;;
	*",$2="*)
		mount_options=,$mount_options,
		mount_options=${mount_options#*",$2="}
		echo "${mount_options%%,*}"
		;;
	*) echo false ;;
	esac
}

# ethtool_shows OPTION INTERFACE LABEL: the word behind a label, of the current settings, which come last.
ethtool_shows() {
	ethtool "$1" "$2" | {
		ethtool_word=
		while read -r ethtool_label ethtool_value ethtool_rest; do
			if [ "$ethtool_label" = "$3:" ]; then ethtool_word=$ethtool_value; fi
		done
		: "${ethtool_rest-}"
		[ -n "$ethtool_word" ] && printf '%s\n' "$ethtool_word"
	}
}

# qdisc_shows INTERFACE: the queueing discipline at its root: "qdisc fq_codel 0: root refcnt 2 limit 10240p".
qdisc_shows() {
	tc qdisc show dev "$1" | while read -r qdisc_word qdisc_kind qdisc_handle qdisc_place qdisc_rest; do
		if [ "$qdisc_word $qdisc_place" = 'qdisc root' ]; then printf '%s\n' "$qdisc_kind"; fi
		: "$qdisc_handle $qdisc_rest"
	done
}

# qdisc_leaf_shows INTERFACE: the first of those below it: "qdisc fq_codel 0: parent :2 limit 10240p".
qdisc_leaf_shows() {
	tc qdisc show dev "$1" | while read -r qdisc_word qdisc_kind qdisc_handle qdisc_place qdisc_rest; do
		if [ "$qdisc_word" = qdisc ] && [ "$qdisc_place" = parent ] && [ "$qdisc_kind" != ingress ] &&
			[ "$qdisc_kind" != clsact ]; then
			printf '%s\n' "$qdisc_kind"
			break
		fi
		: "$qdisc_handle $qdisc_rest"
	done
}

# qdisc_details INTERFACE NAME...: handle and parameters of the one at its root: "8001: limit 20000 flow_limit 100", and "-"
# for what is not shown.  [{"kind":"fq","handle":"8001:","root":true,"refcnt":2,"options":{"limit":20000,"flow_limit":100}}]
qdisc_details() {
	qdisc_all=$(tc -j qdisc show dev "$1")
	qdisc_root=${qdisc_all#*'"root":true'}
	[ "$qdisc_root" != "$qdisc_all" ] || return
	qdisc_handle=${qdisc_all%%'"root":true'*}
	qdisc_handle=${qdisc_handle##*'"handle":"'}
	qdisc_said=${qdisc_handle%%'"'*}
	qdisc_root=${qdisc_root%%'{"kind":'*}
	shift
	for qdisc_name; do
		qdisc_value=-
		case $qdisc_root in
		*"\"$qdisc_name\":"*)
			qdisc_value=${qdisc_root#*"\"$qdisc_name\":"}
			qdisc_value=${qdisc_value%%[,\}]*}
			;;
		esac
		qdisc_said="$qdisc_said $qdisc_name $qdisc_value"
	done
	printf '%s\n' "$qdisc_said"
}
