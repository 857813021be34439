#!/bin/sh
# What the parser of scripts says is what shells say: about mistakes in the grammar, and about the words of commands that only print.
set -u
source=$2
build=$(dirname "$1")/../tests/cli
here=$(dirname "$0")
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
script=$build/shell-script
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# known SHELL: whether this machine has it
known() {
	command -v "$1" >/dev/null 2>&1
}

# agree SHELL DIALECT FILE: both parse it, or both refuse it
agree() {
	"$1" -n "$3" >/dev/null 2>&1
	theirs=$(($? != 0))
	"$script" syntax "$2" "$3" >"$work/said" 2>&1
	ours=$(($? != 0))
	[ "$theirs" = "$ours" ] || printf '%s says %s, here it is %s: %s %s\n' "$1" "$theirs" "$ours" "$(cat "$3")" "$(cat "$work/said")"
}

# One script a line; \n stands for a new line.
while IFS= read -r line; do
	printf '%b' "$line" >"$work/one"
	known bash && agree bash bash "$work/one"
	known dash && agree dash sh "$work/one"
done >"$work/differs" <<'END'
a; b & c
( )
{ }
{ a; }
{ a }
if true; then fi
if a; then b; elif c; then d; else e; fi
if a\\nthen b\\nfi
while :; do done
until a; do b; done
for i; do :; done
for i in; do :; done
for i in a b\\ndo c\\ndone > d
for ((i = 0; i < 3; i++)); do :; done
case x in esac
case x in (a|b) : ;; *) esac
case x in a b) ;; esac
case x in a) : ;& b) : ;; esac
f() { :; }
f() a
f()
a-b() { :; }
function f { :; }
f() { :; } > x
a(b)
a=(1 2)
a=b (c)
a && # c
a |& b
a || ; b
a | ! b
! a | b
a;; b
a &; b
;
fi
done
in
echo }
echo "$(" )"
echo 'a
echo "a
echo `a
echo `echo \\`a\\``
echo $(a
echo $((1+2)
echo $((1+(2)))
((1 + 2))
((a);b)
echo ${x
echo ${x:-a b} "${x:-"}"}" ${x#'}'}
echo ${x:-$(a ${y})}
echo $(case x in x) echo y;; esac)
cat <<A <<B\\n1\\nA\\n2\\nB
cat <<A\\n$(\\nA
cat <<'A'\\n$(\\nA
cat <<-A\\n\\t1\\n\\tA\\nfi
cat <<
cat <<< x
a > ; b
a 2>&- <b >>c 3<>d >|e
a &> b
{fd}>x
[[ a == b || c ]] && d
[[ a =~ (b|c)$ ]]
[[ ( a ) && ! b < c ]]
[[ a
echo <(ls)
echo a\\\\\\nb \\\\\\n c
a \\\\\\n&& b
declare -a x=(1 2)
x+=(3) y[1]=2
select x in a; do :; done
time a
a\\r\\n
if a; then\\r\\n b\\r\\nfi\\r\\n
echo @(a|b)
# nothing
END
if known bash || known dash; then
	same "shells and the parser agree about the grammar" "" "$(cat "$work/differs")"
else
	skip "shells and the parser agree about the grammar" "there is no shell to ask"
fi

# The scripts of this project, and those that the system has installed.
{
	find "$source" -name '*.sh' -not -path '*/build*/*'
	for directory in /etc/init.d /usr/share/doc /var/lib/dpkg/info /usr/bin; do
		[ ! -d "$directory" ] || find "$directory" -maxdepth 1 -type f -size -200k
	done
} 2>/dev/null | head -n 2000 >"$work/files"
while IFS= read -r file; do
	IFS= read -r first <"$file" 2>/dev/null || continue
	case $first in
	"#!"*bash*) known bash && agree bash bash "$file" ;;
	"#!"*/sh*) known dash && agree dash sh "$file" ;;
	esac
done <"$work/files" 2>/dev/null >"$work/differs"
same "shells and the parser agree about scripts that are in use" "" "$(cat "$work/differs")"

# Words: in a directory with known names, the script is carried out, and followed.  What it prints is the same.
mkdir "$work/empty"
cat >"$work/words" <<'END'
p() { for word; do printf '[%s]' "$word"; done; echo; }
p a'b c'"d e"\f\ g "" ''
x='a  b' y= z=a:b
p $x "$x" $y "$y" -$y- "$x"$x
p ${x:-c} ${y:-c d} "${y:-c d}" ${y-c} ${y:+c} ${x:+d e} "${x+"f g"}"
n=/sys/block/sda/queue
p ${n##*/} ${n#*/} ${n%/*} ${n%%/*} ${#n} "${n#/sys}" ${n%"/queue"}
p $((1 + 2 * 3)) $(( (7 - 1) / 2 % 2 << 4)) "$((64 * 1024))" $((-3 + 0x10))
p $(echo a b) "$(echo a b)" `echo c` "$(printf '%s\n' d e)" $(printf '%s-%s ' 1 2 3)
for i in 1 "2 3" $x; do p $i "$i"; done
f() { p $# "$@" "$2"; }; f a "b c"
p "$(echo "$(echo "a b")")"
case $x in a*) p first ;; *) p second ;; esac
case b in a|b) p either ;; esac
while read -r k v; do p "$k" "$v"; done <<E
one 1 2
  two	$z
E
cat <<E | cat
$x \$x \\ "quoted" $(echo c)
E
cat <<'E'
$x \$x
E
cat <<-E
	tabs
		go
	E
(x=c; p $x); p $x
x=$x$z; p "$x"
p "a
b" 'c
d'
p a\
b
echo -n no; echo " newline"
IFS=:
p $z "$z"
END
cat >"$work/words-bash" <<'END'
p() { for word in "$@"; do printf '[%s]' "$word"; done; echo; }
p {a,b}{1..3} x{y,z}" w" {a} {a,"b c"} "{a,b}" a{b,{c,d}}e
p $'a\tb\x41\101\'' $"c"
a=(1 "2 3" {4,5}); p "${a[@]}"; for w in "${a[@]}"; do p "$w"; done
s=x; s+=y; p $s
p <<< a; cat <<< "b $s"
echo -e 'a\tb'
printf '%s=%d\n' a 1 b 2
END
# followed SHELL DIALECT FILE NAME
followed() {
	known "$1" || { skip "$4" "there is no $1"; return; }
	expected=$(cd "$work/empty" && "$1" "$3" 2>&1)
	same "$4" "$expected" "$("$script" words "$2" "$3" 2>&1)"
}
followed bash bash "$work/words" "bash and the reader make the same words"
followed dash sh "$work/words" "dash and the reader make the same words"
followed bash bash "$work/words-bash" "what only bash knows becomes the same words"

# Nothing is run: a script that would leave something behind leaves nothing.
cat >"$work/harm" <<END
touch $work/harmed; \$(touch $work/harmed); \`touch $work/harmed\`; echo "\$(touch $work/harmed)" > $work/harmed
x=\$(cat < $work/words > $work/harmed); eval "touch $work/harmed"; sh -c 'touch $work/harmed'; : > $work/harmed
END
"$script" items bash "$work/harm" >/dev/null 2>&1
same "a hostile script is read" 0 $?
same "nothing is run" "" "$(find "$work" -name harmed)"
done_testing
