/*
 * advice.c
 *		What the advisor said last: the rows of caliper.index_advice.
 *
 * Owns: its slice of shared memory: the heads of the latest results, one for
 * each role and database, the oldest first, and their rows one behind the
 * other in the same order.  Called by the advisor (begin, put, end), by
 * readers, by capture/index_watch.c, and by those who reset.  One lock guards
 * it all: exclusive to end and reset, shared to copy.
 *
 * A result is put together in memory of the caller's own, and goes in as a
 * whole.  If there is no room, the oldest results make some; a result that is
 * too long loses its last rows, which is counted.  Never looks anything up,
 * never raises but for want of memory, and that without the lock.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "storage/lwlock.h"

#include "base/text_clean.h"
#include "store/advice.h"

#define ROOM		(2 * CAL_ADVICE_BYTES)	/* of all results together */
#define TEXT_MAX	2000		/* bytes of one text */

typedef struct Advice
{
	int			n;
	uint32		used;			/* bytes of rows */
	uint64		results;		/* ever */
	uint64		evicted;		/* results that made room */
	uint64		left_out;		/* rows that found none */
	CalAdviceHead head[CAL_ADVICE_HEADS];
	char		rows[ROOM];
} Advice;

static Advice *advice;
static LWLock *lock;

/* The result that this process puts together. */
static CalAdviceHead draft;
static char *draft_rows = NULL;

static const char *const actions[] = {
	[CAL_ADVICE_CREATE] = "create",
	[CAL_ADVICE_REPLACE] = "replace",
	[CAL_ADVICE_DROP] = "drop",
};

/* Memory for what is above. */
static Size
advice_size(void)
{
	return sizeof(Advice);
}

/* The slice is there, and zero. */
static void
advice_init(void *base, LWLockPadded *locks)
{
	advice = base;
	lock = &locks[0].lock;
}

const CalArea cal_advice_area = {
	"advice", advice_size, advice_init, 1
};

/* The name of an action. */
const char *
cal_advice_action(CalAdviceAction action)
{
	return actions[action];
}

/* Begin a result; one that was not ended, because of an error, is forgotten. */
void
cal_advice_begin(Oid dbid, Oid userid, TimestampTz at, bool wide)
{
	draft_rows = palloc(CAL_ADVICE_BYTES);
	memset(&draft, 0, sizeof(draft));
	draft.dbid = dbid;
	draft.userid = userid;
	draft.at = at;
	draft.wide = wide;
}

/* A result under construction: where to write, and how much room is left. */
typedef struct Writer
{
	char	   *next;
	size_t		room;
	bool		full;
} Writer;

/* Write some bytes. */
static void
write_bytes(Writer *w, const void *data, size_t len)
{
	if (w->full || len > w->room)
	{
		w->full = true;
		return;
	}
	memcpy(w->next, data, len);
	w->next += len;
	w->room -= len;
}

/*
 * Write a text: whether it is there, its bytes, a zero.  One that is too long
 * ends with a mark, so that half a statement is not taken for a whole one.
 */
static void
write_text(Writer *w, const char *value)
{
	size_t		len = value ? strlen(value) : 0;
	char		there = value != NULL;

	write_bytes(w, &there, 1);
	if (value == NULL)
		return;
	if (len > TEXT_MAX)
	{
		len = cal_text_clip(value, len, TEXT_MAX, GetDatabaseEncoding());
		write_bytes(w, value, len);
		write_bytes(w, CAL_TEXT_MARK, sizeof(CAL_TEXT_MARK));
	}
	else
		write_bytes(w, value, len + 1);
}

/* A row as it is kept: numbers, query ids, texts; these, and the columns. */
#define NUMBERS	offsetof(CalAdviceRow, schemaname)
#define TEXTS	7

/* The texts, in the order in which they are written. */
static void
list_texts(CalAdviceRow *row, const char **list[TEXTS])
{
	list[0] = &row->schemaname;
	list[1] = &row->tablename;
	list[2] = &row->indexname;
	list[3] = &row->method;
	list[4] = &row->ddl;
	list[5] = &row->verified;
	list[6] = &row->reason;
}

/* Put the next row; pointers in it are of no use to anybody who reads it. */
void
cal_advice_put(const CalAdviceRow *row)
{
	Writer		w = {draft_rows + draft.length, CAL_ADVICE_BYTES - draft.length, false};
	CalAdviceRow copy = *row;
	const char **list[TEXTS];
	uint32		length;

	copy.ncolumns = Min(copy.ncolumns, CAL_ADVICE_COLUMNS);
	copy.nqueryids = Min(copy.nqueryids, CAL_ADVICE_SERVED);
	write_bytes(&w, &copy, NUMBERS);
	write_bytes(&w, copy.queryid, copy.nqueryids * sizeof(uint64));
	list_texts(&copy, list);
	for (int i = 0; i < TEXTS; i++)
		write_text(&w, *list[i]);
	for (int i = 0; i < copy.ncolumns; i++)
		write_text(&w, copy.column[i]);
	length = MAXALIGN(w.next - draft_rows);
	if (w.full || length > CAL_ADVICE_BYTES)
	{
		draft.left_out++;
		return;
	}
	draft.rows++;
	draft.length = length;
}

/* Take a result out; with the lock held. */
static void
take_out(int number)
{
	uint32		offset = 0;
	uint32		length = advice->head[number].length;

	for (int i = 0; i < number; i++)
		offset += advice->head[i].length;
	memmove(advice->rows + offset, advice->rows + offset + length,
			advice->used - offset - length);
	memmove(&advice->head[number], &advice->head[number + 1],
			(advice->n - number - 1) * sizeof(CalAdviceHead));
	advice->used -= length;
	advice->n--;
}

/* The result is complete: it takes the place of the one before. */
void
cal_advice_end(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < advice->n; i++)
		if (advice->head[i].dbid == draft.dbid &&
			advice->head[i].userid == draft.userid)
			take_out(i);
	while (advice->n == CAL_ADVICE_HEADS ||
		   advice->used + draft.length > ROOM)
	{
		take_out(0);
		advice->evicted++;
	}
	memcpy(advice->rows + advice->used, draft_rows, draft.length);
	advice->head[advice->n++] = draft;
	advice->used += draft.length;
	advice->results++;
	advice->left_out += draft.left_out;
	LWLockRelease(lock);
	pfree(draft_rows);
	draft_rows = NULL;
}

/* Copy the heads, of which there are CAL_ADVICE_HEADS at most. */
int
cal_advice_heads(CalAdviceHead *heads)
{
	int			n;

	LWLockAcquire(lock, LW_SHARED);
	n = advice->n;
	memcpy(heads, advice->head, n * sizeof(CalAdviceHead));
	LWLockRelease(lock);
	return n;
}

/*
 * Copy the rows of a role's latest result, which may be a later one than the
 * head says, into CAL_ADVICE_BYTES; the head is then that result's.  False if
 * there is none any more.
 */
bool
cal_advice_copy(CalAdviceHead *head, char *buf)
{
	uint32		offset = 0;
	bool		found = false;

	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < advice->n && !found; i++)
	{
		const CalAdviceHead *h = &advice->head[i];

		if (h->dbid == head->dbid && h->userid == head->userid)
		{
			*head = *h;
			memcpy(buf, advice->rows + offset, h->length);
			found = true;
		}
		offset += h->length;
	}
	LWLockRelease(lock);
	return found;
}

/* Read a text of a copied row. */
static const char *
read_text(const char **next)
{
	const char *value = *next + 1;

	if (!*(*next)++)
		return NULL;
	*next += strlen(value) + 1;
	return value;
}

/* Read a row of a copy, into which it will point; returns where the next is. */
const char *
cal_advice_next(const char *buf, CalAdviceRow *row)
{
	const char *next = buf + NUMBERS;
	const char **list[TEXTS];

	memcpy(row, buf, NUMBERS);
	memcpy(row->queryid, next, row->nqueryids * sizeof(uint64));
	next += row->nqueryids * sizeof(uint64);
	list_texts(row, list);
	for (int i = 0; i < TEXTS; i++)
		*list[i] = read_text(&next);
	for (int i = 0; i < row->ncolumns; i++)
		row->column[i] = read_text(&next);
	return buf + MAXALIGN(next - buf);
}

/* Forget all. */
void
cal_advice_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	advice->n = 0;
	advice->used = 0;
	LWLockRelease(lock);
}

/* For caliper.info. */
void
cal_advice_info(CalInfoEmit emit, void *arg)
{
	int			n;
	uint32		used;
	uint64		results;
	uint64		evicted;
	uint64		left_out;

	LWLockAcquire(lock, LW_SHARED);
	n = advice->n;
	used = advice->used;
	results = advice->results;
	evicted = advice->evicted;
	left_out = advice->left_out;
	LWLockRelease(lock);

	emit(arg, "advice", "entries", n, "entries");
	emit(arg, "advice", "entries_max", CAL_ADVICE_HEADS, "entries");
	emit(arg, "advice", "used", used, "bytes");
	emit(arg, "advice", "used_max", ROOM, "bytes");
	emit(arg, "advice", "results", (double) results, "results");
	emit(arg, "advice", "evicted", (double) evicted, "entries");
	emit(arg, "advice", "left_out", (double) left_out, "rows");
}
