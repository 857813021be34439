# SPDX-License-Identifier: Apache-2.0
# Completion of keisoku for bash: commands, their options, formats and ids.

# The options of a command, as its own help lists them.
_keisoku_options() {
	"$1" "$2" --help 2>/dev/null | grep -oE -- '(^|[ ,])--[a-z-]+' | tr -d ' ,'
}

_keisoku_ids() {
	local program=$1 what
	shift
	for what in "$@"; do
		"$program" list "$what" 2>/dev/null | cut -f1
	done
}

_keisoku_words() {
	local IFS=$'\n'
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_keisoku_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_keisoku() {
	local program=$1 current=$2 previous=$3 command=${COMP_WORDS[1]}
	local commands=$'advise\naudit\ncapture\nverify\ndiff\nwhy\nexplain\nlist\nplan\nprobes\nreview\nrightsize\nrules\nhelp\nversion'

	COMPREPLY=()
	# With "=" among the word breaks, "--window=5" arrives as three words.
	if [[ $previous == "=" && $COMP_CWORD -ge 2 ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $current == "=" ]]; then
		current=
	fi
	if [[ $COMP_CWORD -eq 1 ]]; then
		_keisoku_words "$commands" "$current"
		return
	fi
	case $previous in
	--color) _keisoku_words $'auto\nalways\nnever' "$current" ;;
	--fail-on) _keisoku_words $'low\nmedium\nhigh\ncritical' "$current" ;;
	--output | -O)
		if [[ $command == diff ]]; then
			_keisoku_words $'text\njson\nmarkdown' "$current"
		elif [[ $command == advise || $command == audit || $command == review || $command == rightsize ]]; then
			_keisoku_words $'text\njson\nhtml\nsarif\njunit\nmarkdown\ncsv\nprometheus' "$current"
		else
			_keisoku_words $'text\njson' "$current"
		fi
		;;
	--forbid)
		_keisoku_words $'one-way\nreboot-to-undo\nwrite-has-side-effect\nnew-objects-only\nper-namespace\nneeds-module' \
			"$current"
		;;
	--policy)
		_keisoku_files -f "$current"
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(_keisoku_ids "$program" policies)" -- "$current")
		;;
	--rule) _keisoku_words "$(_keisoku_ids "$program" rules)" "$current" ;;
	--recommender) _keisoku_words $'percentile\nvpa' "$current" ;;
	--context) _keisoku_words "$(kubectl config get-contexts -o name 2>/dev/null)" "$current" ;;
	--rules | --cases | --sources | --tree | -t | --patches) _keisoku_files -d "$current" ;;
	--against | --old | --root | -r | --snapshot | -S | --after | --baseline | --save | -s | --file | -o | --waivers | --journal | --netns | --usage | -u | --prices | --bearer-token-file | --user-file | --ca | --cert | --key)
		_keisoku_files -f "$current" ;;
	--pid | -p) _keisoku_words "$(compgen -G '/proc/[0-9]*' | cut -d/ -f3)" "$current" ;;
	--about | --as | --fail-coverage-below | --cgroup | --cgroup-max | --interval | -i | --width | --window | --measure | -w | --step | --timeout | --retries | --namespace | -n | --selector | --header | --label | --prometheus) ;;
	--cpu-percentile | --cpu-margin | --memory-percentile | --memory-margin | --min-window | --min-samples | --least-change | --headroom) ;;
	*)
		if [[ $current == -* ]]; then
			_keisoku_words "$(_keisoku_options "$program" "$command")" "$current"
			return
		fi
		case $command in
		help) _keisoku_words "$commands" "$current" ;;
		audit | diff | review | rightsize | verify) _keisoku_files -f "$current" ;;
		list) _keisoku_words $'rules\npolicies\ntunables\nfacts\nmetrics\nmessages\nforms\nverdicts' "$current" ;;
		rules)
			if [[ $COMP_CWORD -eq 2 ]]; then
				_keisoku_words $'list\nshow\nlint\ntest\nmutate' "$current"
			else
				_keisoku_words "$(_keisoku_ids "$program" rules)" "$current"
			fi
			;;
		explain | why)
			_keisoku_words "$(_keisoku_ids "$program" tunables rules policies metrics messages verdicts)" "$current"
			;;
		esac
		;;
	esac
}

complete -F _keisoku keisoku
