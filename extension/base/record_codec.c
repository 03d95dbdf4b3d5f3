/*
 * record_codec.c
 *	  The format of save files: header, bounded records, trailer with CRC.
 *
 * Owns the layout below, nothing else.  Called by what saves and loads the
 * stores.  Takes no lock.  Never allocates, never does I/O itself (the writer
 * hands bytes to a sink, the reader is given the whole file), never trusts a
 * length, and never hands out a record of a file that is not whole.
 *
 *	  header	magic (8 bytes), format u32, server major version u32,
 *				time of saving i64
 *	  record	type u16, version u16, length u32, as many bytes; repeated
 *	  trailer	number of records u64, bytes of all records with their heads
 *				u64, CRC-32C of everything before it u32
 *
 * Numbers are in the machine's own byte order: like all files of a data
 * directory, these do not travel.
 */
#include "c.h"

#include "base/record_codec.h"

#define MAGIC			"PGCALIPR"
#define MAGIC_LEN		8
#define HEADER_LEN		(MAGIC_LEN + 4 + 4 + 8)
#define HEAD_LEN		(2 + 2 + 4) /* of a record */
#define TRAILER_LEN		(8 + 8 + 4)

/*
 * Gives bytes to the sink and to the CRC, and remembers that the sink failed,
 * so that callers need to look only at the end.
 */
static bool
put(CalRecordWriter *w, const void *data, size_t len)
{
	if (w->failed)
		return false;
	if (len == 0)
		return true;
	COMP_CRC32C(w->crc, data, len);
	w->failed = !w->sink(w->arg, data, len);
	return !w->failed;
}

/*
 * Begins a file: what every reader must see first to know whether it may go on.
 */
bool
cal_record_write_start(CalRecordWriter *w, CalRecordSink sink, void *arg,
					   uint32 format, uint32 major, int64 saved_at)
{
	char		header[HEADER_LEN];

	memset(w, 0, sizeof(*w));
	w->sink = sink;
	w->arg = arg;
	INIT_CRC32C(w->crc);

	memcpy(header, MAGIC, MAGIC_LEN);
	memcpy(header + MAGIC_LEN, &format, 4);
	memcpy(header + MAGIC_LEN + 4, &major, 4);
	memcpy(header + MAGIC_LEN + 8, &saved_at, 8);
	return put(w, header, sizeof(header));
}

/*
 * Adds one record.  One longer than CAL_RECORD_MAX is refused and leaves the
 * file as it was; a sink that failed spoils the file for good.
 */
bool
cal_record_write(CalRecordWriter *w, uint16 type, uint16 version,
				 const void *data, size_t len)
{
	char		head[HEAD_LEN];
	uint32		len32 = (uint32) len;

	if (len > CAL_RECORD_MAX)
		return false;
	memcpy(head, &type, 2);
	memcpy(head + 2, &version, 2);
	memcpy(head + 4, &len32, 4);
	w->count++;
	w->bytes += HEAD_LEN + len;
	return put(w, head, sizeof(head)) && put(w, data, len);
}

/*
 * Ends the file; true means that the sink has taken every byte of it.
 */
bool
cal_record_write_end(CalRecordWriter *w)
{
	char		sums[TRAILER_LEN - 4];
	pg_crc32c	crc;

	memcpy(sums, &w->count, 8);
	memcpy(sums + 8, &w->bytes, 8);
	if (!put(w, sums, sizeof(sums)))
		return false;
	crc = w->crc;
	FIN_CRC32C(crc);
	return put(w, &crc, 4);
}

/*
 * Takes the next record off the front, if it is whole and within bounds.
 */
static bool
take(CalRecordReader *r, CalRecord *out)
{
	size_t		left = (size_t) (r->end - r->next);

	if (left < HEAD_LEN)
		return false;
	memcpy(&out->type, r->next, 2);
	memcpy(&out->version, r->next + 2, 2);
	memcpy(&out->len, r->next + 4, 4);
	if (out->len > CAL_RECORD_MAX || out->len > left - HEAD_LEN)
		return false;
	out->data = r->next + HEAD_LEN;
	r->next = out->data + out->len;
	return true;
}

/*
 * Walks over all records once, since none may be believed before all are.
 */
static CalRecordStatus
check_records(CalRecordReader *r, uint64 bytes)
{
	const uint8 *first = r->next;
	CalRecord	record;
	uint64		count = 0;

	if (bytes != (uint64) (r->end - r->next))
		return CAL_RECORD_BAD_LENGTH;
	while (r->next < r->end)
	{
		if (!take(r, &record))
			return CAL_RECORD_BAD_LENGTH;
		count++;
	}
	r->next = first;
	return count == r->count ? CAL_RECORD_OK : CAL_RECORD_BAD_COUNT;
}

/*
 * Validates a whole file in memory.  Only after CAL_RECORD_OK does the reader
 * hand out records; whether their format suits the caller is another question,
 * which cal_record_check answers.
 */
CalRecordStatus
cal_record_open(CalRecordReader *r, const void *data, size_t len)
{
	const uint8 *file = data;
	const uint8 *trailer;
	CalRecordStatus status;
	uint64		bytes;
	pg_crc32c	stored;
	pg_crc32c	crc;

	memset(r, 0, sizeof(*r));
	if (len < HEADER_LEN + TRAILER_LEN)
		return CAL_RECORD_TOO_SHORT;
	if (memcmp(file, MAGIC, MAGIC_LEN) != 0)
		return CAL_RECORD_BAD_MAGIC;
	trailer = file + len - TRAILER_LEN;
	memcpy(&r->format, file + MAGIC_LEN, 4);
	memcpy(&r->major, file + MAGIC_LEN + 4, 4);
	memcpy(&r->saved_at, file + MAGIC_LEN + 8, 8);
	memcpy(&r->count, trailer, 8);
	memcpy(&bytes, trailer + 8, 8);
	memcpy(&stored, trailer + 16, 4);
	r->next = file + HEADER_LEN;
	r->end = trailer;

	status = check_records(r, bytes);
	if (status == CAL_RECORD_OK)
	{
		INIT_CRC32C(crc);
		COMP_CRC32C(crc, data, len - 4);
		FIN_CRC32C(crc);
		if (!EQ_CRC32C(crc, stored))
			status = CAL_RECORD_BAD_CRC;
	}
	if (status != CAL_RECORD_OK)
		r->next = r->end;
	return status;
}

/*
 * Says whether a valid file was written by a library and for a server like
 * ours.
 */
CalRecordStatus
cal_record_check(const CalRecordReader *r, uint32 format, uint32 major)
{
	if (r->format != format)
		return CAL_RECORD_WRONG_VERSION;
	if (r->major != major)
		return CAL_RECORD_WRONG_SERVER;
	return CAL_RECORD_OK;
}

/*
 * Hands out the records one after the other; false means that there are no
 * more.
 */
bool
cal_record_next(CalRecordReader *r, CalRecord *out)
{
	return r->next < r->end && take(r, out);
}

/*
 * What to tell the administrator about a file that is set aside.
 */
const char *
cal_record_status_text(CalRecordStatus status)
{
	switch (status)
	{
		case CAL_RECORD_OK:
			return "the file is valid";
		case CAL_RECORD_TOO_SHORT:
			return "the file is too short";
		case CAL_RECORD_BAD_MAGIC:
			return "the file was not written by pg_caliper";
		case CAL_RECORD_BAD_LENGTH:
			return "a length in the file is out of bounds";
		case CAL_RECORD_BAD_COUNT:
			return "the number of records is wrong";
		case CAL_RECORD_BAD_CRC:
			return "the checksum is wrong";
		case CAL_RECORD_WRONG_VERSION:
			return "the file has another format version";
		case CAL_RECORD_WRONG_SERVER:
			return "the file was written by another major version of PostgreSQL";
	}
	return "unknown status";
}
