/* SPDX-License-Identifier: Apache-2.0 */
/* One proposed setting: which verdicts hold, and why. */
#include "action.h"
#include "drift.h"
#include "plan-making.h"
#include "review-making.h"

static bool says(struct asked *asked, enum review_verdict verdict, const char *why)
{
	asked->is[verdict] = true;
	asked->why[verdict] = why;
	return true;
}

static const char *subject_kind_here(const struct asked *asked)
{
	return subject_kind_name(asked->item->kind);
}

/* "rotational==0, name!=sdb" */
static const char *where_text(struct reviewing *reviewing, const struct proposed *item)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (const char *c = item->where; *c; c++)
		if (*c == '\n')
			strbuf_add_string(&text, ", ");
		else
			strbuf_add_char(&text, *c);
	return review_say(reviewing, "%s", text.buf);
}

/* ---- what the line itself says ---- */

static bool ask_unclear(struct reviewing *reviewing, struct asked *asked)
{
	(void)reviewing;
	return asked->item->fate == PROPOSED_UNCLEAR && says(asked, REVIEW_UNCLEAR, asked->item->why);
}

/* Whether a line before it loads the module: of those that are asked about the same, the first one stands first. */
static bool loads_module(const struct reviewing *reviewing, const struct asked *asked, const char *module)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const struct asked *first;

	strbuf_addf(&key, "module.%s.loaded", module);
	first = review_first_of(reviewing, key.buf);
	return first && first->position < asked->position;
}

/* The key comes with a module that is not loaded when the line is carried out. */
static bool ask_module(struct reviewing *reviewing, struct asked *asked)
{
	const char *module = asked->entry ? asked->entry->module : NULL;

	if (!module || asked->item->optional || !asked->setting || asked->setting->absence != ABSENT ||
	    loads_module(reviewing, asked, module))
		return false;
	return says(asked, REVIEW_BROKEN,
		    review_say(reviewing, "%s comes with the module %s, which is not loaded here and which the proposal does not load first",
			       asked->key, module));
}

static bool ask_broken(struct reviewing *reviewing, struct asked *asked)
{
	const struct proposed *item = asked->item;

	if (item->fate == PROPOSED_BROKEN)
		return says(asked, REVIEW_BROKEN, item->why);
	if (item->pattern && item->spread == SPREAD_ONE && asked->matches != 1)
		return says(asked, REVIEW_BROKEN,
			    review_say(reviewing, "the pattern matches %zu files here: %s", asked->matches,
				       *item->spread_why ? item->spread_why : "the line works with exactly one"));
	return ask_module(reviewing, asked);
}

/* Whether the file was written anew before, in the same run. */
static bool is_begun(const struct reviewing *reviewing, const struct asked *asked)
{
	for (size_t i = asked->position, looked = 0; i-- > 0 && looked < 1000; looked++) {
		const struct proposed *item = &reviewing->proposal->items[i];

		if (!item->appended && streq(item->file, asked->item->file))
			return true;
	}
	return false;
}

/* The last of several equal lines counts, and nobody knows any more which is meant. */
static bool ask_appended(struct reviewing *reviewing, struct asked *asked)
{
	if (!asked->item->appended || asked->item->once || !*asked->item->file || asked->is[REVIEW_BROKEN] || is_begun(reviewing, asked))
		return false;
	return says(asked, REVIEW_BROKEN,
		    review_say(reviewing, "each run adds the line to %s again; write a whole file of its own instead", asked->item->file));
}

static bool ask_not_here(struct reviewing *reviewing, struct asked *asked)
{
	const struct proposed *item = asked->item;
	bool any = snapshot_kind_count(reviewing->snapshot, item->kind) > 0;

	if (asked->matches > 0)
		return false;
	/* Only files that probes know are in a snapshot. */
	if (item->kind == SUBJECT_KIND_HOST && item->key[0] == '/')
		return says(asked, REVIEW_UNSUPPORTED, "nothing is known of this setting, so nothing that was measured can ask for it");
	if (!any && item->kind != SUBJECT_KIND_HOST) {
		review_container(reviewing, asked);
		review_remark(asked, review_say(reviewing, "nothing is known here of any %s", subject_kind_here(asked)));
		return says(asked, REVIEW_UNMEASURED, review_say(reviewing, "no %s was captured", subject_kind_here(asked)));
	}
	if (*item->where)
		return says(asked, REVIEW_NO_EFFECT,
			    review_say(reviewing, "there is no %s %s here that is as the line asks: %s", subject_kind_here(asked), item->subject,
				       where_text(reviewing, item)));
	return says(asked, REVIEW_NO_EFFECT,
		    item->kind == SUBJECT_KIND_HOST ?
			    review_say(reviewing, "nothing here matches %s", item->key) :
			    review_say(reviewing, "there is no %s %s here", subject_kind_here(asked), item->subject));
}

/* ---- what the kernel says ---- */

/* "kernel.exec-shield", "net.ipv4.tcp_frto_response", "net.ipv4.conf.all.x": what stands there is in every kernel or in none, and
 * no module that is loaded later brings it. */
static bool is_of_kernel(const char *key)
{
	static const char *const directories[] = {
		"net.ipv4.conf.all.", "net.ipv4.conf.default.", "net.ipv6.conf.all.", "net.ipv6.conf.default.",
		"net.ipv4.neigh.default.", "net.ipv6.neigh.default.",
		"kernel.", "vm.", "fs.", "user.", "net.core.", "net.ipv4.", "net.ipv6.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (starts_with(key, directories[i]))
			return !strchr(key + strlen(directories[i]), '.');
	return false;
}

static bool ask_unknown(struct reviewing *reviewing, struct asked *asked)
{
	struct keyed keyed = { .auditing = &reviewing->auditing, .key = asked->key, .entry = asked->entry,
			       .running = asked->setting };
	const char *nearest = NULL;

	if (asked->subject != SUBJECT_HOST || (asked->entry && asked->entry->obsolete) || asked->setting ||
	    asked->item->kind != SUBJECT_KIND_HOST || asked->key[0] == '/' || drift_is_of_interface(asked->key))
		return false;
	if (!asked->entry)
		nearest = drift_nearest_key(&keyed);
	if (nearest)
		return says(asked, REVIEW_INVALID, review_say(reviewing, "there is no %s; is %s meant?", asked->key, nearest));
	if (!asked->entry && reviewing->auditing.walked && !reviewing->auditing.contained && is_of_kernel(asked->key))
		return says(asked, REVIEW_INVALID, review_say(reviewing, "this kernel does not have %s", asked->key));
	return false;
}

/* Hardware and its drivers decide whether it is there, not the kernel. */
static bool is_of_device(const struct asked *asked)
{
	return asked->item->kind != SUBJECT_KIND_HOST ||
	       (asked->entry && (asked->entry->kind == KIND_CPU_FREQUENCY || asked->entry->kind == KIND_SYSFS) && !asked->entry->obsolete);
}

static bool ask_invalid(struct reviewing *reviewing, struct asked *asked)
{
	bool absent = asked->setting && asked->setting->absence == ABSENT && !(asked->entry && asked->entry->module);

	if (asked->item->fate == PROPOSED_REMOVED)
		return false;
	if (absent && is_of_device(asked))
		return says(asked, REVIEW_NO_EFFECT, review_say(reviewing, "%s is not there on this host", asked->key));
	if (absent && !(asked->entry && asked->entry->obsolete))
		return says(asked, REVIEW_INVALID, review_say(reviewing, "this kernel does not have %s", asked->key));
	return ask_unknown(reviewing, asked) || (asked->refusal && says(asked, REVIEW_INVALID, asked->refusal));
}

#define THP_OF_RHEL_6 "/sys/kernel/mm/redhat_transparent_hugepage/"

static bool ask_obsolete(struct reviewing *reviewing, struct asked *asked)
{
	const char *obsolete = asked->entry ? asked->entry->obsolete : NULL;
	/* What the kubelet runs with is in no snapshot: whether it has the field is not known. */
	bool present = asked->entry && (asked->entry->kind == KIND_KUBELET || (asked->setting && asked->setting->absence == PRESENT));

	if (starts_with(asked->key, THP_OF_RHEL_6))
		return says(asked, REVIEW_OBSOLETE, "only the kernels of RHEL 6 have it; everywhere else it is /sys/kernel/mm/transparent_hugepage");
	if (!obsolete)
		return false;
	return says(asked, REVIEW_OBSOLETE,
		    review_say(reviewing, "%s%s", obsolete, present ? "" : "; this kernel does not have it any more"));
}

static bool ask_no_effect(struct reviewing *reviewing, struct asked *asked)
{
	bool boot = (asked->item->when & PROPOSED_BOOT) != 0;

	if (asked->item->fate != PROPOSED_SETS || asked->subject == SUBJECT_NONE)
		return false;
	if (asked->idle)
		return says(asked, REVIEW_NO_EFFECT, asked->idle);
	if (asked->zeroed)
		return false;
	if (asked->inert)
		return says(asked, REVIEW_NO_EFFECT, review_say(reviewing, "it does nothing here: %s", asked->inert));
	if (!asked->now || !review_same(asked->entry, asked->now, asked->item->value))
		return false;
	if (boot) {
		const char *today = snapshot_text(reviewing->auditing.after, asked->subject, asked->key);

		if (today && !review_same(asked->entry, today, asked->item->value))
			return says(asked, REVIEW_NO_EFFECT, "it runs so already; the line makes it last");
	}
	return says(asked, REVIEW_NO_EFFECT, "it is so already");
}

/* ---- what breaks ---- */

bool review_hazard(struct reviewing *reviewing, const struct asked *asked, const struct hazard *hazard, const char *raw)
{
	struct expr_context context;
	struct value value;

	expr_context_init(&context, reviewing->snapshot, asked->subject);
	context.target = asked->subject;
	context.target_key = asked->key;
	if (asked->now)
		context.current = value_of_setting(asked->entry, asked->now, strlen(asked->now));
	context.proposed = value_of_setting(asked->entry, raw, strlen(raw));
	value = program_evaluate(hazard->when, &context);
	return value_is_true(&value);
}

static const struct hazard *hazard_at(struct reviewing *reviewing, const struct asked *asked, size_t index)
{
	const struct compiled_entry *compiled =
		asked->entry ? rulebook_compiled(reviewing->rulebook, reviewing->snapshot, asked->entry) : NULL;

	return compiled && index < compiled->n_hazards && index < 64 ? &compiled->hazards[index] : NULL;
}

static bool ask_refused(struct reviewing *reviewing, struct asked *asked)
{
	const struct hazard *hazard;

	for (size_t i = 0; (hazard = hazard_at(reviewing, asked, i)); i++)
		if (hazard->refused && (asked->hazards & ((uint64_t)1 << i)))
			return says(asked, REVIEW_INVALID, hazard->say);
	return false;
}

/* What holds for the value of today as well is not brought by the proposal. */
static bool ask_dangerous(struct reviewing *reviewing, struct asked *asked)
{
	const struct hazard *hazard;
	bool dangerous = false;

	/* What is not there, or stays as it is, breaks nothing. */
	if ((asked->is[REVIEW_OBSOLETE] && !asked->now) || asked->is[REVIEW_NO_EFFECT])
		return false;
	for (size_t i = 0; (hazard = hazard_at(reviewing, asked, i)); i++) {
		if (!(asked->hazards & ((uint64_t)1 << i)))
			continue;
		if (hazard->danger && !dangerous && !(asked->now && review_hazard(reviewing, asked, hazard, asked->now)))
			dangerous = says(asked, REVIEW_DANGEROUS, hazard->say);
		else
			review_remark(asked, hazard->say);
	}
	return dangerous;
}

/* ---- who has the last word ---- */

static bool ask_overridden(struct reviewing *reviewing, struct asked *asked)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;
	const struct proposed *other = asked->beaten_by_item;

	if (asked->zeroed)
		return says(asked, REVIEW_OVERRIDDEN, review_say(reviewing, "%s:%u of the same proposal comes later and sets %s, which makes this one 0",
								 other->path, other->line, action_twin(asked->key)));
	if (other && review_same(asked->entry, other->value, asked->item->value)) {
		review_remark(asked, review_say(reviewing, "%s:%u says the same again", other->path, other->line));
		return false;
	}
	if (other)
		return says(asked, REVIEW_OVERRIDDEN,
			    review_say(reviewing, "%s:%u of the same proposal comes later and sets %s", other->path, other->line, other->value));
	if (!asked->beaten_by || review_same(asked->entry, asked->beaten_by->value, asked->item->value))
		return false;
	boot_place(asked->beaten_by, &place);
	return says(asked, REVIEW_OVERRIDDEN,
		    review_say(reviewing, "%s has the last word at boot and sets %s", place.buf, asked->beaten_by->value));
}

/* ---- what was measured ---- */

static const char *reason_of(const struct finding *finding)
{
	return finding->because && *finding->because ? finding->because : finding->reason;
}

static bool ask_contradicted(struct reviewing *reviewing, struct asked *asked)
{
	const struct finding *against = asked->against_it;

	if (!against || asked->is[REVIEW_NO_EFFECT])
		return false;
	if (asked->wanted)
		return says(asked, REVIEW_CONTRADICTED,
			    review_say(reviewing, "what was measured argues for %s: %s", asked->wanted, reason_of(against)));
	return says(asked, REVIEW_CONTRADICTED, review_say(reviewing, "with it, by what was measured: %s", reason_of(against)));
}

static bool ask_supported(struct reviewing *reviewing, struct asked *asked)
{
	const struct finding *finding = asked->for_it;
	int order;

	if (!finding || asked->against_it)
		return false;
	order = asked->wanted ? plan_compare(asked->entry, asked->item->value, asked->wanted) : 0;
	if (order != 0 && order == plan_compare(asked->entry, asked->wanted, asked->now))
		review_remark(asked, review_say(reviewing, "it goes further than what was measured asks for, which is %s", asked->wanted));
	else if (order == 1 || order == -1)
		review_remark(asked, review_say(reviewing, "what was measured asks for more than this: %s", asked->wanted));
	return says(asked, REVIEW_SUPPORTED, reason_of(finding));
}

static bool ask_unmeasured(struct reviewing *reviewing, struct asked *asked)
{
	if (asked->hint)
		return says(asked, REVIEW_UNMEASURED,
			    review_say(reviewing, "there are signs for it, but the evidence is thin: %s", reason_of(asked->hint)));
	if (!asked->unmeasured || asked->elsewhere)
		return false;
	return says(asked, REVIEW_UNMEASURED, review_say(reviewing, "what would argue for it was not measured (%s)", asked->unmeasured->reason));
}

static bool ask_unsupported(struct reviewing *reviewing, struct asked *asked)
{
	if (asked->elsewhere)
		return says(asked, REVIEW_UNSUPPORTED, reason_of(asked->elsewhere));
	if (asked->quiet)
		return says(asked, REVIEW_UNSUPPORTED, review_say(reviewing, "it was looked for whether \"%s\", and it is not so", asked->quiet->title));
	if (!asked->entry)
		return says(asked, REVIEW_UNSUPPORTED, "nothing is known of this setting, so nothing that was measured can ask for it");
	return says(asked, REVIEW_UNSUPPORTED, "no measurement that is known argues for this setting by itself");
}

/* ---- what is worth knowing besides ---- */

static void remark(struct reviewing *reviewing, struct asked *asked)
{
	const struct proposed *item = asked->item;
	const char *module = asked->entry ? asked->entry->module : NULL;

	if (!streq(reviewing->given->items[asked->position].value, item->value) && item->kind == SUBJECT_KIND_BLOCK)
		review_remark(asked, review_say(reviewing, "the kernel takes it for %s", item->value));
	else if (!streq(reviewing->given->items[asked->position].value, item->value))
		review_remark(asked, review_say(reviewing, "the kernel makes '%s' of it: it takes as many numbers as there are, from the first on, and leaves "
						"the others as they are", item->value));
	if (*item->condition)
		review_remark(asked, review_say(reviewing, "it depends on a condition that was not judged: %s", item->condition));
	else if (asked->unsure)
		review_remark(asked, item->bound == BOUND_NONE ?
				     review_say(reviewing, "it depends on what was not captured: %s", where_text(reviewing, item)) :
				     review_say(reviewing, "it is set only where it is %s", item->bound == BOUND_RAISES ? "lower" : "higher"));
	if (!(item->when & PROPOSED_BOOT) && item->kind != SUBJECT_KIND_PROCESS && !asked->is[REVIEW_NO_EFFECT] &&
	    asked->subject != SUBJECT_NONE)
		review_remark(asked, "it does not last: the next boot leaves it as it is without this line");
	if (*item->otherwise && !asked->now)
		review_remark(asked, review_say(reviewing, "where it is not there the line sets the first that is: %s; none of them was captured", item->otherwise));
	if (item->late && item->fate == PROPOSED_SETS)
		review_remark(asked, review_say(reviewing, "%s; here it is there already", item->why));
	if (asked->entry && asked->entry->reversible != REVERSIBLE_YES && !asked->is[REVIEW_NO_EFFECT])
		review_remark(asked, asked->entry->reversible == REVERSIBLE_NO ? "it cannot be undone" : "it can be undone only by a reboot");
	if (!(item->when & PROPOSED_NOW) && (item->when & PROPOSED_BOOT))
		review_remark(asked, "it is in force after the next boot only");
	if (module && loads_module(reviewing, asked, module) && (item->when & PROPOSED_BOOT))
		review_remark(asked, review_say(reviewing, "at boot the key is there only if %s is loaded before: a file of /etc/modules-load.d does that",
						module));
	if (asked->entry && asked->entry->write_effect && !asked->is[REVIEW_NO_EFFECT])
		review_remark(asked, review_say(reviewing, "writing it %s", asked->entry->write_effect));
}

static void judge_removed(struct reviewing *reviewing, struct asked *asked)
{
	if (*asked->item->why)
		(void)says(asked, REVIEW_NO_EFFECT, review_say(reviewing, "the line is taken away, and %s", asked->item->why));
	else if (asked->now && asked->after_boot && review_same(asked->entry, asked->now, asked->after_boot))
		(void)says(asked, REVIEW_NO_EFFECT, "the line is taken away, and it stays as it is without it");
	else if (asked->after_boot)
		(void)says(asked, REVIEW_UNMEASURED,
			   review_say(reviewing, "the line is taken away: the next boot makes it %s", asked->after_boot));
	else
		(void)says(asked, REVIEW_UNMEASURED, "the line is taken away; what the next boot makes it without the line is not known");
}

typedef bool ask(struct reviewing *reviewing, struct asked *asked);

/* The first that holds is the verdict; those up to ask_refused() leave nothing more to be asked. */
static ask *const first[] = { ask_unclear, ask_broken, ask_not_here, ask_invalid, ask_refused };
static ask *const then[] = { ask_obsolete, ask_no_effect, ask_dangerous, ask_overridden, ask_contradicted,
				  ask_supported };

void review_judge(struct reviewing *reviewing, struct asked *asked)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (first[i](reviewing, asked))
			return;
	if (asked->item->fate == PROPOSED_REMOVED) {
		judge_removed(reviewing, asked);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(then); i++)
		any |= then[i](reviewing, asked);
	if (!any && !ask_unmeasured(reviewing, asked))
		(void)ask_unsupported(reviewing, asked);
	asked->only_besides = ask_appended(reviewing, asked);
	remark(reviewing, asked);
}
