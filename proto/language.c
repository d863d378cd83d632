#include "proto/language.h"

#include "proto/base.h"

#include <errno.h>
#include <string.h>

static const struct language *offered;
static size_t offered_count;
static const struct language *in_use;

void languages_offer(const struct language *languages, size_t count)
{
	offered = languages;
	offered_count = count;
}

const struct language *languages_offered(size_t *ret_count)
{
	*ret_count = offered_count;
	return offered;
}

void language_use(const struct language *language)
{
	in_use = language;
}

const char *language_code(void)
{
	return in_use == NULL ? "en" : in_use->code;
}

/* One by one: some hundred comparisons for a sentence that a person reads. */
static const char *find(const char *text)
{
	for (size_t at = 0; in_use != NULL && at < in_use->count; at++)
		if (strcmp(in_use->translations[at].text, text) == 0)
			return in_use->translations[at].forms;
	return NULL;
}

bool language_is_from_right(void)
{
	static const char *const codes[] = { "ar", "fa", "he", "ps", "ur" };
	const char *code = language_code();

	for (size_t at = 0; at < COUNT_OF(codes); at++)
		if (strncmp(code, codes[at], 2) == 0 && (code[2] == '\0' || code[2] == '-'))
			return true;
	return false;
}

const char *translated(const char *text)
{
	const char *found = find(text);

	return found == NULL ? text : found;
}

const char *translated_count(const char *one, const char *many, unsigned long number)
{
	const char *form = find(one);

	if (form == NULL)
		return number == 1 ? one : many;
	for (size_t at = in_use->form_of(number); at > 0; at--)
		form += strlen(form) + 1;
	return form;
}

/* What people meet, in the words of the C library. */
static const struct {
	int number;
	const char *words;
} errors[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ EIO, "Input/output error" },
	{ ENXIO, "No such device or address" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EACCES, "Permission denied" },
	{ EBUSY, "Device or resource busy" },
	{ EEXIST, "File exists" },
	{ ENODEV, "No such device" },
	{ ENOTDIR, "Not a directory" },
	{ EISDIR, "Is a directory" },
	{ EINVAL, "Invalid argument" },
	{ ENFILE, "Too many open files in system" },
	{ EMFILE, "Too many open files" },
	{ ETXTBSY, "Text file busy" },
	{ EFBIG, "File too large" },
	{ ENOSPC, "No space left on device" },
	{ EROFS, "Read-only file system" },
	{ EMLINK, "Too many links" },
	{ ENAMETOOLONG, "File name too long" },
	{ ENOTEMPTY, "Directory not empty" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ ESTALE, "Stale file handle" },
	{ EDQUOT, "Disk quota exceeded" },
};

const char *error_words(int number)
{
	for (size_t at = 0; at < COUNT_OF(errors); at++)
		if (errors[at].number == number)
			return translated(errors[at].words);
	return strerror(number);
}
