# SPDX-License-Identifier: MIT
# Is the input one JSON value and nothing else? For machines without a better judge.

function fail(why)
{
	print "json: " why " before: " substr(text, at, 40) > "/dev/stderr"
	failed = 1
	exit 1
}

function blanks()
{
	while (substr(text, at, 1) ~ /[ \t\r\n]/)
		at++
}

function string(  letter)
{
	if (substr(text, at, 1) != "\"")
		fail("no string")
	for (at++; (letter = substr(text, at, 1)) != "\""; at++) {
		if (letter == "" || letter ~ /[\001-\037]/)
			fail("string does not end or holds a control character")
		if (letter != "\\")
			continue
		letter = substr(text, ++at, 1)
		if (letter == "u" && substr(text, at + 1, 4) ~ /^[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]$/)
			at += 4
		else if (letter !~ /["\\\/bfnrt]/)
			fail("wrong escape")
	}
	at++
}

function members(closing,  first)
{
	at++
	blanks()
	if (substr(text, at, 1) == closing) {
		at++
		return
	}
	for (;;) {
		blanks()
		if (closing == "}") {
			string()
			blanks()
			if (substr(text, at++, 1) != ":")
				fail("no colon")
		}
		value()
		blanks()
		first = substr(text, at++, 1)
		if (first == closing)
			return
		if (first != ",")
			fail("neither comma nor " closing)
	}
}

function value(  first)
{
	blanks()
	first = substr(text, at, 1)
	if (first == "{")
		members("}")
	else if (first == "[")
		members("]")
	else if (first == "\"")
		string()
	else if (match(substr(text, at, 64), /^(true|false|null)/))
		at += RLENGTH
	else if (match(substr(text, at, 64), /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/))
		at += RLENGTH
	else
		fail("no value")
}

{ text = text $0 "\n" }

END {
	if (failed)
		exit 1
	at = 1
	value()
	blanks()
	if (at <= length(text))
		fail("something follows")
}
