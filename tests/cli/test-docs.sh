#!/bin/sh
# What is written about the program is true of it: every option and command is in its man page, and the completion knows them.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pages=$(dirname "$keisoku")/../docs

options() {
	"$keisoku" "$1" --help | sed -nE 's/^  +(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' | sort -u | grep -vxF -e --help
}

for command in advise audit capture diff plan review rightsize verify why explain rules; do
	page=$source/docs/keisoku-$command.1.scd
	missing=
	for option in $(options "$command"); do
		grep -qF -- "*$option*" "$page" || missing="$missing $option"
	done
	same "keisoku-$command(1) has every option" "" "$missing"

	unknown=
	grep -oE -- '^(\*-[a-zA-Z]\*, )?\*--[a-z-]+\*' "$page" | grep -oE -- '--[a-z-]+' >"$work/documented"
	while read -r option; do
		options "$command" | grep -qxF -e "$option" || unknown="$unknown $option"
	done <"$work/documented"
	same "keisoku-$command(1) has no option that is not there" "" "$unknown"
done

commands=$("$keisoku" help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
missing=
for command in $commands; do
	grep -qF "*$command*" "$source/docs/keisoku.1.scd" || missing="$missing $command"
done
same "keisoku(1) has every command" "" "$missing"

if [ -f "$pages/keisoku.1" ] && command -v man >/dev/null; then
	for page in "$pages"/keisoku*.[15]; do
		same "$(basename "$page") is clean" "" "$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 >/dev/null)"
	done
else
	skip "man pages" "not built, or no man here"
fi

if command -v bash >/dev/null; then
	PATH=$(dirname "$keisoku"):$PATH
	export PATH
	# completed WORD…: what the completion offers for the last one
	completed() {
		# shellcheck disable=SC2016
		bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
			_keisoku keisoku "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf "%s\n" "${COMPREPLY[@]}"' \
			bash "$source/packaging/completion/keisoku.bash" "$@" 2>&1
	}
	same "every command is completed" "$(for command in $commands; do echo "$command"; done | sort)" "$(completed keisoku '' | sort)"
	same "options are completed" "--waivers
--width
--window" "$(completed keisoku advise --w | sort)"
	same "values are completed" "high" "$(completed keisoku advise --fail-on h)"
	same "also behind an equals sign" "never" "$(completed keisoku advise --color = n)"
	same "actions of rules are completed" "mutate" "$(completed keisoku rules mu)"
	same "ids of rules are completed" "tcp-orphans" "$(completed keisoku rules show tcp-orp)"
	same "ids are completed" "vm.swappiness" "$(completed keisoku explain vm.swapp)"
else
	skip "completion" "no bash here"
fi
done_testing
