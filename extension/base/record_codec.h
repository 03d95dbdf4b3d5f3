/*
 * record_codec.h
 *	  The format of save files: header, bounded records, trailer with CRC.
 */
#ifndef CAL_BASE_RECORD_CODEC_H
#define CAL_BASE_RECORD_CODEC_H

#include "port/pg_crc32c.h"

#define CAL_RECORD_MAX		65536	/* longest payload, in bytes */

typedef enum CalRecordStatus
{
	CAL_RECORD_OK,
	CAL_RECORD_TOO_SHORT,
	CAL_RECORD_BAD_MAGIC,
	CAL_RECORD_BAD_LENGTH,
	CAL_RECORD_BAD_COUNT,
	CAL_RECORD_BAD_CRC,
	CAL_RECORD_WRONG_VERSION,
	CAL_RECORD_WRONG_SERVER
} CalRecordStatus;

/* takes the bytes of the file in order; false means that it could not */
typedef bool (*CalRecordSink) (void *arg, const void *data, size_t len);

typedef struct CalRecordWriter
{
	CalRecordSink sink;
	void	   *arg;
	uint64		count;			/* records written */
	uint64		bytes;			/* their size, with their headers */
	pg_crc32c	crc;			/* of all bytes so far */
	bool		failed;			/* the sink failed once: write no more */
} CalRecordWriter;

typedef struct CalRecordReader
{
	uint32		format;			/* as the writer named them */
	uint32		major;
	int64		saved_at;
	uint64		count;			/* records in the file */
	const uint8 *next;			/* the first record not handed out */
	const uint8 *end;			/* behind the last record */
} CalRecordReader;

/* data points into the file and is not aligned: copy it out with memcpy */
typedef struct CalRecord
{
	uint16		type;
	uint16		version;
	uint32		len;
	const uint8 *data;
} CalRecord;

extern bool cal_record_write_start(CalRecordWriter *w, CalRecordSink sink,
								   void *arg, uint32 format, uint32 major,
								   int64 saved_at);
extern bool cal_record_write(CalRecordWriter *w, uint16 type, uint16 version,
							 const void *data, size_t len);
extern bool cal_record_write_end(CalRecordWriter *w);

extern CalRecordStatus cal_record_open(CalRecordReader *r, const void *data,
									   size_t len);
extern CalRecordStatus cal_record_check(const CalRecordReader *r,
										uint32 format, uint32 major);
extern bool cal_record_next(CalRecordReader *r, CalRecord *out);
extern const char *cal_record_status_text(CalRecordStatus status);

#endif							/* CAL_BASE_RECORD_CODEC_H */
