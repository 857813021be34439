/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as they stand after loading, and how one of them is judged.  Inside the advisor only. */
#ifndef KEISOKU_RULE_H
#define KEISOKU_RULE_H

#include "advisor.h"
#include "expr.h"

#define RULE_CHANGES_MAX 8
#define RULE_INTERVALS_MIN 10	/* of a window, for a recommendation */

/* ---- text with expressions in braces: "{rate(x)} per second, {self.limit|MiB}" ---- */

struct text_part {
	const char *literal;		/* program NULL: this text */
	size_t length;
	struct program *program;
	bool has_unit;			/* print in this unit, with this name */
	bool plain;			/* digits alone, as of a port */
	struct unit unit;
	const char *unit_name;
};

struct text {
	struct text_part *parts;
	size_t count, capacity;
};

int text_compile(const struct expr_scope *scope, const struct node *node, struct diag *diag, struct text *text);
void text_release(struct text *text);
void text_bind(struct text *text, const struct snapshot *snapshot);
void text_expand(const struct text *text, struct expr_context *context, struct strbuf *out);

/* ---- rules ---- */

enum direction { DIRECTION_ANY, DIRECTION_RAISE, DIRECTION_LOWER };

struct rule_change {
	const struct entry *tunable;
	const char *key;		/* without "self." */
	bool self;			/* of the subject, not of the host */
	enum direction direction;
	struct program *to;
};

struct said {				/* a condition, and what to say when it holds */
	struct program *when;
	struct text say;
};

enum judged { JUDGED_BOTH, JUDGED_RUNNING, JUDGED_BOOT };	/* of a policy's line: which values */

struct rule {
	const char *id, *title;
	enum subject_kind about;
	struct program *where;		/* may be NULL */
	const char *where_note;
	const char *resource, *use_kind;
	struct program *when;
	double held;			/* share of the intervals; 0: over the whole window */
	double window_sec;		/* 0: rests on settings alone */
	struct said *elsewhere;
	size_t n_elsewhere;
	struct rule_change changes[RULE_CHANGES_MAX];
	size_t n_changes;
	struct text already, advise, because, side_effects;
	enum severity severity;
	struct program **evidence;
	size_t n_evidence;
	struct program *verify;
	struct program *load;		/* how much work there was for it; may be NULL */
	const char *takes_effect_note;
	const char *threshold_note;
	struct string_list references;
	const struct node *node;
	bool measures;			/* when looks at metrics */
	/* A line of a policy: when is what must hold, and it asks for something where that is false. */
	bool expects;
	enum judged judged;
	const char *key;		/* what the line is about, without "self." */
	bool key_self;
	char *own_id;			/* "POLICY/LINE", which id then is */
	uint32_t targets[RULE_CHANGES_MAX];	/* symbols of the keys of the changes */
};

/* -EINVAL after diag_error(). */
int rule_load(const struct registry *registry, const struct node *node, struct diag *diag, struct rule **ret_rule);
/* The same of a line of a policy (docs/rule-authors-guide.md, "Policies"). */
int expectation_load(const struct registry *registry, const char *policy, const struct node *node, struct diag *diag,
		     struct rule **ret_rule);
void rule_free(struct rule *rule);
void rule_bind(struct rule *rule, const struct snapshot *snapshot);

/* ---- judgement ---- */

enum cause {
	CAUSE_HOLDS,			/* the condition holds, and something can be done */
	CAUSE_WHERE,			/* where does not hold */
	CAUSE_NO_TUNABLE,		/* this kernel or device does not have it */
	CAUSE_LACKS,			/* the subject does not have what the rule looks at */
	CAUSE_INERT,
	CAUSE_MISSING,			/* something is not known */
	CAUSE_CURRENT,			/* the tunable's own value is not known */
	CAUSE_AVERAGE,			/* only an average since boot, which does not show that it never happens */
	CAUSE_DOES_NOT_HOLD,
	CAUSE_ELSEWHERE,
	CAUSE_ALREADY,
	CAUSE_NOT_WRITABLE,		/* the proposal is no value of the tunable */
	CAUSE_NOT_OFFERED,		/* its file does not offer the proposal */
};

enum doubt {				/* why evidence is thin: the finding is at most a suspicion */
	DOUBT_SINCE_BOOT = 1 << 0,
	DOUBT_INSTANT = 1 << 1,
	DOUBT_SHORT = 1 << 2,
	DOUBT_FEW = 1 << 3,
	DOUBT_INERT = 1 << 4,		/* whether it is inert here is not known */
	DOUBT_ELSEWHERE = 1 << 5,	/* another cause could not be excluded */
	DOUBT_RANGE = 1 << 6,		/* the proposal was outside the range of the tunable */
	DOUBT_CONTAINER = 1 << 7,	/* read in a container, and the tunable is the whole host's */
};

struct rule_proposal {
	const struct rule_change *change;
	subject_id subject;
	const struct setting *setting;
	struct value current, proposed;
	long double items[EXPR_LIST_MAX];	/* of a proposed list */
	const char *raw;		/* in the arena */
	bool already;
	bool left_out;			/* absent or inert here, while another change is not */
};

struct judgement {
	enum status status;
	enum cause cause;
	unsigned int doubts;
	const struct said *said;	/* ELSEWHERE */
	const struct rule_change *change;	/* NO_TUNABLE, INERT, CURRENT, NOT_WRITABLE */
	const struct said *inert;
	double share;			/* of the intervals; NAN: not asked */
	uint32_t intervals;		/* with a known answer */
	bool used_live, used_gauge, used_since_boot, used_total;
	struct expr_missing missing;
	struct rule_proposal proposals[RULE_CHANGES_MAX];
	size_t n_proposals;
};

/* The order of decisions is the one of docs/rule-authors-guide.md, "Statuses".  Strings go to arena. */
void rule_judge(struct rulebook *rulebook, const struct rule *rule, const struct snapshot *snapshot, subject_id subject,
		struct arena *arena, struct judgement *ret);
/* The context in which texts and hazards of this judgement are evaluated: proposal may be NULL. */
void judgement_context(const struct judgement *judgement, const struct rule_proposal *proposal,
		       const struct snapshot *snapshot, subject_id subject, struct expr_context *context);

/* "from the size of memory": two words side by side, which no expression has. */
bool default_is_words(const char *text);
/* Whether two values of a tunable are the same to the kernel. */
bool value_same(const struct entry *entry, const struct value *a, const struct value *b);
/* Intervals of the window, however they were merged. */
uint32_t window_intervals(const struct window *window);

/* Fills everything of finding but status and waiver. */
void finding_fill(struct rulebook *rulebook, const struct rule *rule, const struct snapshot *snapshot,
		  subject_id subject, const struct judgement *judgement, struct arena *arena, struct finding *finding);
const char *finding_subject_name(const struct snapshot *snapshot, subject_id subject, struct arena *arena);
void missing_fill(const struct snapshot *snapshot, const struct expr_missing *missing, struct arena *arena,
		  struct missing **ret_items, size_t *ret_count);

/* ---- what the registry's expressions became ---- */

struct hazard {
	struct program *when;
	const char *say;
	bool danger;			/* it breaks something: more than something to know */
	bool refused;			/* the kernel does not take it */
};

struct compiled_entry {
	const struct entry *entry;
	struct said *inert;		/* say may be empty */
	size_t n_inert;
	bool inert_bad;			/* a condition could not be compiled: the answer is at best unknown */
	struct hazard *hazards;
	size_t n_hazards;
};

/* NULL: it is no tunable.  Compiled and bound when first asked for. */
const struct compiled_entry *rulebook_compiled(struct rulebook *rulebook, const struct snapshot *snapshot,
					       const struct entry *entry);
const struct registry *rulebook_registry(const struct rulebook *rulebook);
size_t rulebook_rules(const struct rulebook *rulebook, struct rule *const **ret_rules);
const struct rule *rulebook_find(const struct rulebook *rulebook, const char *id);	/* NULL: none, or no id */

/* A line of a policy, which then stands among the rules. */
int rulebook_load_expectation(struct rulebook *rulebook, const char *policy, const struct node *node, struct diag *diag);
/* Whether changing the tunable does nothing here; context has its subject and current value. */
enum inert compiled_inert(const struct compiled_entry *compiled, struct expr_context *context,
			  const struct said **ret_said);

/* "vm.dirty_bytes > 0B", or what the tunable says about it. */
const char *inert_text(const struct said *said, struct expr_context *context, struct arena *arena);

/* Whether any setting of a subject is in the snapshot it is bound to. */
bool rulebook_captured(const struct rulebook *rulebook, subject_id subject);

/* Once per snapshot: keys become symbols. */
void rulebook_bind(struct rulebook *rulebook, const struct snapshot *snapshot);

/* ---- charts ---- */

/* What a program is in each interval of the window; NULL when that is not known or always the same.
 * type is that of its texts. */
const struct course *course_of(const struct program *program, const struct expr_context *context,
			       struct expr_type type, struct arena *arena);

/* ---- USE rows ---- */

struct use_cell_rule {
	struct program *value;		/* NULL: the cell is left empty */
	struct text say;
	struct program *alarm;
	bool ratio;			/* a share of a whole: drawn as a bar */
	bool plain;			/* never as percent */
	const char *unknown;		/* what to say when the value is not known */
};

struct use_rule {
	const char *resource;
	enum subject_kind about;
	struct program *where;
	const char *none;		/* what to print when it applies to no subject */
	struct program *load;		/* how busy the resource is; may be NULL */
	struct use_cell_rule cells[3];	/* utilisation, saturation, errors */
};

size_t rulebook_use_rules(const struct rulebook *rulebook, struct use_rule *const **ret_rules);
int use_rule_load(const struct registry *registry, const struct node *node, struct diag *diag, struct use_rule **ret);
void use_rule_free(struct use_rule *rule);
void use_rule_bind(struct use_rule *rule, const struct snapshot *snapshot);

/* ---- waivers ---- */

struct waiver;
/* The waiver for a finding, or NULL; expired ones do not count. */
const struct waiver *waivers_find(const struct waivers *waivers, const char *rule, const char *subject,
				  const char *subject_name, int64_t today);
const char *waiver_text(const struct waiver *waiver, struct arena *arena);
/* Warns of expired waivers, and of unused ones unless the run looked at less than everything. */
void waivers_report(const struct waivers *waivers, int64_t today, bool complete, struct diag *diag);

#endif
