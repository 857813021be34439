/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of network interfaces beside sysfs: the kernel's answers on a running system, the output of ip, tc and
 * ethtool in a sosreport. */
#ifndef KEISOKU_PROBES_INTERFACE_H
#define KEISOKU_PROBES_INTERFACE_H

#include "probe.h"

#define INTERFACES_MAX 1024

/* The subject of an interface that is already there or still fits. */
subject_id interface_subject(struct snapshot *snapshot, const char *name);

/* The interfaces of this network namespace with kind, queueing discipline, rings, channels, coalescing and offloads.
 * Negative errno: which ones there are could not be asked. */
int interface_read_live(struct snapshot *snapshot);

void interface_read_report(const struct root *root, struct snapshot *snapshot);

/* "features.tx-tcp-segmentation": one that is captured for itself. */
bool interface_is_feature(const char *key);

/* Parsers of text, for the report and for tests. */
void interface_ip_link_parse(struct snapshot *snapshot, const char *text, const char *origin);
void interface_tc_qdisc_parse(struct snapshot *snapshot, const char *text, const char *origin);

enum ethtool_report { ETHTOOL_RINGS, ETHTOOL_CHANNELS, ETHTOOL_COALESCE, ETHTOOL_FEATURES, ETHTOOL_DRIVER };
void interface_ethtool_parse(struct snapshot *snapshot, subject_id subject, enum ethtool_report report,
			     const char *text, const char *origin);

#endif
