#include "client/folding.h"

#include "code_point.h"
#include "folding_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Hangul syllables are computed (Unicode, 3.12). */
#define HANGUL_FIRST    0xAC00
#define HANGUL_COUNT    11172
#define HANGUL_LEADING  0x1100
#define HANGUL_VOWEL    0x1161
#define HANGUL_TRAILING 0x11A7
#define HANGUL_VOWELS   21
#define HANGUL_TRAILS   28

struct folded {
	uint32_t *points;
	size_t count, room;
};

/* The row of a point in a table whose rows begin with theirs, or NULL. */
static const void *find_row(const void *table, size_t count, size_t row_size, uint32_t point)
{
	const uint8_t *rows = table;
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		uint32_t found;

		memcpy(&found, rows + middle * row_size, sizeof found);
		if (found == point)
			return rows + middle * row_size;
		if (found < point)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static unsigned combining_class(uint32_t point)
{
	const struct folding_class *row =
		find_row(folding_classes, folding_class_count, sizeof *folding_classes, point);

	return row == NULL ? 0 : row->combining;
}

bool is_combining(uint32_t point)
{
	return combining_class(point) != 0;
}

/* A mark goes before those of a higher class that it follows; blanks come one at a time, and none first. */
static void put(struct folded *folded, uint32_t point)
{
	unsigned class = combining_class(point);
	size_t at = folded->count;

	if (point == ' ' && (at == 0 || folded->points[at - 1] == ' '))
		return;
	for (; class != 0 && at > 0 && combining_class(folded->points[at - 1]) > class; at--)
		folded->points[at] = folded->points[at - 1];
	folded->points[at] = point;
	folded->count++;
}

static void put_hangul(struct folded *folded, uint32_t syllable)
{
	uint32_t trailing = syllable % HANGUL_TRAILS;

	put(folded, HANGUL_LEADING + syllable / (HANGUL_VOWELS * HANGUL_TRAILS));
	put(folded, HANGUL_VOWEL + syllable / HANGUL_TRAILS % HANGUL_VOWELS);
	if (trailing != 0)
		put(folded, HANGUL_TRAILING + trailing);
}

static void put_folded(struct folded *folded, uint32_t point)
{
	const struct folding_row *row;

	if (point >= HANGUL_FIRST && point < HANGUL_FIRST + HANGUL_COUNT) {
		put_hangul(folded, point - HANGUL_FIRST);
		return;
	}
	row = find_row(folding_rows, folding_row_count, sizeof *folding_rows, point);
	if (row == NULL) {
		put(folded, point);
		return;
	}
	for (size_t at = 0; at < FOLDING_LONGEST && row->becomes[at] != 0; at++)
		put(folded, row->becomes[at]);
}

static void folded_free(struct folded *folded)
{
	if (folded->points != NULL)
		sodium_memzero(folded->points, folded->room * sizeof *folded->points);
	free(folded->points);
	folded->points = NULL;
}

/* -1 where it is like no other word. */
static int fold(const char *text, struct folded *ret_folded)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t len = strlen(text);
	struct folded folded = { .room = (len + 1) * FOLDING_LONGEST };
	uint32_t point;

	if (len > FOLDING_MAX)
		return -1;
	folded.points = calloc(folded.room, sizeof *folded.points);
	if (folded.points == NULL)
		return -1;
	for (size_t at = 0, used; at < len; at += used) {
		used = code_point_read(bytes + at, len - at, &point);
		if (point == CODE_POINT_NONE) {
			folded_free(&folded);
			return -1;
		}
		put_folded(&folded, point);
	}
	if (folded.count > 0 && folded.points[folded.count - 1] == ' ')
		folded.count--;
	*ret_folded = folded;
	return 0;
}

bool words_alike(const char *one, const char *other)
{
	struct folded left = { 0 }, right = { 0 };
	bool are_alike = fold(one, &left) == 0 && fold(other, &right) == 0 && left.count > 0 &&
			 left.count == right.count &&
			 sodium_memcmp(left.points, right.points, left.count * sizeof *left.points) == 0;

	folded_free(&left);
	folded_free(&right);
	return are_alike;
}
