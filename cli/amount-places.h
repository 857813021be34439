/* SPDX-License-Identifier: Apache-2.0 */
/* Where the amounts that change stand in their files, for whoever mends them in place. */
#ifndef KEISOKU_CLI_AMOUNT_PLACES_H
#define KEISOKU_CLI_AMOUNT_PLACES_H

#include "../core/rightsizing.h"

/* Looks the files up again.  What is not seen there exactly as it was read (an alias, a file that is another by now, standard input), or
 * stands there for several containers (*name of an anchor), has no place. */
void amount_places_find(struct rightsizing *rightsizing);

#endif
