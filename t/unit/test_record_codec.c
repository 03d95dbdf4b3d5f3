/*
 * test_record_codec.c
 *	  Tests of base/record_codec: what is written comes back, and nothing else
 *	  does.
 */
#include "c.h"

#include <stdlib.h>

#include "base/record_codec.h"
#include "tap.h"

#define FORMAT		3
#define MAJOR		15
#define SAVED_AT	INT64CONST(-712345678901234)

/* a file in memory, and how many bytes its disk has */
typedef struct File
{
	char	   *data;
	size_t		len;
	size_t		room;
}			File;

static char payload[CAL_RECORD_MAX + 1];

/*
 * A sink that fails when the disk is full.
 */
static bool
write_to(void *arg, const void *data, size_t len)
{
	File	   *file = arg;

	if (len > file->room - file->len)
		return false;
	memcpy(file->data + file->len, data, len);
	file->len += len;
	return true;
}

/*
 * An empty file.
 */
static File
new_file(size_t room)
{
	File		file = {malloc(Max(room, 1)), 0, room};

	return file;
}

/*
 * A small file with three records, one of them empty.
 */
static bool
write_small(File * file)
{
	CalRecordWriter w;

	cal_record_write_start(&w, write_to, file, FORMAT, MAJOR, SAVED_AT);
	cal_record_write(&w, 1, 2, "statement", 9);
	cal_record_write(&w, 7, 0, NULL, 0);
	cal_record_write(&w, 65535, 65535, payload, 33);
	return cal_record_write_end(&w);
}

/*
 * Opens a copy of its own size, so that ASan sees a read past its end, and
 * counts the records that come out.
 */
static CalRecordStatus
open_copy(const char *data, size_t len, int *records)
{
	CalRecordReader r;
	CalRecord	record;
	char	   *copy = malloc(Max(len, 1));
	CalRecordStatus status;

	memcpy(copy, data, len);
	status = cal_record_open(&r, copy, len);
	for (*records = 0; cal_record_next(&r, &record); ++*records)
		;
	free(copy);
	return status;
}

/*
 * What was written comes back.
 */
static void
test_round_trip(void)
{
	File		file = new_file(4096);
	CalRecordReader r;
	CalRecord	record;

	ok(write_small(&file), "a file is written");
	is_number(cal_record_open(&r, file.data, file.len), CAL_RECORD_OK,
			  "and can be opened");
	ok(r.format == FORMAT && r.major == MAJOR && r.saved_at == SAVED_AT &&
	   r.count == 3, "with what its header and trailer say");
	ok(cal_record_next(&r, &record) && record.type == 1 && record.version == 2 &&
	   record.len == 9 && memcmp(record.data, "statement", 9) == 0,
	   "the first record comes back");
	ok(cal_record_next(&r, &record) && record.type == 7 && record.version == 0 &&
	   record.len == 0, "the empty one too");
	ok(cal_record_next(&r, &record) && record.type == 65535 &&
	   record.version == 65535 && record.len == 33 &&
	   memcmp(record.data, payload, 33) == 0, "and the last");
	ok(!cal_record_next(&r, &record) && !cal_record_next(&r, &record),
	   "and then nothing more");

	is_number(cal_record_check(&r, FORMAT, MAJOR), CAL_RECORD_OK,
			  "the file suits who wrote it");
	is_number(cal_record_check(&r, FORMAT + 1, MAJOR), CAL_RECORD_WRONG_VERSION,
			  "but no other format");
	is_number(cal_record_check(&r, FORMAT, MAJOR + 1), CAL_RECORD_WRONG_SERVER,
			  "and no other server");
	free(file.data);
}

/*
 * The ends of what can be written.
 */
static void
test_limits(void)
{
	File		file = new_file(3 * CAL_RECORD_MAX);
	const uint32 too_long = CAL_RECORD_MAX + 8 + 10;
	CalRecordWriter w;
	CalRecordReader r;
	CalRecord	record;

	cal_record_write_start(&w, write_to, &file, FORMAT, MAJOR, SAVED_AT);
	ok(cal_record_write_end(&w) && file.len == 44 &&
	   cal_record_open(&r, file.data, file.len) == CAL_RECORD_OK &&
	   !cal_record_next(&r, &record), "a file without records is valid");

	file.len = 0;
	cal_record_write_start(&w, write_to, &file, FORMAT, MAJOR, SAVED_AT);
	ok(cal_record_write(&w, 1, 1, payload, CAL_RECORD_MAX),
	   "the longest record is taken");
	ok(!cal_record_write(&w, 1, 1, payload, CAL_RECORD_MAX + 1),
	   "a longer one is refused");
	ok(!cal_record_write(&w, 1, 1, payload, (size_t) 1 << 40),
	   "so is one whose length does not fit into the format");
	ok(cal_record_write_end(&w) &&
	   cal_record_open(&r, file.data, file.len) == CAL_RECORD_OK &&
	   r.count == 1 && cal_record_next(&r, &record) &&
	   record.len == CAL_RECORD_MAX &&
	   memcmp(record.data, payload, CAL_RECORD_MAX) == 0,
	   "which leaves the file as it was");

	/* a second record, which the first then claims for itself */
	file.len = 0;
	cal_record_write_start(&w, write_to, &file, FORMAT, MAJOR, SAVED_AT);
	cal_record_write(&w, 1, 1, payload, CAL_RECORD_MAX);
	cal_record_write(&w, 1, 1, payload, 10);
	cal_record_write_end(&w);
	memcpy(file.data + 28, &too_long, 4);
	is_number(cal_record_open(&r, file.data, file.len), CAL_RECORD_BAD_LENGTH,
			  "a record that is too long is refused, though it fits the file");
	free(file.data);
}

/*
 * A disk that is full after any number of bytes spoils the file for good.
 */
static void
test_full_disk(void)
{
	File		file = new_file(4096);
	size_t		whole;
	int			wrong = 0;
	int			records;

	write_small(&file);
	whole = file.len;
	for (file.room = 0; file.room < whole; file.room++)
	{
		file.len = 0;
		wrong += write_small(&file);
		wrong += open_copy(file.data, file.len, &records) == CAL_RECORD_OK;
		wrong += records != 0;
	}
	is_number(wrong, 0, "a disk that fills up is noticed, at each byte");
	file.len = 0;
	ok(write_small(&file), "and one that just suffices is not");
	free(file.data);
}

/*
 * A damaged file gives no record at all.
 */
static void
test_damage(void)
{
	File		file = new_file(4096);
	int			wrong = 0;
	int			records;
	size_t		whole;

	write_small(&file);
	whole = file.len;
	for (size_t len = 0; len < whole; len++)
		wrong += open_copy(file.data, len, &records) == CAL_RECORD_OK ||
			records != 0;
	is_number(wrong, 0, "a file that was cut is refused, at each byte");

	for (size_t bit = 0; bit < 8 * whole; bit++)
	{
		file.data[bit / 8] ^= (char) (1 << (bit % 8));
		wrong += open_copy(file.data, whole, &records) == CAL_RECORD_OK ||
			records != 0;
		file.data[bit / 8] ^= (char) (1 << (bit % 8));
	}
	is_number(wrong, 0, "a file with one wrong bit is refused, at each bit");

	memset(file.data + whole, 0, 64);
	for (size_t more = 1; more <= 64; more++)
		wrong += open_copy(file.data, whole + more, &records) == CAL_RECORD_OK ||
			records != 0;
	is_number(wrong, 0, "a file with bytes behind its end is refused");
	ok(open_copy(file.data, whole, &records) == CAL_RECORD_OK && records == 3,
	   "while the file itself is valid");
	free(file.data);
}

/*
 * Rewrites one number of a file and its checksum, as an attacker would, and
 * opens it.
 */
static CalRecordStatus
open_forged(size_t offset, const void *number, size_t size)
{
	File		file = new_file(4096);
	CalRecordStatus status;
	pg_crc32c	crc;
	int			records;

	write_small(&file);
	memcpy(file.data + (offset < 4096 ? offset : file.len + offset), number,
		   size);
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, file.data, file.len - 4);
	FIN_CRC32C(crc);
	memcpy(file.data + file.len - 4, &crc, 4);
	status = open_copy(file.data, file.len, &records);
	free(file.data);
	if (status != CAL_RECORD_OK && records != 0)
		return CAL_RECORD_OK;	/* which no caller takes for a refusal */
	return status;
}

/*
 * Lengths and counts that lie, under a checksum that does not.
 */
static void
test_forged(void)
{
	static const uint32 lengths[] = {8, 10, 65536, 65537, 0x7FFFFFFF,
	0xFFFFFFF8, 0xFFFFFFFF};
	const uint32 swallows_next = 9 + 8;
	const uint64 count = 4;
	const uint64 bytes = PG_UINT64_MAX;
	const uint32 same = 9;
	int			accepted = 0;

	is_number(open_forged(28, &same, 4), CAL_RECORD_OK,
			  "the checksum is forged well");
	for (size_t i = 0; i < lengthof(lengths); i++)
		accepted += open_forged(28, &lengths[i], 4) != CAL_RECORD_BAD_LENGTH;
	for (uint32 len = 26; len < 33 + 20; len++)
		accepted += len != 33 &&
			open_forged(53, &len, 4) != CAL_RECORD_BAD_LENGTH;
	is_number(accepted, 0, "a length that lies is refused");
	is_number(open_forged(28, &swallows_next, 4), CAL_RECORD_BAD_COUNT,
			  "one that swallows the next record too");
	is_number(open_forged((size_t) -20, &count, 8), CAL_RECORD_BAD_COUNT,
			  "a count that lies is refused");
	is_number(open_forged((size_t) -12, &bytes, 8), CAL_RECORD_BAD_LENGTH,
			  "a size that lies is refused");
	is_number(open_forged(0, "PGCALIPS", 8), CAL_RECORD_BAD_MAGIC,
			  "another magic is refused");
}

/*
 * Each status can be told to the administrator.
 */
static void
test_status(void)
{
	const char *unknown = cal_record_status_text((CalRecordStatus) 99);
	int			missing = 0;

	for (int i = CAL_RECORD_OK; i <= CAL_RECORD_WRONG_SERVER; i++)
		missing += strcmp(cal_record_status_text(i), unknown) == 0;
	is_number(missing, 0, "each status has a text");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (char) tap_random();
	test_round_trip();
	test_limits();
	test_full_disk();
	test_damage();
	test_forged();
	test_status();
	return tap_done();
}
