#include "proto/backup.h"

#include "proto/cursor.h"

#include <string.h>

static bool is_word(const char *word, size_t len)
{
	if (len == 0 || word[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = word[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' &&
			c != '_' && c != '.')
			return false;
	}
	return true;
}

bool backup_name_is_safe(const char *name, size_t len)
{
	struct reader reader = reader_of(name, len);
	const char *word = NULL;
	size_t word_len = 0;

	if (len == strlen(BACKUP_FIRST) && bytes_equal(name, BACKUP_FIRST, len))
		return true;
	if ((reader_literal(&reader, "daemon/") != 0 && reader_literal(&reader, "roster/") != 0) ||
		reader.left == 0 || name[len - 1] == '/')
		return false;
	while (reader_field(&reader, '/', &word, &word_len) == 0) {
		if (!is_word(word, word_len))
			return false;
	}
	return true;
}
