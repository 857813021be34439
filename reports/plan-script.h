/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the scripts that are the same for every plan: reports/plan/NAME.sh without their first paragraph. */
#ifndef KEISOKU_PLAN_SCRIPT_H
#define KEISOKU_PLAN_SCRIPT_H

extern const char plan_library_sh[], plan_shows_sh[], plan_apply_sh[], plan_rollback_sh[], plan_verify_sh[];

#endif
