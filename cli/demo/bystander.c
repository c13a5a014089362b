/* SPDX-License-Identifier: MIT */
/* Appends 8 KB, makes them durable, and notes how long after it was due that was done. */
#include "bystander.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "instant.h"

static int fail(struct bystander_log *log, const char *call)
{
	log->failed = call;
	atomic_store_explicit(&log->error, errno, memory_order_release);
	return 1;
}

static int commit(struct bystander_log *log, int file, uint32_t count)
{
	static char bytes[BYSTANDER_BYTES];
	off_t offset = (off_t)count * BYSTANDER_BYTES % BYSTANDER_SPACE;
	ssize_t written;

	memset(bytes, (int)count, sizeof(bytes));
	written = pwrite(file, bytes, sizeof(bytes), offset);
	if (written != (ssize_t)sizeof(bytes)) {
		if (written >= 0)
			errno = ENOSPC;
		return fail(log, "write");
	}
	return fdatasync(file) ? fail(log, "fdatasync") : 0;
}

int bystander_main(struct bystander_log *log, int directory, pid_t parent, int ready, int gate)
{
	int64_t start_ns;
	int file;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return 1;
	prctl(PR_SET_TIMERSLACK, 1ul);
	file = openat(directory, "bystander", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || fsync(file))
		return fail(log, "open");
	if (write(ready, "", 1) != 1 || read(gate, &start_ns, sizeof(start_ns)) != sizeof(start_ns))
		return 1;
	for (uint32_t count = 0; count < log->capacity; count++) {
		int64_t due_ns = start_ns + count * log->interval_ns;

		if (instant_sleep_until(due_ns))
			return 0;
		if (commit(log, file, count))
			return 1;
		log->latency_ns[count] = instant_now_ns() - due_ns;
		atomic_store_explicit(&log->count, count + 1, memory_order_release);
	}
	return 0;
}
