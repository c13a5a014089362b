/* SPDX-License-Identifier: MIT */
/* replayed.c - of a standby: has a checkpoint of the primary been replayed that no restartpoint was made of yet? */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_control.h"
#include "replayed.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

static const ControlFileData *control;
static FullTransactionId newest, used;

void replayed_open(void)
{
	bool found;

	control = ShmemInitStruct("Control File", sizeof(ControlFileData), &found);
	replayed_look();
	replayed_used();
}

void replayed_look(void)
{
	FullTransactionId next;

	LWLockAcquire(ControlFileLock, LW_SHARED);
	next = control->checkPointCopy.nextXid;
	LWLockRelease(ControlFileLock);
	if (FullTransactionIdFollows(next, newest))
		newest = next;
}

void replayed_used(void)
{
	used = newest;
}

bool replayed_checkpoint(void)
{
	replayed_look();
	return FullTransactionIdFollows(newest, used);
}
