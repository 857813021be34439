/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "rightsize-savings.h"

void rightsize_realise(struct rightsizing *rightsizing, const struct cluster *then, const struct prices *prices)
{
	struct savings *savings = &rightsizing->savings;

	savings->realisable_least = savings->realisable_most = NAN;
	savings->realisable_note = "no nodes were given: which of them could be given back cannot be known";
}
