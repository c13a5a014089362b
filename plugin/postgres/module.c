/* SPDX-License-Identifier: MIT */
/* module.c - what the server does when it loads the library. */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "record.h"
#include "settings.h"

PG_MODULE_MAGIC;

void _PG_init(void);

/* Seconds until the worker is started again after it ended. */
#define RESTART_S 5

/* In a backend that loads it later there is neither memory nor worker: its functions say so. */
void _PG_init(void)
{
	BackgroundWorker worker = {
		.bgw_name = "entrain",
		.bgw_type = "entrain",
		.bgw_flags = BGWORKER_SHMEM_ACCESS,
		.bgw_start_time = BgWorkerStart_ConsistentState,
		.bgw_restart_time = RESTART_S,
		.bgw_library_name = "entrain",
		.bgw_function_name = "entrain_worker_main",
	};

	if (!process_shared_preload_libraries_in_progress)
		return;
	settings_define();
	record_install();
	if (!IsBinaryUpgrade) /* pg_upgrade's servers are nobody's to pace */
		RegisterBackgroundWorker(&worker);
}
