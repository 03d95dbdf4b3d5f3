/*
 * fuzz_record_codec.c
 *	  Any file: opening it must be safe; a file that is valid must come out of
 *	  the writer again, byte for byte.
 *
 * Input: the file.  Since no fuzzer guesses a checksum, each input is tried as
 * it stands, and once more with the checksum put right.
 */
#include "c.h"

#include "base/record_codec.h"
#include "fuzz.h"

typedef struct Copy
{
	const uint8 *data;
	size_t		len;
	size_t		pos;
} Copy;

/*
 * A sink that compares instead of writing.
 */
static bool
compare(void *arg, const void *data, size_t len)
{
	Copy	   *copy = arg;

	FUZZ_CHECK(len <= copy->len - copy->pos);
	FUZZ_CHECK(memcmp(copy->data + copy->pos, data, len) == 0);
	copy->pos += len;
	return true;
}

/*
 * Opens a file and writes its records again.
 */
static void
try_file(const uint8 *data, size_t size)
{
	Copy		copy = {data, size, 0};
	CalRecordReader r;
	CalRecordWriter w;
	CalRecord	record;
	CalRecordStatus status = cal_record_open(&r, data, size);

	FUZZ_CHECK(cal_record_status_text(status) != NULL);
	if (status != CAL_RECORD_OK)
	{
		FUZZ_CHECK(!cal_record_next(&r, &record));
		return;
	}
	cal_record_write_start(&w, compare, &copy, r.format, r.major, r.saved_at);
	while (cal_record_next(&r, &record))
		FUZZ_CHECK(cal_record_write(&w, record.type, record.version,
									record.data, record.len));
	FUZZ_CHECK(w.count == r.count);
	FUZZ_CHECK(cal_record_write_end(&w) && copy.pos == size);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	uint8	   *forged;
	pg_crc32c	crc;

	try_file(data, size);
	if (size < sizeof(crc))
		return 0;

	forged = malloc(size);
	memcpy(forged, data, size);
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, forged, size - sizeof(crc));
	FIN_CRC32C(crc);
	memcpy(forged + size - sizeof(crc), &crc, sizeof(crc));
	try_file(forged, size);
	free(forged);
	return 0;
}
