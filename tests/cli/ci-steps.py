#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ci-steps.py github|gitlab FILE DIRECTORY: the shell of each step or job as a file of its own, NAME.sh, with its variables."""
import shlex
import sys

import yaml

kind, path, directory = sys.argv[1:]
document = yaml.safe_load(open(path, encoding='utf-8'))


def write(name, variables, lines):
    with open(f'{directory}/{name.replace(" ", "-")}.sh', 'w', encoding='utf-8') as out:
        out.write('# shellcheck shell=bash\n')
        for key, value in variables.items():
            if '${{' not in str(value):
                out.write(f'export {key}={shlex.quote(str(value))}\n')
        out.write('\n'.join(lines) + '\n')


if kind == 'github':
    for job in document['jobs'].values():
        for step in job['steps']:
            if 'run' in step:
                write(step['name'], {**job.get('env', {}), **step.get('env', {})}, [step['run']])
else:
    for name, job in document.items():
        if 'script' in job:
            write(name, job.get('variables', {}), job['script'])
            write(name + '-before', {}, job.get('before_script', ['true']))
