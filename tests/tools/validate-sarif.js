// SPDX-License-Identifier: Apache-2.0
// validate-sarif.js FILE...: against the published schema of SARIF 2.1.0; prints what is wrong.
'use strict';
const fs = require('fs');
const path = require('path');
const Ajv = require('ajv-draft-04').default;
const addFormats = require('ajv-formats').default;

const schemas = path.join(path.dirname(require.resolve('@microsoft/jest-sarif')), 'schemas');
const schema = JSON.parse(fs.readFileSync(path.join(schemas, 'sarif-2.1.0-rtm.5.json')));
// One of its patterns is no regular expression to those who know Unicode.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const validate = ajv.compile(schema);

for (const file of process.argv.slice(2))
	if (!validate(JSON.parse(fs.readFileSync(file))))
		for (const error of validate.errors)
			console.log(`${file}: ${error.instancePath} ${error.message}`);
