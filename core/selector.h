/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors of Kubernetes over labels: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [a, b]}]}.
 * apimachinery/pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector(), and apimachinery/pkg/labels/selector.go. */
#ifndef KEISOKU_SELECTOR_H
#define KEISOKU_SELECTOR_H

#include "node.h"

/* labels may be NULL: none.  A selector that is not there matches nothing, an empty one everything, one with mistakes nothing. */
bool selector_matches(const struct node *selector, const struct node *labels);

#endif
