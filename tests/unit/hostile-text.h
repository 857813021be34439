/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KEISOKU_HOSTILE_TEXT_H
#define KEISOKU_HOSTILE_TEXT_H

/* What some format or program gives a meaning to. */
#define HOSTILE "\033[31m$(reboot)<b>\"'\\\n\t\xff\xe2\x80\xae=1+1 " \
		"averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryverylongword \xe6\xb8\xac\xe5\xae\x9a " \
		"@team #1 | `x` ]]> <script>alert(1)</script> </details> https://a.example/ www.a.example &lt; ;=2 [a](b)"

#endif
