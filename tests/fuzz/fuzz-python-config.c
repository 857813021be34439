/* SPDX-License-Identifier: Apache-2.0 */
/* A profile of TuneD as Python's configparser reads it, and the variables in its values. */
#include <stdlib.h>

#include "../../probes/python-config.h"
#include "../../probes/tuned-profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const variables[] = { "a", "1", "b", "${a}", NULL };
	CLEANUP(config_release) struct config config = { 0 };
	CLEANUP(free_ptr) char *text = xmalloc(size + 1);
	CLEANUP(strbuf_release) struct strbuf expanded = STRBUF_INIT;

	memcpy(text, data, size);
	text[size] = '\0';
	config_parse(text, size, size % 2 ? "main" : NULL, &config);
	for (size_t i = 0; i < config.count; i++) {
		const struct config_entry *entry = &config.entries[i];

		if (!*entry->key || !entry->value || entry->number == 0 || !config_get(&config, entry->section, entry->key))
			abort();
		tuned_expand(entry->value, variables, &expanded);
		if (strstr(expanded.buf, "${a}") && !strstr(entry->value, "${b}") && !strchr(entry->value, '\\'))
			abort();
	}
	return 0;
}
