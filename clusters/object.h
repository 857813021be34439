/* SPDX-License-Identifier: Apache-2.0 */
/* One object of Kubernetes, as it was read: typed looks into its tree that complain with file, line and column, and copies of what
 * is kept.  A plain null is as if nothing were there, as it is to the API. */
#ifndef KEISOKU_CLUSTERS_OBJECT_H
#define KEISOKU_CLUSTERS_OBJECT_H

#include "../core/cluster.h"

#define OBJECT_CONTAINERS_MAX 1000
#define OBJECT_NAME_MAX 4096		/* bytes of a name, a kind and the like */
#define OBJECT_TEXT_MAX 4096		/* of a value of env that says nothing about memory, CPU or threads */
#define OBJECT_OPTIONS_MAX 65536	/* of one that does, of an argument */
#define OBJECT_TREE_MAX 20000		/* nodes of one tree that is kept */

struct object {
	struct cluster *cluster;
	uint32_t file, document;
	uint32_t line_offset;		/* what lines of its nodes lack */
	uint16_t node_file;
	const struct node *root, *metadata, *spec, *status;
	const char *api_version, *kind, *namespace, *name;
};

/* As cluster_add_object(); kind, if it is not NULL, is that of an item of a list which says none itself. */
void object_add(struct cluster *cluster, uint32_t file, uint32_t document, uint32_t line_offset, const char *kind,
		const struct node *root);

bool node_is_null(const struct node *node);		/* also NULL: not there */

struct cluster_place object_place(const struct object *object, const struct node *node);
uint32_t object_line(const struct object *object, const struct node *node);
/* "Deployment shop/web: …" */
void object_complain(const struct object *object, const struct node *node, const char *format, ...) FORMAT_PRINTF(3, 4);
void object_warn(const struct object *object, const struct node *node, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Of mapping, which may be NULL: the value of key, or NULL where there is none or, after a complaint, another type. */
const struct node *object_mapping(const struct object *object, const struct node *mapping, const char *key);
const struct node *object_sequence(const struct object *object, const struct node *mapping, const char *key);
const char *object_text(const struct object *object, const struct node *mapping, const char *key);	/* "" */
int64_t object_number(const struct object *object, const struct node *mapping, const char *key);	/* -1 */
bool object_bool(const struct object *object, const struct node *mapping, const char *key);
int64_t object_time(const struct object *object, const struct node *mapping, const char *key);		/* 0 */

/* The item of a sequence if it is a mapping; NULL after a complaint. */
const struct node *object_item(const struct object *object, const struct node *sequence, uint32_t index, const char *what);

bool object_amount(const struct object *object, const struct node *mapping, const char *key, struct amount *amount);	/* given */
void object_amounts(const struct object *object, const struct node *mapping, const char *key, struct amounts *amounts);
void object_named_amounts(const struct object *object, const struct node *mapping, const char *key, struct named_amount **amounts,
			  uint32_t *count);
void object_resources(const struct object *object, const struct node *mapping, const char *key, struct resources *resources);

/* A copy of the tree that lives as long as the cluster, without texts longer than OBJECT_OPTIONS_MAX; NULL: there is none. */
const struct node *object_keep(const struct object *object, const struct node *node);
/* The same of env, without long values that concern nothing here. */
const struct node *object_keep_env(const struct object *object, const struct node *env);
/* The same of ports: those with a hostPort, or all. */
const struct node *object_keep_ports(const struct object *object, const struct node *ports, bool all);

/* "Deployment", "web" of metadata.ownerReferences: the controller's. */
bool object_owner(const struct object *object, const char **ret_kind, const char **ret_name);

/* ---- kinds: object-workload.c, object-pod.c, object-scaling.c, object-bounds.c, object-node.c ---- */
void object_workload(const struct object *object);
void object_cron_job(const struct object *object);
void object_knative_service(const struct object *object);
void object_pod_template(const struct object *object);
void object_pod(const struct object *object);
void object_autoscaler(const struct object *object);
void object_scaled_object(const struct object *object);
void object_vpa(const struct object *object);
void object_limit_range(const struct object *object);
void object_quota(const struct object *object);
void object_budget(const struct object *object);
void object_priority_class(const struct object *object);
void object_runtime_class(const struct object *object);
void object_namespace(const struct object *object);
void object_node(const struct object *object);
void object_kubelet(const struct object *object);

/* A workload of this pod spec, with its containers; what metadata and the like say is the caller's. */
struct workload *object_add_pod_spec(const struct object *object, const struct node *spec);

#endif
