/*
 * version_compat.h
 *		The differences between PostgreSQL 15, 16, 17 and 18, and nothing else.
 *
 * This is the only place in the tree that looks at PG_VERSION_NUM.
 */
#ifndef CAL_VERSION_COMPAT_H
#define CAL_VERSION_COMPAT_H

#include "executor/executor.h"
#include "executor/instrument.h"
#include "storage/proc.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "pg_caliper supports PostgreSQL 15 to 18"
#endif

/* The number of this backend's process slot, an index below MaxBackends. */
#if PG_VERSION_NUM >= 170000
#define CAL_MY_PROC_NUMBER()	(MyProcNumber)
#else
#define CAL_MY_PROC_NUMBER()	(MyProc->pgprocno)
#endif

/* ExecutorRun lost its execute_once argument in 18. */
#if PG_VERSION_NUM >= 180000
#define CAL_RUN_PARAMS	QueryDesc *queryDesc, ScanDirection direction, \
						uint64 count
#define CAL_RUN_ARGS	queryDesc, direction, count
#else
#define CAL_RUN_PARAMS	QueryDesc *queryDesc, ScanDirection direction, \
						uint64 count, bool execute_once
#define CAL_RUN_ARGS	queryDesc, direction, count, execute_once
#endif

/* Query ids became signed in 18; inside pg_caliper they are uint64. */
#define CAL_QUERY_ID(node)	((uint64) (node)->queryId)

/* From 18 on, core itself treats IN lists of different length as one. */
#define CAL_CORE_SQUASHES_LISTS	(PG_VERSION_NUM >= 180000)

/* What a check hook hands on is freed by guc_free from 16 on, by free in 15. */
#if PG_VERSION_NUM >= 160000
#define CAL_GUC_MALLOC(size)	guc_malloc(LOG, size)
#define CAL_GUC_FREE(p)			guc_free(p)
#else
#define CAL_GUC_MALLOC(size)	malloc(size)
#define CAL_GUC_FREE(p)			free(p)
#endif

/* Jumbling moved and lost its text argument in 16. */
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#define CAL_JUMBLE(query, text)	JumbleQuery(query)
#else
#include "utils/queryjumble.h"
#define CAL_JUMBLE(query, text)	JumbleQuery(query, text)
#endif

/* In 18 a location may stand for a whole list, or for a parameter. */
#if PG_VERSION_NUM >= 180000
#define CAL_LOCATION_IS_LIST(l)		((l)->squashed)
#define CAL_LOCATION_IS_PARAM(l)	((l)->extern_param)
#else
#define CAL_LOCATION_IS_LIST(l)		(false)
#define CAL_LOCATION_IS_PARAM(l)	(false)
#endif

/* Block times were renamed in 17, when local blocks got times of their own. */
#if PG_VERSION_NUM >= 170000
#define CAL_BLK_READ_TIME(usage)	((usage)->shared_blk_read_time)
#define CAL_BLK_WRITE_TIME(usage)	((usage)->shared_blk_write_time)
#else
#define CAL_BLK_READ_TIME(usage)	((usage)->blk_read_time)
#define CAL_BLK_WRITE_TIME(usage)	((usage)->blk_write_time)
#endif

/* pgstat_fetch_stat_local_beentry and friends count from 1 until 15. */
#if PG_VERSION_NUM >= 160000
#define CAL_LOCAL_BEENTRY(n)	pgstat_get_local_beentry_by_index(n)
#else
#define CAL_LOCAL_BEENTRY(n)	pgstat_fetch_stat_local_beentry(n)
#endif

/* EXPLAIN's state and output were given headers of their own in 18. */
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* What EXPLAIN prints of a plan that is not run. */
#if PG_VERSION_NUM >= 170000
#define CAL_EXPLAIN(plan, es, source, params) \
	ExplainOnePlan(plan, NULL, es, source, params, NULL, NULL, NULL, NULL)
#else
#define CAL_EXPLAIN(plan, es, source, params) \
	ExplainOnePlan(plan, NULL, es, source, params, NULL, NULL, NULL)
#endif

/* The rights that a query's tables need are a list of their own from 16 on. */
#if PG_VERSION_NUM >= 160000
#define CAL_CHECK_RIGHTS(query) \
	ExecCheckPermissions((query)->rtable, (query)->rteperminfos, true)
#else
#define CAL_CHECK_RIGHTS(query)	ExecCheckRTPerms((query)->rtable, true)
#endif

/* An order key became independent of btrees in 18. */
#if PG_VERSION_NUM >= 180000
#define CAL_PATHKEY_DESC(pk)	((pk)->pk_cmptype == COMPARE_GT)
#else
#define CAL_PATHKEY_DESC(pk)	((pk)->pk_strategy == BTGreaterStrategyNumber)
#endif

/* The transaction of a process, as the lock manager knows it, moved in 17. */
#if PG_VERSION_NUM >= 170000
#define CAL_PROC_LXID(proc)	((proc)->vxid.lxid)
#else
#define CAL_PROC_LXID(proc)	((proc)->lxid)
#endif

/* A process that serves a client, as opposed to a worker. */
#define CAL_IS_CLIENT_BACKEND() \
	(MyBackendType == B_BACKEND || MyBackendType == B_WAL_SENDER)

/* Up to 16 ANALYZE finds the target for statistics in a copy of a column. */
#if PG_VERSION_NUM >= 170000
#define CAL_SET_STATS_TARGET(stats) ((stats)->attstattarget = -1)
#else
#define CAL_SET_STATS_TARGET(stats) \
	((stats)->attr = palloc0(ATTRIBUTE_FIXED_PART_SIZE), \
	 (stats)->attr->attstattarget = -1)
#endif

/* Macros on variable-length values got a header of their own in 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* From 16 on, an update of columns in none but BRIN indexes stays heap-only. */
#define CAL_BRIN_KEEPS_HOT		(PG_VERSION_NUM >= 160000)

#endif							/* CAL_VERSION_COMPAT_H */
