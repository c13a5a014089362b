/* SPDX-License-Identifier: MIT */
/* Is a process covered by the preload plugin: read from its memory, which may hold anything. */
#include "coverage.h"

#include <dirent.h>
#include <elf.h>
#include <entrain.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define LIBRARY "/libentrain-preload.so"
#define REPORT_ALIGNMENT 64
#define SEARCHED_MOST (UINT64_C(4) << 20)

static void why_set(struct coverage *coverage, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void why_set(struct coverage *coverage, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(coverage->why, sizeof(coverage->why), format, list);
	va_end(list);
}

static void proc_path(char path[64], unsigned pid, const char *name)
{
	snprintf(path, 64, "/proc/%u/%s", pid, name);
}

/* ---- the report in its memory --------------------------------------------------------------- */

static int memory_read(int fd, void *bytes, size_t size, uint64_t address)
{
	return address > INT64_MAX || pread(fd, bytes, size, (off_t)address) != (ssize_t)size;
}

/* Texts of another process end where they should. */
static void report_close(struct preload_report *report)
{
	report->why[sizeof(report->why) - 1] = '\0';
	report->exe[sizeof(report->exe) - 1] = '\0';
	if (report->rules > PRELOAD_RULES)
		report->rules = PRELOAD_RULES;
	for (unsigned i = 0; i < PRELOAD_RULES; i++) {
		report->rule[i].name[sizeof(report->rule[i].name) - 1] = '\0';
		report->rule[i].swarm[sizeof(report->rule[i].swarm) - 1] = '\0';
	}
}

/* Found by its magic, which also is in nothing but a report that is open; and it knows its own address. */
static int report_search(int fd, uint64_t from, uint64_t to, struct coverage *coverage)
{
	struct preload_report *report = &coverage->report;

	if (to - from > SEARCHED_MOST)
		to = from + SEARCHED_MOST;
	for (uint64_t at = from; at + sizeof(*report) <= to; at += REPORT_ALIGNMENT) {
		if (memory_read(fd, report->magic, sizeof(report->magic), at) ||
		    memcmp(report->magic, PRELOAD_MAGIC, sizeof(report->magic)) != 0 ||
		    memory_read(fd, report, sizeof(*report), at) || report->self != at)
			continue;
		report_close(report);
		return 1;
	}
	return 0;
}

/* One stretch of memory, of lines that follow each other: the library's writable part, and what has no file after it. */
struct stretch {
	unsigned long long from, to;
};

/* The report may begin in a page of the file and end in one without. Returns 1 where a stretch is over and to be searched. */
static int stretch_take(struct stretch *stretch, const char *line, int ours, struct stretch *over)
{
	unsigned long long from, to;
	int path = 0, adjacent;
	char writable;

	*over = *stretch;
	if (sscanf(line, "%llx-%llx %*c%c%*s %*s %*s %*s %n", &from, &to, &writable, &path) < 3)
		return 0;
	adjacent = stretch->to && stretch->to == from;
	if (writable == 'w' && adjacent && (ours || (path && !line[path]))) {
		stretch->to = to;
		return 0;
	}
	*stretch =
		writable == 'w' && ours ? (struct stretch){ from, to } : (struct stretch){ 0, 0 };
	return over->to != 0;
}

static int report_find(int maps, int memory, struct coverage *coverage)
{
	struct stretch stretch = { 0, 0 }, over;
	FILE *stream = fdopen(maps, "r");
	char line[PATH_MAX + 128];
	int found = 0;

	if (!stream) {
		close(maps);
		return 0;
	}
	while (!found && fgets(line, sizeof(line), stream)) {
		int ours = strstr(line, LIBRARY) != NULL;

		coverage->loaded |= ours;
		if (stretch_take(&stretch, line, ours, &over))
			found = report_search(memory, over.from, over.to, coverage);
	}
	if (!found && stretch.to)
		found = report_search(memory, stretch.from, stretch.to, coverage);
	fclose(stream);
	return found;
}

static int memory_look(struct coverage *coverage)
{
	char path[64];
	int maps, memory, code = 0;

	proc_path(path, coverage->pid, "maps");
	maps = open(path, O_RDONLY | O_CLOEXEC);
	proc_path(path, coverage->pid, "mem");
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (maps < 0 || memory < 0) {
		code = errno;
		if (maps >= 0)
			close(maps);
		if (memory >= 0)
			close(memory);
		return code;
	}
	if (report_find(maps, memory, coverage)) {
		coverage->told = coverage->report.abi == PRELOAD_ABI &&
				 coverage->report.size == sizeof(coverage->report);
		if (coverage->told && coverage->report.counts &&
		    (coverage->report.counts_size != sizeof(coverage->counts) ||
		     memory_read(memory, &coverage->counts, sizeof(coverage->counts),
				 coverage->report.counts)))
			coverage->told = 0;
		for (unsigned i = 0; i < PRELOAD_RULES; i++)
			coverage->counts.rule[i]
				.thread[sizeof(coverage->counts.rule[i].thread) - 1] = '\0';
	}
	close(memory);
	return 0;
}

/* ---- what is not in it ------------------------------------------------------------------------- */

/* One variable of the environment that it was started with: its value, or "". */
static void environment_read(unsigned pid, const char *name, char *value, size_t size)
{
	char path[64], *text = NULL;
	size_t space = 0, length = strlen(name);
	FILE *stream;

	value[0] = '\0';
	proc_path(path, pid, "environ");
	stream = fopen(path, "re");
	while (stream && getdelim(&text, &space, '\0', stream) > 0)
		if (strncmp(text, name, length) == 0 && text[length] == '=')
			snprintf(value, size, "%s", text + length + 1);
	free(text);
	if (stream)
		fclose(stream);
}

static int runs_secure(unsigned pid)
{
	uint64_t pair[2] = { 0, 0 };
	char path[64];
	int fd, secure = 0;

	proc_path(path, pid, "auxv");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && read(fd, pair, sizeof(pair)) == (ssize_t)sizeof(pair) && pair[0])
		if (pair[0] == AT_SECURE)
			secure = pair[1] != 0;
	if (fd >= 0)
		close(fd);
	return secure;
}

static void why_not_loaded(struct coverage *coverage)
{
	char path[64], preload[256];
	enum program_kind kind;

	proc_path(path, coverage->pid, "exe");
	kind = program_kind(path);
	environment_read(coverage->pid, "LD_PRELOAD", preload, sizeof(preload));
	if (kind == PROGRAM_STATIC)
		why_set(coverage, "its program is linked statically, so nothing can be preloaded");
	else if (kind == PROGRAM_MUSL)
		why_set(coverage, "its program is built for musl, not for glibc");
	else if (kind == PROGRAM_FOREIGN)
		why_set(coverage, "its program is built for another word size or processor than "
				  "the plugin");
	else if (runs_secure(coverage->pid))
		why_set(coverage, "it was started with more rights than its caller, so the loader "
				  "ignored preloads");
	else if (!strstr(preload, &LIBRARY[1]))
		why_set(coverage, "the plugin was not in LD_PRELOAD when it was started");
	else
		why_set(coverage, "LD_PRELOAD is \"%.160s\", but the loader could not load it",
			preload);
}

/* Flushes that no preload sees. */
static void descriptors_count(struct coverage *coverage)
{
	char path[64], name[320], text[512];
	struct dirent *entry;
	DIR *list;

	proc_path(path, coverage->pid, "fd");
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		unsigned flags = 0;
		ssize_t length;
		FILE *stream;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		length = readlink(name, text, sizeof(text) - 1);
		text[length > 0 ? length : 0] = '\0';
		coverage->rings += strcmp(text, "anon_inode:[io_uring]") == 0;
		snprintf(name, sizeof(name), "/proc/%u/fdinfo/%s", coverage->pid, entry->d_name);
		stream = length > 0 ? fopen(name, "re") : NULL;
		while (stream && fgets(text, sizeof(text), stream))
			if (sscanf(text, "flags: %o", &flags) == 1)
				coverage->synchronous += (flags & O_DSYNC) != 0;
		if (stream)
			fclose(stream);
	}
	if (list)
		closedir(list);
}

/* Of a rule that would hold, in its swarm, which is in the directory that the process was given. */
static enum coverage_idle rule_idle(unsigned pid, const struct preload_rule_report *rule)
{
	struct entrain_status status = ENTRAIN_STATUS;
	const struct entrain_settings *settings = &status.settings;
	struct entrain_error error;
	struct entrain_swarm *opened;
	char dir[PATH_MAX];
	int known, together, door;

	environment_read(pid, "ENTRAIN_DIR", dir, sizeof(dir));
	opened = entrain_open(dir[0] ? dir : "/dev/shm", rule->swarm, ENTRAIN_READ, &error);
	if (!opened)
		return IDLE_NOT;
	known = entrain_status(opened, &status, NULL, 0, &error) == 0;
	entrain_close(opened);
	if (!known)
		return IDLE_NOT;
	door = settings->kind == ENTRAIN_DRIFTING;
	together = settings->goal == ENTRAIN_MINIMIZE_API_CALLS ||
		   settings->goal == ENTRAIN_MINIMIZE_LATENCY;
	if (rule->action == ENTRAIN_ACTION_BATCH && door)
		return IDLE_AT_DOOR;
	if (rule->action == ENTRAIN_ACTION_BATCH && !together)
		return IDLE_APART;
	if (door && (together || settings->goal == ENTRAIN_REACH_CONSENSUS))
		return IDLE_ALL_AT_ONCE;
	return IDLE_NOT;
}

/* Has it no program: a thread of the kernel, or what has ended and is not waited for? Its name is all there is to show. */
static int programless(struct coverage *coverage)
{
	static const unsigned kernel = 0x00200000; /* PF_KTHREAD, the same since 2.6.27 */
	char path[64], text[512], name[64], *end;
	unsigned flags = 0;
	FILE *stream;
	char state = 0;

	proc_path(path, coverage->pid, "stat");
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
	fclose(stream);
	end = strrchr(text, ')');
	if (!end || sscanf(text, "%*u (%63[^)]", name) != 1 ||
	    sscanf(end + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return 0;
	if (state != 'Z' && state != 'X' && !(flags & kernel))
		return 0;
	snprintf(coverage->exe, sizeof(coverage->exe), "[%s]", name);
	if (flags & kernel)
		why_set(coverage, "it is a thread of the kernel, where nothing can be preloaded");
	else
		why_set(coverage, "it has ended, and its parent has not waited for it (a zombie)");
	return 1;
}

int coverage_read(unsigned pid, struct coverage *coverage)
{
	char path[64];
	ssize_t length;
	int code;

	memset(coverage, 0, sizeof(*coverage));
	coverage->pid = pid;
	if (programless(coverage))
		return 0;
	proc_path(path, pid, "exe");
	length = readlink(path, coverage->exe, sizeof(coverage->exe) - 1);
	if (length < 0)
		return errno;
	code = memory_look(coverage);
	if (code)
		return code;
	descriptors_count(coverage);
	if (!coverage->loaded)
		why_not_loaded(coverage);
	else if (!coverage->told)
		why_set(coverage,
			"the plugin is there, but says nothing that this version can read");
	else if (coverage->report.state != PRELOAD_ARMED)
		why_set(coverage, "the plugin is there, but off: %s",
			coverage->report.why[0] ? coverage->report.why : "it does not say why");
	else
		coverage->covered = 1;
	for (unsigned i = 0; coverage->covered && i < coverage->report.rules; i++)
		if (coverage->report.rule[i].action != ENTRAIN_ACTION_OBSERVE)
			coverage->idle[i] = rule_idle(pid, &coverage->report.rule[i]);
	return 0;
}
