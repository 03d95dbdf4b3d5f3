/*
 * save.h
 *		Writes a snapshot of the stores into a file.
 */
#ifndef CAL_WORKER_SAVE_H
#define CAL_WORKER_SAVE_H

#include "pgstat.h"

/* Below the data directory. */
#define CAL_SAVE_SHUTDOWN	PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_caliper.save"
#define CAL_SAVE_PERIODIC	PG_STAT_TMP_DIR "/pg_caliper.save"

/* No file is longer: it must fit into memory to be loaded. */
#define CAL_SAVE_MAX		((uint64) 512 * 1024 * 1024)

extern void cal_save_startup(void);
extern bool cal_save_write(const char *path);

#endif							/* CAL_WORKER_SAVE_H */
