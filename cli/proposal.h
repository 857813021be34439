/* SPDX-License-Identifier: Apache-2.0 */
/* What is named on the command line of a review, read into one proposal. */
#ifndef KEISOKU_CLI_PROPOSAL_H
#define KEISOKU_CLI_PROPOSAL_H

#include "../core/proposal.h"
#include "cli.h"

/* Files, directories (with all below them that a reader knows) and "-", in their order; --as says the form, --old what each
 * replaces.  0 or an exit status after a message. */
int read_proposal(const struct arguments *arguments, const struct registry *registry, struct proposal *proposal);

#endif
