/* What a power cut may leave of recorded deeds. What a sync came after is there. Of the rest, any part: each
 * write may be lost, there, or torn between sectors of 512 bytes, whatever came after it; a file may have
 * grown and hold zeros, or what lay on the disk before, where the lost bytes would be; a name may be there or
 * not. */
#ifndef TESTS_DISK_H
#define TESTS_DISK_H

#include "record.h"

struct disk;

struct disk *disk_new(const struct record *records, size_t count);
void disk_free(struct disk *disk);

/* To just before record `at`, never back. */
void disk_go(struct disk *disk, size_t at);
/* Writes one of the states that a cut here may leave into the working folder, which is empty. `chance` makes
 * it the same again. */
void disk_cut(const struct disk *disk, uint64_t chance);

/* The next number of a sequence. */
uint64_t chance_next(uint64_t *chance);

#endif
