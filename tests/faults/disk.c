#include "disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR    512
#define NAMES_MAX 32

struct image {
	uint8_t *data;
	size_t len;
};

struct entry {
	char name[RECORD_NAME_SIZE];
	unsigned file;
};

struct platter {
	struct image files[RECORD_FILES_MAX];
	struct entry names[NAMES_MAX];
	unsigned name_count;
};

struct disk {
	const struct record *records;
	size_t count, at;
	size_t settled; /* every record before it is durable */
	bool *is_durable;
	struct platter durable;
};

/* How a cut treats what no sync came after. */
enum manner {
	MANNER_LOST,  /* all of it */
	MANNER_THERE, /* all of it is there: the machine's memory was written, as after kill -9 */
	MANNER_SOME,  /* some writes and names */
	MANNER_TORN,  /* some sectors of some writes */
	MANNER_UNTIL, /* everything up to one write, which is torn */
	MANNER_ZEROS, /* some sectors; where files grew, zeros for the rest */
	MANNER_JUNK,  /* some sectors; where files grew, anything for the rest */
	MANNERS
};

uint64_t chance_next(uint64_t *chance)
{
	uint64_t mixed = *chance += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

static void need(bool ok)
{
	if (!ok) {
		fputs("disk: no room, or the folder can't be written\n", stderr);
		abort();
	}
}

static void resize(struct image *image, size_t len)
{
	uint8_t *data = realloc(image->data, len == 0 ? 1 : len);

	need(data != NULL);
	image->data = data;
	if (len > image->len)
		memset(data + image->len, 0, len - image->len);
	image->len = len;
}

static void put(struct image *image, uint64_t at, const uint8_t *data, size_t len)
{
	if (at + len > image->len)
		resize(image, at + len);
	memcpy(image->data + at, data, len);
}

static void unname(struct platter *platter, const char *name)
{
	for (unsigned i = 0; i < platter->name_count; i++) {
		if (strcmp(platter->names[i].name, name) == 0) {
			platter->names[i] = platter->names[--platter->name_count];
			return;
		}
	}
}

static void apply(struct platter *platter, const struct record *record)
{
	switch (record->deed) {
	case DEED_WRITE:
		put(&platter->files[record->file], record->at, record->data, record->len);
		break;
	case DEED_RESIZE:
		resize(&platter->files[record->file], record->at);
		break;
	case DEED_UNNAME:
		unname(platter, record->name);
		break;
	case DEED_NAME:
		unname(platter, record->name);
		need(platter->name_count < NAMES_MAX);
		memcpy(platter->names[platter->name_count].name, record->name, RECORD_NAME_SIZE);
		platter->names[platter->name_count++].file = record->file;
		break;
	default:
		break;
	}
}

static bool is_of_folder(const struct record *record)
{
	return record->deed == DEED_NAME || record->deed == DEED_UNNAME;
}

static bool is_of_file(const struct record *record)
{
	return record->deed == DEED_WRITE || record->deed == DEED_RESIZE;
}

struct disk *disk_new(const struct record *records, size_t count)
{
	struct disk *disk = calloc(1, sizeof *disk);

	need(disk != NULL);
	disk->records = records;
	disk->count = count;
	disk->is_durable = calloc(count + 1, sizeof *disk->is_durable);
	need(disk->is_durable != NULL);
	return disk;
}

static void platter_free(struct platter *platter)
{
	for (size_t i = 0; i < RECORD_FILES_MAX; i++)
		free(platter->files[i].data);
}

void disk_free(struct disk *disk)
{
	if (disk == NULL)
		return;
	platter_free(&disk->durable);
	free(disk->is_durable);
	free(disk);
}

/* A sync at `at`. */
static void settle(struct disk *disk, size_t at)
{
	const struct record *sync = &disk->records[at];

	for (size_t i = disk->settled; i < at; i++) {
		const struct record *record = &disk->records[i];

		if (!disk->is_durable[i] &&
			(sync->deed == DEED_SYNC ? is_of_file(record) && record->file == sync->file
						 : is_of_folder(record))) {
			apply(&disk->durable, record);
			disk->is_durable[i] = true;
		}
	}
	while (disk->settled < at &&
		(disk->is_durable[disk->settled] || !(is_of_file(&disk->records[disk->settled]) ||
							    is_of_folder(&disk->records[disk->settled]))))
		disk->settled++;
}

void disk_go(struct disk *disk, size_t at)
{
	for (; disk->at < at && disk->at < disk->count; disk->at++)
		if (disk->records[disk->at].deed == DEED_SYNC ||
			disk->records[disk->at].deed == DEED_SYNC_FOLDER)
			settle(disk, disk->at);
}

/* --- a cut */

static void tear(struct image *image, const struct record *record, enum manner manner, uint64_t *chance)
{
	uint64_t end = record->at + record->len, at = record->at;

	if ((manner == MANNER_ZEROS || manner == MANNER_JUNK) && end > image->len) {
		size_t before = image->len;

		resize(image, end);
		for (size_t i = before; manner == MANNER_JUNK && i < end; i++)
			image->data[i] = (uint8_t)chance_next(chance);
	}
	while (at < end) {
		uint64_t until = (at / SECTOR + 1) * SECTOR;

		if (until > end)
			until = end;
		if ((chance_next(chance) & 1) != 0)
			put(image, at, record->data + (at - record->at), until - at);
		at = until;
	}
}

static void cut_record(
	struct platter *platter, const struct record *record, enum manner manner, uint64_t *chance)
{
	bool is_there = (chance_next(chance) & 1) != 0;

	if (manner == MANNER_THERE)
		is_there = true;
	if (manner == MANNER_LOST)
		return;
	if (record->deed == DEED_WRITE && manner != MANNER_SOME && manner != MANNER_THERE)
		tear(&platter->files[record->file], record, manner, chance);
	else if (is_there)
		apply(platter, record);
}

static void write_out(const struct platter *platter)
{
	for (unsigned i = 0; i < platter->name_count; i++) {
		const struct image *image = &platter->files[platter->names[i].file];
		int fd = open(platter->names[i].name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		need(fd >= 0);
		for (size_t done = 0; done < image->len;) {
			ssize_t put_now = write(fd, image->data + done, image->len - done);

			need(put_now > 0);
			done += (size_t)put_now;
		}
		close(fd);
	}
}

static size_t count_open(const struct disk *disk)
{
	size_t count = 0;

	for (size_t i = disk->settled; i < disk->at; i++)
		count += !disk->is_durable[i] &&
			 (is_of_file(&disk->records[i]) || is_of_folder(&disk->records[i]));
	return count;
}

static void copy(struct platter *out, const struct platter *in)
{
	*out = *in;
	for (size_t i = 0; i < RECORD_FILES_MAX; i++) {
		out->files[i] = (struct image){ .data = NULL };
		if (in->files[i].data != NULL)
			put(&out->files[i], 0, in->files[i].data, in->files[i].len);
	}
}

void disk_cut(const struct disk *disk, uint64_t chance)
{
	struct platter *platter = malloc(sizeof *platter);
	enum manner manner = (enum manner)(chance_next(&chance) % MANNERS);
	size_t undecided = count_open(disk);
	size_t until = undecided == 0 ? 0 : chance_next(&chance) % undecided, met = 0;

	need(platter != NULL);
	copy(platter, &disk->durable);
	for (size_t i = disk->settled; i < disk->at; i++) {
		const struct record *record = &disk->records[i];
		enum manner now = manner;

		if (disk->is_durable[i] || !(is_of_file(record) || is_of_folder(record)))
			continue;
		if (manner == MANNER_UNTIL)
			now = met < until ? MANNER_THERE : met == until ? MANNER_TORN : MANNER_LOST;
		met++;
		if (record->with_next && i + 1 < disk->at) {
			/* a rename: both names, or neither */
			bool is_there = now == MANNER_THERE ||
					(now != MANNER_LOST && (chance_next(&chance) & 1) != 0);

			if (is_there) {
				apply(platter, record);
				apply(platter, record + 1);
			}
			i++;
			met++;
			continue;
		}
		if (!record->with_next)
			cut_record(platter, record, now, &chance);
	}
	write_out(platter);
	platter_free(platter);
	free(platter);
}
