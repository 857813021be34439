/* SPDX-License-Identifier: Apache-2.0
 * Tables of a rightsizing sort and filter where there is a script; without one they are as sorted as they were written.  Up to the first
 * empty line it is not embedded. */

(function () {
	'use strict';

	function valueOf(row, column) {
		var cell = row.cells[column], value = cell ? cell.getAttribute('data-value') : null;

		if (value === null)
			return cell ? cell.textContent.trim().toLowerCase() : '';
		return value === '' ? -Infinity : Number(value);
	}

	function sortBy(table, column, heading) {
		var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
		var ascending = heading.getAttribute('aria-sort') === 'descending';

		rows = rows.map(function (row, index) {
			return { row: row, index: index, value: valueOf(row, column) };
		});
		rows.sort(function (a, b) {
			var order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;

			return (ascending ? order : -order) || a.index - b.index;
		});
		Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) {
			cell.removeAttribute('aria-sort');
		});
		heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
		rows.forEach(function (entry) {
			body.appendChild(entry.row);
		});
	}

	Array.prototype.forEach.call(document.querySelectorAll('table.sortable'), function (table) {
		Array.prototype.forEach.call(table.tHead.rows[0].cells, function (heading, column) {
			var button = document.createElement('button');

			button.type = 'button';
			while (heading.firstChild)
				button.appendChild(heading.firstChild);
			heading.appendChild(button);
			button.addEventListener('click', function () {
				sortBy(table, column, heading);
			});
		});
	});

	var tools = document.getElementById('tools'), input;

	if (!tools)
		return;
	input = document.createElement('input');
	input.type = 'search';
	input.placeholder = 'Show only what contains\u2026';
	input.setAttribute('aria-label', 'Show only containers whose line contains this');
	tools.appendChild(input);
	input.addEventListener('input', function () {
		var wanted = input.value.trim().toLowerCase();

		Array.prototype.forEach.call(document.querySelectorAll('table.sizes tbody tr, article'), function (element) {
			var text = element.tagName === 'ARTICLE' ? element.querySelector('h3').textContent + element.getAttribute('data-words') : element.textContent;

			element.classList.toggle('hidden', wanted !== '' && text.toLowerCase().indexOf(wanted) < 0);
		});
	});
})();
