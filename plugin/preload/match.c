/* SPDX-License-Identifier: MIT */
/* match.c - which rule a call is under: the first one that matches. */
#include "match.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "glob.h"
#include "title.h"

bool match_executable(const struct entrain_rule *rule, const char *exe)
{
	return !rule->exe[0] || (exe && glob_matches(rule->exe, exe));
}

uint32_t match_thread(const struct entrain_rule *rules, unsigned count, const char *name)
{
	uint32_t threads = 0;

	for (unsigned i = 0; i < count; i++)
		if (!rules[i].thread[0] || glob_matches(rules[i].thread, name))
			threads |= UINT32_C(1) << i;
	return threads;
}

/* Without stdio and its locks. */
static void number_write(char *text, unsigned number)
{
	char digits[12];
	unsigned used = 0;

	do
		digits[used++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (used > 0)
		*text++ = digits[--used];
	*text = '\0';
}

static void path_read(struct match_facts *facts)
{
	char link[32] = "/proc/self/fd/";
	int saved = errno;
	long length;

	facts->path_known = true;
	facts->path[0] = '\0';
	if (facts->fd < 0)
		return;
	number_write(link + sizeof("/proc/self/fd/") - 1, (unsigned)facts->fd);
	length = syscall(SYS_readlinkat, AT_FDCWD, link, facts->path, sizeof(facts->path) - 1);
	if (length < 0 || length == (long)sizeof(facts->path) - 1)
		length = 0; /* cut: what is left says nothing */
	facts->path[length] = '\0';
	errno = saved;
}

static bool rule_matches(const struct entrain_rule *rule, struct match_facts *facts)
{
	if (rule->calls && !(rule->calls & UINT32_C(1) << facts->call))
		return false;
	if (rule->role[0]) {
		if (!facts->title_known)
			title_read(facts->title, sizeof(facts->title));
		facts->title_known = true;
		if (!glob_matches(rule->role, facts->title))
			return false;
	}
	if (rule->path[0]) {
		if (!facts->path_known)
			path_read(facts);
		if (!facts->path[0] || !glob_matches(rule->path, facts->path))
			return false;
	}
	return true;
}

int match_find(const struct entrain_rule *rules, unsigned count, struct match_facts *facts)
{
	for (unsigned i = 0; i < count; i++)
		if (facts->threads & UINT32_C(1) << i && rule_matches(rules + i, facts))
			return (int)i;
	return -1;
}
