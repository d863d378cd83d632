#include "archive_block.h"

#include <stdio.h>
#include <string.h>

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.';
}

bool archive_name_is_safe(const char *name, size_t len)
{
	size_t folder = strlen(ARCHIVE_FOLDER);

	if (len == strlen(ARCHIVE_REPORT) && bytes_equal(name, ARCHIVE_REPORT, len))
		return true;
	if (len <= folder || len > ARCHIVE_NAME_MAX || !bytes_equal(name, ARCHIVE_FOLDER, folder) ||
		name[folder] == '.')
		return false;
	for (size_t i = folder; i < len; i++) {
		if (!name_character(name[i]))
			return false;
	}
	return true;
}

static void put_octal(uint8_t *at, int digits, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%0*llo", digits, (unsigned long long)value);
	memcpy(at, text, (size_t)digits);
}

unsigned archive_block_sum(const uint8_t block[ARCHIVE_BLOCK])
{
	unsigned sum = 0;

	for (size_t i = 0; i < ARCHIVE_BLOCK; i++)
		sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + CHECKSUM_LEN ? ' ' : block[i];
	return sum;
}

int archive_header(const char *name, uint64_t size, uint8_t ret_block[ARCHIVE_BLOCK])
{
	return archive_name_is_safe(name, strlen(name)) ? archive_header_below("", name, size, ret_block)
							: -1;
}

int archive_header_below(
	const char *folder, const char *name, uint64_t size, uint8_t ret_block[ARCHIVE_BLOCK])
{
	if (strlen(name) > ARCHIVE_NAME_MAX || strlen(folder) > ARCHIVE_FOLDER_MAX || size > ARCHIVE_SIZE_MAX)
		return -1;
	memset(ret_block, 0, ARCHIVE_BLOCK);
	memcpy(ret_block, name, strlen(name));
	memcpy(ret_block + AT_PREFIX, folder, strlen(folder));
	put_octal(ret_block + AT_MODE, 7, 0600);
	put_octal(ret_block + AT_UID, 7, 0);
	put_octal(ret_block + AT_GID, 7, 0);
	put_octal(ret_block + AT_SIZE, 11, size);
	put_octal(ret_block + AT_MTIME, 11, 0);
	ret_block[AT_TYPE] = '0';
	memcpy(ret_block + AT_MAGIC,
		"ustar\0"
		"00",
		8);
	put_octal(ret_block + AT_CHECKSUM, 6, archive_block_sum(ret_block));
	ret_block[AT_CHECKSUM + 7] = ' ';
	return 0;
}

size_t archive_padding(uint64_t size)
{
	return (size_t)((ARCHIVE_BLOCK - size % ARCHIVE_BLOCK) % ARCHIVE_BLOCK);
}

uint64_t archive_entry_len(uint64_t size)
{
	return ARCHIVE_BLOCK + size + archive_padding(size);
}
