#!/bin/bash
# A server that speaks the language of Prometheus and is down, slow, broken, or wants something else than it should get.
set -u
workload=$2 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
servers=
# shellcheck disable=SC2086 # one word per process
trap 'kill $servers 2>/dev/null; rm -rf "$work"' EXIT
program=$(dirname "$workload")/prometheus-usage
begin=1700006400 end=1700092800

plain='' secure='' both=''
# server NAME ARGUMENT...: its port into NAME, its log in $work/NAME.log
server() {
	name=$1
	shift
	timeout 300 python3 "$source/tests/real/faulty-server.py" "$work/$name.log" "$@" >"$work/$name.port" 2>"$work/$name.err" &
	servers="$servers $!"
	for _ in $(seq 100); do
		[ ! -s "$work/$name.port" ] || break
		sleep 0.1
	done
	read -r "${name?}" <"$work/$name.port"
}
server plain

# ask URL OPTION...: what comes is in $told, the status in $status, the requests in $asked, the time in $took
ask() {
	url=$1
	shift
	: >"$work/plain.log"
	started=$(date +%s%N)
	told=$(timeout 60 "$program" "$url" $begin $end 300 timeout=2 retries=2 "$@" shop/Deployment/web/app 2>&1)
	status=$?
	took=$((($(date +%s%N) - started) / 1000000))
	asked=$(wc -l <"$work/plain.log")
}
whole() {
	ask "http://127.0.0.1:$plain/$1"
	contains "$2" "web/app memory.working_set samples=" "$told"
	same "$2: to the end" 0 "$status"
}
fails() {
	ask "http://127.0.0.1:$plain/$1"
	contains "$2" "$3" "$told"
	same "$2: the run ends with an error" 1 "$status"
	same "$2: in time" 1 $((took < 15000))
}

whole ok "a good server is understood"
same "nothing but this server's API is asked for" "" "$(grep -v '^POST /ok/api/v1/' "$work/plain.log")"
same "no credentials go where none are given" "" "$(awk '$3 != "-" || $4 != "-"' "$work/plain.log")"
whole gzip "compressed answers are understood"
whole no-post "a server that takes no POST is asked by GET"
whole no-info "a server that has nothing but queries is asked for everything"
whole moved "a redirect on the same server is followed"
whole 500-twice "an error that passes is waited for"
whole 429 "too many questions are waited for"
same "as long as the server says" 1 $((took >= 1000))
whole broken-once "an answer that broke off is asked for again"
contains "and counts once" "samples=100 " "$told"
whole too-many "what is too much at once is asked for in pieces"
contains "and all of it counts" "samples=1600 pods=1" "$told"
whole times-out "what takes the server too long is asked for in pieces"

whole clusters "a server of several clusters"
contains "is told from a server of one" "has series of 2 clusters (live, test), which are taken for one: choose yours with --selector 'cluster=\"live\"'" "$told"
ask "http://127.0.0.1:$plain/no-container"
contains "a kubelet that names no containers is told" "has series of whole pods only" "$told"

fails 401 "who is not let in is told so" "HTTP 401 (not authorised)"
same "and asks once" 1 "$asked"
fails 422 "what the server says of a question is repeated" "HTTP 422: execution: multiple matches for labels"
same "and it is not asked again" 5 "$asked"
fails 500 "a server that stays broken is given up" "HTTP 500"
same "after as many attempts as were asked for" 3 "$asked"
fails slow "a server that does not answer is given up" "no answer within 2 s"
fails slow-query "a server that answers no query is given up" "no whole answer within 2 s"
fails always-too-many "a server that cannot answer the least is given up" "query processing would load too many samples"
fails truncated "an answer shorter than was said is none" "transfer closed with 20 bytes remaining"
fails truncated-unseen "an answer that ends in the middle is none" "ends in the middle of an answer"
fails garbage "garbage is none" "not JSON"
fails login "a page for people is none" "it is text/html"
fails endless "an answer without an end is given up" "no whole answer within 2 s"
fails endless-text "a text without an end is given up" "longer than 1 MiB"
fails elsewhere "a redirect to another host is not followed" "redirects to http://metrics.invalid:8080, which is not asked"
same "and what is secret in it is not repeated" "" "$(grep hunter2 <<<"$told")"
fails other-port "a redirect to another port is not followed" "redirects to http://127.0.0.1:1, which is not asked"
fails round "a redirect to itself ends" "redirects and redirects"

ask http://127.0.0.1:1/
contains "a server that is down is told" "Failed to connect to 127.0.0.1 port 1" "$told"
same "a server that is down: in time" 1 $((took < 10000))
ask "http://127.0.0.1:$plain/nan"
contains "values that are no numbers are told and not used" "1 series or values were none" "$told"
same "values that are no numbers are no usage" "" "$(grep '^web/app' <<<"$told")"
ask "http://127.0.0.1:$plain/hostile"
same "below zero is no usage" "" "$(grep '^web/app' <<<"$told")"

# Credentials
echo "open-sesame" >"$work/token"
echo "ann:open sesame" >"$work/user"
ask "http://127.0.0.1:$plain/ok" bearer="$work/token" header="X-Scope-OrgID: team"
same "every request carries the token and the header" "$asked" "$(grep -c ' Bearer open-sesame team' "$work/plain.log")"
ask "http://127.0.0.1:$plain/ok" user="$work/user"
same "every request carries user and password" "$asked" "$(grep -c " Basic $(printf 'ann:open sesame' | base64)" "$work/plain.log")"
ask "http://ann:open%20sesame@127.0.0.1:$plain/401"
same "user and password may stand in the URL" 1 "$(grep -c " Basic $(printf 'ann:open sesame' | base64)" "$work/plain.log")"
ask "http://ann:sesame@127.0.0.1:$plain/ok" bearer="$work/token"
contains "who asks is said in one way" "give one of them" "$told"
for secret in "bearer=$work/token" "user=$work/user"; do
	for fault in 401 elsewhere garbage slow; do
		ask "http://ann:sesame@127.0.0.1:$plain/$fault"
		same "$fault: no secret is told" "" "$(grep sesame <<<"$told")"
		ask "http://127.0.0.1:$plain/$fault" "$secret"
		same "$fault, ${secret%%=*}: no secret is told" "" "$(grep sesame <<<"$told")"
	done
done
printf 'one\ntwo\n' >"$work/lines"
: >"$work/empty"
while IFS='|' read -r option words; do
	ask "http://127.0.0.1:$plain/ok" "$option"
	contains "$option: $words" "$words" "$told"
	same "$option: nothing is asked" 0 "$asked"
done <<END
bearer=$work/none|No such file
bearer=$work/lines|not one line of text
bearer=$work/empty|not one line of text
user=$work/token|expected user:password
header=X-Scope-OrgID|expected NAME: VALUE
header=X Scope: team|expected NAME: VALUE
ca=$work/none|No such file
selector=cluster="a"} or up{a="b"|expected ',' at character 12
selector=cluster=a|expected NAME="VALUE"
selector={cluster="a"|expected '}'
END
for url in ftp://a b http:// http://:1 'http://a b' 'http://a?b=c' "http://ann:sesame@/x"; do
	ask "$url"
	contains "$url is no URL of a server" "the URL of a Prometheus" "$told"
	same "$url: no secret is told" "" "$(grep sesame <<<"$told")"
done
# shellcheck disable=SC2016 # as PromQL quotes
ask "http://127.0.0.1:$plain/ok" 'selector={cluster="a\"b", zone=~`[ab]`}'
contains "a selector is part of every expression" 'cluster="a\"b",zone=~"[ab]"' "$(tail -n 1 "$work/plain.log")"
same "of all of them" 0 "$(grep '/query' "$work/plain.log" | grep -cv 'cluster="a\\"b",zone=~"\[ab\]"')"
ask "http://127.0.0.1:$plain/ok" 'x"} or vector(1) or y{z/Deployment/web/app'
contains "a namespace ends no string" 'container_memory_working_set_bytes{namespace=~"x\"\\} or vector\\(1\\) or y\\{z|shop",' \
	"$(cat "$work/plain.log")"

# TLS, by authorities of our own
if command -v openssl >/dev/null; then
	(
		cd "$work" || exit 1
		for authority in ours theirs; do
			openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout $authority.key -out $authority.pem -subj "/CN=$authority" \
				-addext basicConstraints=critical,CA:TRUE
		done
		for name in server client; do
			openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name"
			printf 'subjectAltName=IP:127.0.0.1\n' >$name.ext
			openssl x509 -req -in $name.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
		done
	) >"$work/openssl.log" 2>&1
	server secure "$work/server.pem" "$work/server.key"
	server both "$work/server.pem" "$work/server.key" "$work/ours.pem"
	secure() {
		port=$1 what=$2 words=$3
		shift 3
		ask "https://$port/ok" "$@"
		contains "$what" "$words" "$told"
	}
	secure "127.0.0.1:$secure" "an authority that is given is trusted" "web/app memory.working_set" ca="$work/ours.pem"
	secure "127.0.0.1:$secure" "another one is not" "certificate" ca="$work/theirs.pem"
	secure "127.0.0.1:$secure" "nor is one that this host does not know" "certificate"
	secure "localhost:$secure" "nor another name" "alternative certificate subject name" ca="$work/ours.pem"
	: >"$work/secure.log"
	secure "127.0.0.1:$secure" "credentials go to nobody who is not trusted" "certificate" bearer="$work/token"
	same "credentials go to nobody who is not trusted: no request" 0 "$(wc -l <"$work/secure.log")"
	secure "127.0.0.1:$secure" "whoever answers is believed where that is asked for" "web/app memory.working_set" insecure=1
	secure "127.0.0.1:$both" "a server that wants a certificate gets it" "web/app memory.working_set" ca="$work/ours.pem" \
		cert="$work/client.pem" key="$work/client.key"
	secure "127.0.0.1:$both" "a server that wants a certificate refuses who has none" "error: " ca="$work/ours.pem"
	secure "127.0.0.1:$plain" "a server without TLS is not asked in the clear" "error: " ca="$work/ours.pem"
	rm -f "$work/plain.log"
else
	skip "TLS" "no openssl"
fi
done_testing
