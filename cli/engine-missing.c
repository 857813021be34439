/* SPDX-License-Identifier: Apache-2.0 */
/* Only until advisor/evaluate.c is here: lets `keisoku capture` be built without judgement. */
#include "../advisor/advisor.h"
struct rulebook *rulebook_new(const struct registry *registry) { return NULL; }
void rulebook_free(struct rulebook *rulebook) { }
int rulebook_load_rules(struct rulebook *r, const struct node *d, struct diag *diag) { return 0; }
int rulebook_load_use(struct rulebook *r, const struct node *d, struct diag *diag) { return 0; }
int rulebook_compile_registry(struct rulebook *r, struct diag *diag) { return 0; }
size_t rulebook_count(const struct rulebook *r) { return 0; }
struct waivers *waivers_new(void) { return NULL; }
void waivers_free(struct waivers *w) { }
int waivers_load(struct waivers *w, const struct node *d, struct diag *diag) { return 0; }
void evaluate(struct rulebook *r, const struct snapshot *s, const struct evaluate_options *o, struct diag *d, struct finding_list *f) { }
void evaluate_use(struct rulebook *r, const struct snapshot *s, struct arena *a, struct use_row **rows, size_t *n) { *n = 0; }
const char *rulebook_rule_id(const struct rulebook *r, size_t index) { return ""; }
const char *rulebook_rule_title(const struct rulebook *r, size_t index) { return ""; }
