#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the containers of tests/clusters/shop used in two weeks, every ten minutes, as CSV: a day's curve with a little unrest, the same
in every run.  Nothing is known of the nightly job."""

USE = {  # pod: container, cores and MiB at night and at noon
    'front': [('app', 0.12, 0.35, 290, 470), ('log-shipper', 0.01, 0.02, 40, 50), ('mesh', 0.05, 0.19, 60, 80)],
    'cart': [('app', 0.2, 0.48, 600, 980)],
    'mailer': [('app', 0.05, 0.1, 100, 130)],
    'db': [('postgres', 0.5, 1.4, 2900, 3300)],
    'agent': [('agent', 0.02, 0.05, 60, 90)],
}
PODS = {
    'front': ['6d4cf56db6-bq7xz', '6d4cf56db6-d4kwn'], 'cart': ['5c689d88bb-bq7xz', '5c689d88bb-gh2vt'], 'mailer': ['79d8b7c9f4-bq7xz'],
    'db': ['0', '1', '2'], 'agent': ['bq7xz', 'd4kwn'],
}
NAMESPACES = {'db': 'data', 'agent': 'data'}
END = 1795392000  # a Monday, 00:00 UTC
STEPS = 14 * 144

print('timestamp,namespace,pod,container,cpu,memory')
for workload, containers in USE.items():
    for number, suffix in enumerate(PODS[workload]):
        for name, least, most, low, high in containers:
            for step in range(STEPS):
                hour = step % 144 / 6
                wave = max(0, 1 - abs(hour - 14) / 6) * 0.8 + (step * 7919 + number * 31) % 97 / 97 * 0.2
                print(f"{END - (STEPS - step) * 600},{NAMESPACES.get(workload, 'shop')},{workload}-{suffix},{name},"
                      f"{least + (most - least) * wave:.4f},{round((low + (high - low) * wave) * 1048576)}")
