/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <errno.h>

#include "strbuf.h"

FORMAT_PRINTF(4, 0)
static void diag_add(struct diag *diag, enum diag_level level, const struct place *place, const char *format,
		     va_list arguments)
{
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	struct diag_entry *entry;

	if (level == DIAG_ERROR)
		diag->errors++;
	if (diag->count >= DIAG_MAX) {
		diag->dropped++;
		return;
	}
	GROW(diag->entries, diag->capacity, diag->count + 1);
	entry = &diag->entries[diag->count++];
	strbuf_vaddf(&message, format, arguments);
	*entry = (struct diag_entry){ .level = level, .message = strbuf_steal(&message) };
	if (place)
		entry->place = *place;
	if (entry->place.file)
		entry->place.file = xstrdup(entry->place.file);
}

int diag_error(struct diag *diag, const struct place *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diag_add(diag, DIAG_ERROR, place, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int diag_warning(struct diag *diag, const struct place *place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diag_add(diag, DIAG_WARNING, place, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

void diag_release(struct diag *diag)
{
	for (size_t i = 0; i < diag->count; i++) {
		free((char *)diag->entries[i].place.file);
		free(diag->entries[i].message);
	}
	free(diag->entries);
	*diag = (struct diag)DIAG_INIT;
}
