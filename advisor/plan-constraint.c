/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between settings: the registry's below, at_most and within of one entry, ascending of a list, and the
 * pairs of which writing one sets the other to zero.
 *
 * A change that would break one takes its partner along, in proportion, so that the distance that was chosen stays; where
 * the partner is a limit of its own (within) the change is left out.  What was broken before is not ours to mend. */
#include "plan-making.h"

#include <math.h>
#include <stdlib.h>

#include "action.h"

#define ROUNDS_MAX 16

enum relation { RELATION_BELOW, RELATION_AT_MOST, RELATION_WITHIN, RELATION_COUNT };

struct side {
	const struct entry *entry;
	subject_id subject;
	size_t item;			/* of a list */
	bool is_list;
	struct wish *wish;		/* NULL: nobody wants it changed */
	long double before, after;
	bool known;
};

struct pair {
	enum relation relation;
	struct side low, high;
};

/* ---- the two sides ---- */

/* "cgroup.cpu.max[quota]" is an item of a list. */
static bool parse_side(const struct making *making, const char *id, const struct side *other, struct side *ret)
{
	const char *bracket = strchr(id, '[');
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;

	strbuf_add(&plain, id, bracket ? (size_t)(bracket - id) : strlen(id));
	*ret = (struct side){ .entry = registry_find(making->registry, plain.buf), .is_list = bracket != NULL };
	if (!ret->entry || ret->entry->class != ENTRY_TUNABLE || strchr(ret->entry->key, '*'))
		return false;
	ret->subject = ret->entry->about == SUBJECT_KIND_HOST ? SUBJECT_HOST : other->subject;
	if (ret->entry->about != SUBJECT_KIND_HOST && ret->entry->about != other->entry->about)
		return false;
	for (size_t i = 0; bracket && i < ret->entry->n_fields; i++)
		if (strncmp(ret->entry->fields[i], bracket + 1, strlen(bracket + 1) - 1) == 0)
			ret->item = i;
	return true;
}

static bool number_of(const struct side *side, const char *raw, long double *ret)
{
	struct value value = value_of_setting(side->entry, raw, strlen(raw));

	if (side->is_list)
		return value.type == VALUE_LIST && value_list_item(side->entry, &value, side->item, ret);
	*ret = value.number;
	return value.type == VALUE_NUMBER;
}

static struct wish *find_counting(const struct making *making, subject_id subject, const char *key)
{
	struct wish *wish = making_find(making, subject, key);

	return wish && wish_counts(wish) ? wish : NULL;
}

static void look_up(const struct making *making, struct side *side)
{
	const char *raw = snapshot_text(making->snapshot, side->subject, side->entry->key);
	const char *twin = side->subject == SUBJECT_HOST ? action_twin(side->entry->key) : NULL;
	const char *to = raw;

	side->wish = find_counting(making, side->subject, side->entry->key);
	if (side->wish)
		to = side->wish->change->to;
	else if (twin && find_counting(making, SUBJECT_HOST, twin))
		to = "0";		/* writing its twin does that */
	side->known = raw && number_of(side, raw, &side->before) && number_of(side, to, &side->after);
}

static bool holds(const struct pair *pair, long double low, long double high)
{
	int order = number_compare(low, high);

	return order < 0 || (order == 0 && pair->relation != RELATION_BELOW);
}

/* Zero of a pair means that its twin is in force. */
static bool is_off(const struct side *side, long double value)
{
	return value == 0 && action_twin(side->entry->key);
}

/* No limit passes every limit where the kernel compares the two as numbers, and then the upper one can be without one too:
 * memory.limit_in_bytes and memory.memsw.limit_in_bytes (mm/memcontrol-v1.c).  Where only the lower one can, or where each is
 * a limit of its own, it is simply off: kernel.sched_rt_runtime_us, memory.high. */
static bool counts_without_limit(const struct pair *pair)
{
	return pair->relation == RELATION_AT_MOST && pair->high.entry->unlimited.count > 0;
}

static bool is_broken(const struct pair *pair)
{
	const struct side *low = &pair->low, *high = &pair->high;

	if (!low->known || !high->known || is_off(low, low->after) || is_off(high, high->after))
		return false;
	if (isinf(low->after) && !counts_without_limit(pair))
		return false;
	return !holds(pair, low->after, high->after) &&
	       (holds(pair, low->before, high->before) || is_off(low, low->before) || is_off(high, high->before));
}

/* ---- all pairs ---- */

typedef bool pair_visitor(struct making *making, struct pair *pair);

static const struct string_list *relation_list(const struct entry *entry, enum relation relation)
{
	const struct string_list *lists[] = {
		[RELATION_BELOW] = &entry->below,
		[RELATION_AT_MOST] = &entry->at_most,
		[RELATION_WITHIN] = &entry->within,
	};

	return lists[relation];
}

/* True when visit() changed something. */
static bool visit_entry(struct making *making, const struct entry *entry, subject_id subject, pair_visitor *visit)
{
	for (enum relation relation = 0; relation < RELATION_COUNT; relation++) {
		const struct string_list *list = relation_list(entry, relation);

		for (size_t i = 0; i < list->count; i++) {
			struct pair pair = { .relation = relation, .low = { .entry = entry, .subject = subject } };

			if (!parse_side(making, list->items[i], &pair.low, &pair.high))
				continue;
			look_up(making, &pair.low);
			look_up(making, &pair.high);
			if ((pair.low.wish || pair.high.wish) && visit(making, &pair))
				return true;
		}
	}
	return false;
}

/* Of each wish, the pairs that it is in: those of its own entry, and those of entries that name it. */
static bool visit_pairs(struct making *making, pair_visitor *visit)
{
	for (size_t w = 0; w < making->n_wishes; w++) {
		subject_id subject = making->wishes[w].change->subject;
		enum subject_kind kind = making->wishes[w].change->tunable->about;

		for (size_t i = 0; i < registry_total(making->registry); i++) {
			const struct entry *entry = registry_at(making->registry, i);

			if (entry->class != ENTRY_TUNABLE || (entry->about != kind && entry->about != SUBJECT_KIND_HOST) ||
			    strchr(entry->key, '*'))
				continue;
			if (visit_entry(making, entry, entry->about == SUBJECT_KIND_HOST ? SUBJECT_HOST : subject, visit))
				return true;
		}
	}
	return false;
}

/* ---- mending ---- */

/* Where the one that stays has to be so that the distance stays as it was chosen: background and limit of write-back, the
 * three thresholds of the neighbour table.  In its own unit, whole. */
static long double in_proportion(const struct pair *pair, const struct side *mover, const struct side *follower)
{
	const struct unit *unit = &follower->entry->unit;
	long double target = unit_from_base(mover->after, unit), value = target;
	bool up = follower == &pair->high;

	if (pair->relation == RELATION_BELOW && mover->before > 0 && follower->before > 0 && !isinf(mover->before) &&
	    !isinf(follower->before))
		value = unit_from_base(follower->before, unit) * (mover->after / mover->before);
	/* 20 % to 6 % of 10 is 3, not 2.99… */
	value = up ? ceill(value - 1e-9L) : floorl(value + 1e-9L);
	if (pair->relation == RELATION_BELOW && (up ? value <= target : value >= target))
		value = up ? floorl(target) + 1 : ceill(target) - 1;
	return unit_to_base(value, unit);
}

static bool leave_out(struct making *making, const struct pair *pair, struct wish *wish, const char *why)
{
	making_leave_out(making, wish, 0,
			 arena_formatf(&making->plan->arena, "%s must %s %s%s", pair->low.entry->id,
				       pair->relation == RELATION_BELOW ? "stay below" : "not pass",
				       pair->high.entry->id, why));
	return true;
}

/* The wish for the partner, new where nobody had one. */
static struct wish *partner_wish(struct making *making, const struct side *follower, const struct change *change)
{
	struct wish *wish = making_find(making, follower->subject, follower->entry->key);

	if (!wish) {
		GROW(making->wishes, making->wishes_capacity, making->n_wishes + 1);
		wish = &making->wishes[making->n_wishes++];
		*wish = (struct wish){ 0 };
	}
	wish->change = change;
	return wish;
}

static bool may_be_moved(const struct making *making, const struct side *follower)
{
	const struct wish *wish = making_find(making, follower->subject, follower->entry->key);

	return !follower->is_list && follower->entry->reversible == REVERSIBLE_YES &&
	       !(change_classes(follower->entry) & making->options->forbidden) && (!wish || wish_counts(wish));
}

static bool take_along(struct making *making, const struct pair *pair, const struct side *mover,
		       const struct side *follower)
{
	struct value value = { .type = VALUE_NUMBER };
	const struct change *reason = mover->wish->change;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct wish *wish;

	value.number = in_proportion(pair, mover, follower);
	if (mover->is_list || !may_be_moved(making, follower) || value_to_raw(follower->entry, &value, &raw) < 0)
		return leave_out(making, pair, mover->wish, ", and that cannot be moved along");
	wish = partner_wish(making, follower,
			    making_change(making, follower->entry, follower->subject, follower->entry->key, raw.buf));
	wish->kept_for = reason;
	wish->kept_with = arena_formatf(&making->plan->arena, "Moved along with %s, which must %s it.", reason->key,
					mover == &pair->low ? pair->relation == RELATION_BELOW ? "stay below" : "not pass" :
					pair->relation == RELATION_BELOW ? "stay above" : "not fall below");
	return true;
}

static bool same_way(const struct side *side, bool up)
{
	return !side->wish || (up ? side->after >= side->before : side->after <= side->before);
}

/* True when something was changed. */
static bool mend(struct making *making, struct pair *pair)
{
	bool low_moved = pair->low.wish && pair->low.after > pair->low.before;
	struct side *mover = low_moved ? &pair->low : &pair->high;
	struct side *follower = low_moved ? &pair->high : &pair->low;

	if (!is_broken(pair))
		return false;
	if (!mover->wish) {		/* only the other one wants to move, and not towards it */
		struct side *swap = mover;

		mover = follower;
		follower = swap;
	}
	if (pair->relation == RELATION_WITHIN)
		return leave_out(making, pair, pair->low.wish ? pair->low.wish : mover->wish, "");
	if (!same_way(follower, low_moved))
		return leave_out(making, pair, mover->wish, ", and both cannot be had");
	return take_along(making, pair, mover, follower);
}

/* Writing one of a pair sets the other to zero: both cannot be had. */
static bool drop_twins(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i], *other;
		const char *twin = wish->change->subject == SUBJECT_HOST ? action_twin(wish->change->key) : NULL;

		other = twin && wish_counts(wish) ? making_find(making, SUBJECT_HOST, twin) : NULL;
		if (!other || !wish_counts(other))
			continue;
		/* The first came from the graver finding. */
		if (other < wish)
			other = wish;
		making_leave_out(making, other, 0,
				 arena_formatf(&making->plan->arena, "writing it sets %s to 0, which is in the plan too",
					       other == wish ? twin : wish->change->key));
		return true;
	}
	return false;
}

/* clang-format off */
/* While one is on, the kernel answers EINVAL to a write of the other (sched_group_set_shares()), and what the other shows
 * meanwhile is no value that could be written back. */
static const struct {
	const char *stopped, *by;
} stopped[] = {
	{ .stopped = "cpu.shares",      .by = "cpu.idle", },
	{ .stopped = "cpu.weight",      .by = "cpu.idle", },
	{ .stopped = "cpu.weight.nice", .by = "cpu.idle", },
};
/* clang-format on */

static bool is_on(const char *raw)
{
	return raw && streq(raw, "1");
}

static const char *stopper_of(const struct wish *wish)
{
	for (size_t i = 0; wish->change->tunable->kind == KIND_CGROUP && i < ARRAY_SIZE(stopped); i++)
		if (streq(change_setting_key(wish->change), stopped[i].stopped))
			return stopped[i].by;
	return NULL;
}

static bool drop_stopped(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i], *other;
		const char *by = wish_counts(wish) ? stopper_of(wish) : NULL;

		if (!by)
			continue;
		other = find_counting(making, wish->change->subject, by);
		if (is_on(snapshot_text(making->snapshot, wish->change->subject, by))) {
			making_leave_out(making, wish, 0,
					 arena_formatf(&making->plan->arena, "%s is 1, and while it is the kernel refuses to set "
						       "%s%s", by, change_setting_key(wish->change),
						       other ? ": make a plan for this one when it is 0" : ""));
			return true;
		}
		if (!other || !is_on(other->change->to))
			continue;
		/* The first came from the graver finding. */
		making_leave_out(making, other < wish ? wish : other, 0,
				 arena_formatf(&making->plan->arena, "%s and %s cannot be had together: a group that is idle has no "
					       "weight", wish->change->key, other->change->key));
		return true;
	}
	return false;
}

static void check_ascending(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i];
		const struct entry *entry = wish->change->tunable;
		struct value value = value_of_setting(entry, wish->change->to, strlen(wish->change->to));
		long double before = -HUGE_VALL, item;

		if (!entry->ascending || !wish_counts(wish))
			continue;
		for (size_t n = 0; value_list_item(entry, &value, n, &item); n++) {
			if (item < before) {
				making_leave_out(making, wish, 0, "no item may be smaller than the one before it");
				break;
			}
			before = item;
		}
	}
}

/* A partner whose reason went away goes too. */
static bool drop_orphans(struct making *making)
{
	for (size_t i = 0; i < making->n_wishes; i++) {
		struct wish *wish = &making->wishes[i];
		const struct wish *reason;

		if (wish->n_reasons > 0 || !wish->kept_for || !wish_counts(wish))
			continue;
		reason = making_find(making, wish->kept_for->subject, change_setting_key(wish->kept_for));
		if (reason && wish_counts(reason))
			continue;
		wish->left_out = true;
		return true;
	}
	return false;
}

void plan_constrain(struct making *making)
{
	check_ascending(making);
	while (drop_twins(making))
		;
	while (drop_stopped(making))
		;
	for (unsigned int round = 0; round < ROUNDS_MAX && visit_pairs(making, mend); round++)
		;
	while (drop_orphans(making))
		;
}

/* ---- order ---- */

static bool names(const struct making *making, const struct action *low, const struct action *high)
{
	for (enum relation relation = 0; relation < RELATION_COUNT; relation++) {
		const struct string_list *list = relation_list(low->tunable, relation);

		for (size_t i = 0; i < list->count; i++) {
			struct side from = { .entry = low->tunable, .subject = low->subject }, to;

			if (parse_side(making, list->items[i], &from, &to) && to.entry == high->tunable &&
			    to.subject == high->subject)
				return true;
		}
	}
	return false;
}

static bool grows(const struct action *action)
{
	return plan_compare(action->tunable, action->write.value, action->from) == 1;
}

/* When the pair grows the upper one goes first, when it shrinks the lower one. */
bool plan_must_precede(const struct making *making, const struct action *a, const struct action *b)
{
	if (names(making, b, a))
		return grows(a);
	if (names(making, a, b))
		return !grows(b);
	return false;
}
