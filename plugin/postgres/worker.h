/* SPDX-License-Identifier: MIT */
/* worker.h - the background worker's entry, looked up by its name. */
#ifndef ENTRAIN_POSTGRES_WORKER_H
#define ENTRAIN_POSTGRES_WORKER_H

PGDLLEXPORT void entrain_worker_main(Datum argument);

#endif
