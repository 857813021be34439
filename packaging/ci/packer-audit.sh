#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Audits the machine it runs on into /tmp/keisoku-reports, with its exit status in the file "status" there.  Taken from the
# environment: POLICIES, FAIL_ON, and for a try elsewhere KEISOKU, REPORTS, ROOT and WAIVERS.
set -u
keisoku=${KEISOKU-/tmp/keisoku}
reports=${REPORTS-/tmp/keisoku-reports}
waivers=${WAIVERS-/tmp/waivers.yaml}

mkdir -p "$reports" || exit 3
chmod +x "$keisoku"
set -- --fail-on "${FAIL_ON-medium}"
for policy in ${POLICIES-}; do set -- "$@" --policy "$policy"; done
if [ -f "$waivers" ]; then set -- "$@" --waivers "$waivers"; fi
if [ -n "${ROOT-}" ]; then set -- "$@" --root "$ROOT"; fi
status=0
"$keisoku" audit "$@" --output text --output "sarif=$reports/audit.sarif" --output "junit=$reports/audit.xml" \
	--output "markdown=$reports/audit.md" --output "json=$reports/audit.json" || status=$?
echo "$status" >"$reports/status"
