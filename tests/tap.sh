# shellcheck shell=sh
# TAP for tests written in shell: . tests/tap.sh, then ok/not_ok/skip, check and done_testing.

tap_count=0
tap_failed=0

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# same NAME EXPECTED FOUND
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected: $2
found:    $3"
	fi
}

# contains NAME NEEDLE TEXT
contains() {
	case $3 in
	*"$2"*) ok "$1" ;;
	*) not_ok "$1" "expected '$2' in:
$3" ;;
	esac
}

# retell FILE: the results of another run, counted anew; what else stands there becomes comments
retell() {
	while IFS= read -r retold; do
		case $retold in
		"1.."*) continue ;;
		"not ok "*) tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1)) ;;
		"ok "*) tap_count=$((tap_count + 1)) ;;
		"#"*) ;;
		*) retold="# $retold" ;;
		esac
		printf '%s\n' "$retold" | sed -E "s/^((not )?ok) [0-9]+ /\1 $tap_count /"
	done <"$1"
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}
