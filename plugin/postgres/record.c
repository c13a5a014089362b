/* SPDX-License-Identifier: MIT */
/* record.c - what the checkpointer did, told to the worker and to whoever asks in SQL, in the server's own shared memory. */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "record.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/elog.h"
#include "utils/timestamp.h"

struct record {
	slock_t lock; /* for all of it; held for the copy of one entry */
	PGPROC *worker;
	struct record_begun begun;
	struct record_standing standing;
	uint64 count;
	struct record_checkpoint checkpoint[RECORD_CHECKPOINTS];
};

static struct record *record;
static shmem_request_hook_type request_before;
static shmem_startup_hook_type startup_before;
static emit_log_hook_type log_before;

static void record_request(void)
{
	if (request_before)
		request_before();
	RequestAddinShmemSpace(MAXALIGN(sizeof(struct record)));
}

static void record_startup(void)
{
	bool found;

	if (startup_before)
		startup_before();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	record = ShmemInitStruct("entrain", sizeof(struct record), &found);
	if (!found) {
		memset(record, 0, sizeof(*record));
		SpinLockInit(&record->lock);
	}
	LWLockRelease(AddinShmemInitLock);
}

/* The message as it stands in the server's source, whatever language the log is in. */
static bool message_begins(const ErrorData *message, const char *text)
{
	return message->message_id && strncmp(message->message_id, text, strlen(text)) == 0;
}

static void worker_wake(void)
{
	PGPROC *worker;

	SpinLockAcquire(&record->lock);
	worker = record->worker;
	SpinLockRelease(&record->lock);
	if (worker)
		SetLatch(&worker->procLatch);
}

/* The words for the reasons are never translated. */
static void begin(const ErrorData *message)
{
	const struct record_begun now = {
		.when = CheckpointStats.ckpt_start_t,
		.running = true,
		.timed = strstr(message->message, " time") &&
			 !strstr(message->message, " immediate"),
	};

	SpinLockAcquire(&record->lock);
	record->begun = now;
	SpinLockRelease(&record->lock);
	worker_wake();
}

static void given_up(void)
{
	SpinLockAcquire(&record->lock);
	record->begun.running = false;
	SpinLockRelease(&record->lock);
}

static void completed(bool restartpoint)
{
	const CheckpointStatsData *stats = &CheckpointStats;
	const struct record_checkpoint checkpoint = {
		.started = stats->ckpt_start_t,
		.write_began = stats->ckpt_write_t,
		.sync_began = stats->ckpt_sync_t,
		.sync_ended = stats->ckpt_sync_end_t,
		.ended = stats->ckpt_end_t,
		.buffers = stats->ckpt_bufs_written,
		.files = stats->ckpt_sync_rels,
		.restartpoint = restartpoint,
	};

	SpinLockAcquire(&record->lock);
	record->checkpoint[record->count++ % RECORD_CHECKPOINTS] = checkpoint;
	record->begun.running = false;
	SpinLockRelease(&record->lock);
	worker_wake();
}

/*
 * The checkpointer logs each checkpoint's beginning and end where log_checkpoints is on, and at that moment its own figures are
 * complete. This runs in it, in the middle of its work: nothing here allocates, waits or fails.
 */
static void checkpointer_says(const ErrorData *message)
{
	if (message->elevel >= ERROR)
		given_up(); /* and tries again later */
	else if (message_begins(message, "checkpoint starting") ||
		 message_begins(message, "restartpoint starting"))
		begin(message);
	else if (message_begins(message, "checkpoint complete"))
		completed(false);
	else if (message_begins(message, "restartpoint complete"))
		completed(true);
}

static void on_log(ErrorData *message)
{
	if (log_before)
		log_before(message);
	if (MyBackendType == B_CHECKPOINTER && record)
		checkpointer_says(message);
}

void record_install(void)
{
	request_before = shmem_request_hook;
	shmem_request_hook = record_request;
	startup_before = shmem_startup_hook;
	shmem_startup_hook = record_startup;
	log_before = emit_log_hook;
	emit_log_hook = on_log;
}

bool record_there(void)
{
	return record != NULL;
}

void record_worker(bool here)
{
	SpinLockAcquire(&record->lock);
	record->worker = here ? MyProc : NULL;
	record->standing = (struct record_standing){ 0 };
	SpinLockRelease(&record->lock);
}

void record_stand(const struct record_standing *standing)
{
	SpinLockAcquire(&record->lock);
	record->standing = *standing;
	SpinLockRelease(&record->lock);
}

void record_standing_get(struct record_standing *standing)
{
	SpinLockAcquire(&record->lock);
	*standing = record->standing;
	SpinLockRelease(&record->lock);
}

void record_begun_get(struct record_begun *begun)
{
	SpinLockAcquire(&record->lock);
	*begun = record->begun;
	SpinLockRelease(&record->lock);
}

uint64 record_count(void)
{
	uint64 count;

	SpinLockAcquire(&record->lock);
	count = record->count;
	SpinLockRelease(&record->lock);
	return count;
}

bool record_get(uint64 number, struct record_checkpoint *checkpoint)
{
	bool there;

	SpinLockAcquire(&record->lock);
	there = number < record->count && record->count - number <= RECORD_CHECKPOINTS;
	if (there)
		*checkpoint = record->checkpoint[number % RECORD_CHECKPOINTS];
	SpinLockRelease(&record->lock);
	return there;
}

void record_annotate(uint64 number, TimestampTz turn, TimestampTz asked)
{
	SpinLockAcquire(&record->lock);
	if (number < record->count && record->count - number <= RECORD_CHECKPOINTS) {
		record->checkpoint[number % RECORD_CHECKPOINTS].turn = turn;
		record->checkpoint[number % RECORD_CHECKPOINTS].asked = asked;
	}
	SpinLockRelease(&record->lock);
}
