/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/netstat, snmp and snmp6: what the network stack counted, by name.  Columns are inserted in the middle of a
 * line (BeyondWindow in TcpExt, between 6.14 and 6.18), so only the header above the values tells which is which.
 *
 *	TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed …
 *	TcpExt: 0 0 0 …
 *
 * /proc/net is that of the reader's network namespace; a container has its own counters.  Multipath TCP, UDP-Lite and the
 * types of ICMPv6 are a third of all names, and nothing asks for them: they are passed over.  Documentation:
 * Documentation/networking/snmp_counter.rst, RFC 1213 for the names in snmp. */
#include <errno.h>

#include "probe.h"
#include "table.h"

enum { FILE_NETSTAT, FILE_SNMP, FILE_SNMP6, FILE_COUNT };

static const char *const netstat_paths[] = {
	[FILE_NETSTAT] = "/proc/net/netstat",
	[FILE_SNMP] = "/proc/net/snmp",
	[FILE_SNMP6] = "/proc/net/snmp6",
	[FILE_COUNT] = NULL,
};

/* clang-format off */
static const struct netstat_group {
	int file;
	const char *label;		/* with its colon, as it begins both lines */
	const char *prefix;
} netstat_groups[] = {
	{ FILE_NETSTAT, "TcpExt:",  "netstat.TcpExt." },
	{ FILE_NETSTAT, "IpExt:",   "netstat.IpExt." },
	{ FILE_SNMP,    "Ip:",      "snmp.Ip." },
	{ FILE_SNMP,    "Icmp:",    "snmp.Icmp." },
	{ FILE_SNMP,    "IcmpMsg:", "snmp.IcmpMsg." },
	{ FILE_SNMP,    "Tcp:",     "snmp.Tcp." },
	{ FILE_SNMP,    "Udp:",     "snmp.Udp." },
};
/* clang-format on */

/* What is no counter in any group: a state or a constant. */
static const struct series_name netstat_gauges[] = {
	{ "CurrEstab", SERIES_GAUGE },	  { "DefaultTTL", SERIES_GAUGE }, { "Forwarding", SERIES_GAUGE },
	{ "MaxConn", SERIES_GAUGE },	  { "RtoAlgorithm", SERIES_GAUGE }, { "RtoMax", SERIES_GAUGE },
	{ "RtoMin", SERIES_GAUGE },
};

static const char *const tcpext_wanted[] = {
	"BusyPollRxPackets", "ListenDrops", "ListenOverflows", "OfoPruned", "PruneCalled", "RcvPruned", "SyncookiesFailed",
	"SyncookiesRecv", "SyncookiesSent", "TCPAbortOnClose", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPBacklogDrop",
	"TCPFastOpenActive", "TCPFastOpenActiveFail", "TCPFastOpenListenOverflow", "TCPFastOpenPassive",
	"TCPFastOpenPassiveFail", "TCPFromZeroWindowAdv", "TCPKeepAlive", "TCPLossProbes", "TCPLostRetransmit",
	"TCPMTUPFail", "TCPMTUPSuccess", "TCPMemoryPressures", "TCPMemoryPressuresChrono", "TCPRcvCollapsed",
	"TCPRcvQDrop", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "TCPSpuriousRTOs", "TCPSynRetrans",
	"TCPTimeWaitOverflow", "TCPTimeouts", "TCPToZeroWindowAdv", "TCPWantZeroWindowAdv", "TCPZeroWindowDrop", NULL,
};
static const char *const tcp_wanted[] = {
	"ActiveOpens", "AttemptFails", "CurrEstab", "EstabResets", "InErrs", "InSegs", "OutRsts", "OutSegs", "PassiveOpens",
	"RetransSegs", NULL,
};
static const char *const udp_wanted[] = {
	"InDatagrams", "InErrors", "MemErrors", "NoPorts", "OutDatagrams", "RcvbufErrors", "SndbufErrors", NULL,
};
static const char *const ip_wanted[] = { "FragFails", "InDiscards", "OutDiscards", "OutNoRoutes", "ReasmFails", NULL };
static const char *const icmp_wanted[] = { "InDestUnreachs", "OutDestUnreachs", NULL };
static const char *const snmp6_wanted[] = { "Ip6InDiscards", "Udp6InErrors", "Udp6RcvbufErrors", NULL };

struct netstat_state {
	struct sampled_file files[FILE_COUNT];
	struct column_table tables[ARRAY_SIZE(netstat_groups)];
	struct series_cache snmp6;
	bool marked;
};

static enum series_class netstat_classify(const char *prefix, const char *name, size_t length)
{
	(void)prefix;
	return series_name_class(netstat_gauges, ARRAY_SIZE(netstat_gauges), name, length, SERIES_COUNTER);
}

static enum series_class snmp6_classify(const char *prefix, const char *name, size_t length)
{
	bool wanted = (length > 3 && memcmp(name, "Ip6", 3) == 0) || (length > 4 && memcmp(name, "Udp6", 4) == 0);

	(void)prefix;
	return wanted ? SERIES_COUNTER : SERIES_LEFT_OUT;
}

static int netstat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			void **ret_state)
{
	struct netstat_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_init(&state->files[i], root, netstat_paths[i]);
	for (size_t i = 0; i < ARRAY_SIZE(netstat_groups); i++)
		state->tables[i].classify = netstat_classify;
	state->snmp6 = (struct series_cache)SERIES_CACHE_INIT(netstat_paths[FILE_SNMP6], COLUMN_TABLE_MAX);
	state->snmp6.classify = snmp6_classify;
	*ret_state = state;
	return 0;
}

/* Which group a line belongs to, or -1. */
static int netstat_group_of(int file, const char *line, size_t label_length)
{
	for (size_t i = 0; i < ARRAY_SIZE(netstat_groups); i++) {
		const char *label = netstat_groups[i].label;

		if (netstat_groups[i].file == file && strlen(label) == label_length &&
		    memcmp(label, line, label_length) == 0)
			return (int)i;
	}
	return -1;
}

/* " 1 200 120000 -1\n" into the table's values: as many as it has columns, or -EBADMSG.  Only gauges may be negative. */
static int netstat_values(struct column_table *table, const char *cursor)
{
	for (size_t i = 0; i < table->count; i++) {
		bool negative;

		while (scan_is_blank(*cursor))
			cursor++;
		if (!scan_signed(&cursor, &table->values[i], &negative) || (!scan_is_blank(*cursor) && *cursor != '\n'))
			return -EBADMSG;
		if (negative && table->columns[i].class != SERIES_GAUGE)
			return -EBADMSG;
	}
	while (scan_is_blank(*cursor))
		cursor++;
	return *cursor == '\n' ? 0 : -EBADMSG;
}

/* A header line and the line of values below it; both begin with the same label.  NULL when all went well, else what
 * is wrong with them. */
static const char *netstat_group(struct netstat_state *state, size_t group, struct snapshot *snapshot,
				 const char *header, const char *values, size_t label_length)
{
	struct column_table *table = &state->tables[group];
	const char *prefix = netstat_groups[group].prefix;
	int n;

	if (values[-1] != '\n' || strncmp(values, header, label_length) != 0)
		return "a header without its values; left out";
	n = column_table_header(table, prefix, header + label_length, values - 1);
	if (n < 0)
		return "a header with names that make no sense; left out";
	if (netstat_values(table, values + label_length) < 0)
		return "values do not fit their header; left out";
	for (int i = 0; i < n; i++)
		column_table_put(table, snapshot, prefix, (size_t)i, table->values[i]);
	return NULL;
}

static void netstat_parse(struct netstat_state *state, int file, struct snapshot *snapshot)
{
	const char *cursor = state->files[file].text.buf;

	while (*cursor) {
		const char *header = cursor, *values, *wrong;
		size_t label_length = scan_name_length(header, ':') + 1;
		int group;

		scan_skip_line(&cursor);
		if (header[label_length - 1] != ':') {
			sampled_file_note(&state->files[file], snapshot, header, "a line without a label; left out");
			continue;
		}
		/* A protocol that is not known here has its two lines as well. */
		group = netstat_group_of(file, header, label_length);
		values = cursor;
		if (group >= 0) {
			wrong = netstat_group(state, (size_t)group, snapshot, header, values, label_length);
			if (wrong)
				sampled_file_note(&state->files[file], snapshot, header, "%s", wrong);
		}
		if (strncmp(values, header, label_length) == 0)
			scan_skip_line(&cursor);
	}
	sampled_file_check_end(&state->files[file], snapshot, cursor);
}

/*	Ip6InReceives                   	1 */
static void snmp6_parse(struct netstat_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_SNMP6];
	const char *cursor = file->text.buf;
	struct pair pair;
	enum scan found;

	series_cache_rewind(&state->snmp6);
	while ((found = scan_pair(&cursor, &pair)) != SCAN_END) {
		if (found == SCAN_BAD)
			sampled_file_note(file, snapshot, pair.name, "not a name and a number; left out");
		else
			series_cache_sample(&state->snmp6, snapshot, SUBJECT_HOST, "snmp6.", pair.name, pair.length,
					    pair.value);
	}
	sampled_file_check_end(file, snapshot, cursor);
}

static void netstat_mark_absent(struct netstat_state *state, struct snapshot *snapshot)
{
	/* clang-format off */
	static const struct {
		int file;
		const char *prefix;
		const char *const *names;
	} wanted[] = {
		{ FILE_NETSTAT, "netstat.TcpExt.", tcpext_wanted },
		{ FILE_SNMP,    "snmp.Icmp.",      icmp_wanted },
		{ FILE_SNMP,    "snmp.Ip.",        ip_wanted },
		{ FILE_SNMP,    "snmp.Tcp.",       tcp_wanted },
		{ FILE_SNMP,    "snmp.Udp.",       udp_wanted },
		{ FILE_SNMP6,   "snmp6.",          snmp6_wanted },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int error = state->files[wanted[i].file].error;

		table_mark_absent(snapshot, SUBJECT_HOST, wanted[i].prefix, wanted[i].names, error < 0 ? error : -ENOENT,
				  netstat_paths[wanted[i].file]);
	}
}

static void netstat_tick(void *data, struct snapshot *snapshot)
{
	struct netstat_state *state = data;

	for (int i = FILE_NETSTAT; i <= FILE_SNMP; i++)
		if (sampled_file_read(&state->files[i]) == 0)
			netstat_parse(state, i, snapshot);
	if (sampled_file_read(&state->files[FILE_SNMP6]) == 0)
		snmp6_parse(state, snapshot);
	if (!state->marked)
		netstat_mark_absent(state, snapshot);
	state->marked = true;
}

static void netstat_close(void *data)
{
	struct netstat_state *state = data;

	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_release(&state->files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(netstat_groups); i++)
		column_table_release(&state->tables[i]);
	series_cache_release(&state->snmp6);
	free(state);
}

const struct sampler sampler_netstat = {
	.name = "netstat",
	.summary = "TCP, UDP, IP and ICMP counters of this network namespace",
	.paths = netstat_paths,
	.open = netstat_open,
	.tick = netstat_tick,
	.close = netstat_close,
};
