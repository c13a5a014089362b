/* SPDX-License-Identifier: MIT */
/* liveness.c - who a process is, and whether another one is proven dead. */
#include "liveness.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "procfile.h"

/* State letter, thread count and start time of a /proc/PID/stat line. The second field, the program's name in
 * parentheses, may hold blanks and parentheses: fields are counted from the last ')'. */
static int stat_parse(const char *line, char *state, long *threads, uint64_t *start_ticks)
{
	const char *field = strrchr(line, ')');
	int number;

	if (!field || field[1] != ' ')
		return -1;
	field += 2; /* field 3 */
	*state = *field;
	for (number = 3; number < 22; number++) {
		field = strchr(field, ' ');
		if (!field)
			return -1;
		field++;
		if (number + 1 == 20)
			*threads = strtol(field, NULL, 10);
	}
	*start_ticks = strtoull(field, NULL, 10);
	return 0;
}

static int stat_read(const char *path, char *state, long *threads, uint64_t *start_ticks)
{
	char line[1024];
	long length = procfile_read(path, line, sizeof(line));

	if (length < 0)
		return (int)length;
	return stat_parse(line, state, threads, start_ticks) < 0 ? -EINVAL : 0;
}

/* 16 random bytes that the kernel gives to each program image. */
static uint32_t image_read(void)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	uint32_t image = 0;

	for (int i = 0; random && i < 16; i++)
		image = image * 31 + random[i];
	return (image ^ image >> 16) & 0xffff;
}

/* A time namespace shifts the start times that /proc shows. */
static int64_t boot_shift_read(void)
{
	char text[256], *line;
	long long seconds, nanoseconds;

	if (procfile_read("/proc/self/timens_offsets", text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "boottime");
	if (!line || sscanf(line, "boottime %lld %lld", &seconds, &nanoseconds) != 2)
		return 0;
	return seconds * sysconf(_SC_CLK_TCK) + nanoseconds / (1000000000 / sysconf(_SC_CLK_TCK));
}

/* Shifted times are rounded: they may be a tick apart. */
static bool same_start(uint64_t shown, uint64_t told, bool shifted)
{
	int64_t apart = (int64_t)(shown - told);

	return apart == 0 || (shifted && apart >= -1 && apart <= 1);
}

void identity_read(struct identity *self)
{
	int saved = errno;
	struct stat status;
	char state, line[64];
	long threads;

	self->pid = (uint32_t)getpid();
	self->proc_foreign = procfile_read("/proc/self/stat", line, sizeof(line)) <= 0 ||
			     strtoul(line, NULL, 10) != self->pid;
	self->boot_shift_ticks = boot_shift_read();
	if (stat_read("/proc/self/stat", &state, &threads, &self->start_ticks) < 0)
		self->start_ticks = 0;
	else
		self->start_ticks -= (uint64_t)self->boot_shift_ticks;
	self->image = image_read();
	self->pid_space = stat("/proc/self/ns/pid", &status) == 0 ? (uint64_t)status.st_ino : 0;
	errno = saved;
}

/* A pidfd that opens proves a process, ESRCH proves none: signals are not involved, permissions do not matter,
 * and hidepid does not hide. */
static enum liveness pid_probe(uint32_t pid)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)pid, 0);

	if (fd >= 0) {
		close((int)fd);
		return LIVENESS_ALIVE;
	}
	if (errno == ENOSYS || errno == EPERM) /* older than 5.3, or a filter in the way */
		return getpgid((pid_t)pid) < 0 && errno == ESRCH ? LIVENESS_DEAD : LIVENESS_UNKNOWN;
	return errno == ESRCH ? LIVENESS_DEAD : LIVENESS_UNKNOWN;
}

/* The number is that of a thread by now: then no process has it, and whoever had it is gone. */
static bool is_thread(uint32_t pid)
{
	char path[32], text[1024];
	const char *group;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	if (procfile_read(path, text, sizeof(text)) <= 0)
		return false;
	group = strstr(text, "\nTgid:");
	return group && strtoul(group + 6, NULL, 10) != pid;
}

uint64_t liveness_start(const struct identity *self, uint32_t pid)
{
	uint64_t start_ticks;
	char path[32], state;
	long threads;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (self->proc_foreign || stat_read(path, &state, &threads, &start_ticks) < 0)
		return 0;
	return start_ticks - (uint64_t)self->boot_shift_ticks;
}

enum liveness liveness_probe(const struct identity *self, const struct identity *other)
{
	int saved = errno, cancel_state;
	char path[32], state;
	long threads = 0;
	uint64_t start_ticks;
	enum liveness result;

	if (other->pid == 0 || !self->pid_space || self->pid_space != other->pid_space)
		return LIVENESS_UNKNOWN;
	/* A step looks others up, and is no cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	result = pid_probe(other->pid);
	if (result == LIVENESS_UNKNOWN && !self->proc_foreign && is_thread(other->pid))
		result = LIVENESS_DEAD;
	if (result == LIVENESS_ALIVE && other->start_ticks && !self->proc_foreign) {
		snprintf(path, sizeof(path), "/proc/%u/stat", other->pid);
		if (stat_read(path, &state, &threads, &start_ticks) < 0)
			result = pid_probe(other->pid); /* it may have ended between the two */
		else if (!same_start(start_ticks - (uint64_t)self->boot_shift_ticks,
				     other->start_ticks, self->boot_shift_ticks != 0))
			result = LIVENESS_DEAD;
		else if ((state == 'Z' || state == 'X') && threads <= 1)
			result = LIVENESS_DEAD;
	}
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return result;
}

void boot_id_read(uint8_t boot_id[16])
{
	char text[64];
	unsigned i, digits = 0;

	memset(boot_id, 0, 16);
	if (procfile_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) < 0)
		return;
	for (i = 0; text[i] && digits < 32; i++) {
		int c = text[i], value;

		if (c >= '0' && c <= '9')
			value = c - '0';
		else if (c >= 'a' && c <= 'f')
			value = c - 'a' + 10;
		else
			continue;
		boot_id[digits / 2] = (uint8_t)(boot_id[digits / 2] << 4 | value);
		digits++;
	}
	if (digits < 32)
		memset(boot_id, 0, 16);
}
