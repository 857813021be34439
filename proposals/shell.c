/* SPDX-License-Identifier: Apache-2.0 */
/* Shell commands inside something else. */
#include "reader.h"

void read_shell(struct reading *reading, const struct proposed_text *text, const char *shell)
{
	read_unclear(reading, text, 0, "what commands of %s set is not known", shell);
}
