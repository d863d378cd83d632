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

/* What people meet: why, and what to do. A failure's `what went wrong: ` stands before it. */
static const struct {
	int number;
	const char *words;
} errors[] = {
	{ EPERM, "this isn't permitted, use another folder or ask whoever runs the machine" },
	{ ENOENT, "there is no such file or folder, look at its name" },
	{ EIO, "the disk doesn't work, use another one" },
	{ ENXIO, "there is no such device, look at its name" },
	{ ENOMEM, "memory ran out, close other programs and try again" },
	{ EACCES, "it isn't yours to use, look at its owner and its rights" },
	{ EBUSY, "another program uses it, end that one and try again" },
	{ EEXIST, "it is there already, give another name" },
	{ ENODEV, "the device isn't there, look at its name" },
	{ ENOTDIR, "a part of its path is no folder, look at its name" },
	{ EISDIR, "it is a folder, give a file" },
	{ EINVAL, "the disk can't do that, use another one" },
	{ ENFILE, "too many files are open on this machine, close other programs and try again" },
	{ EMFILE, "too many files are open, try again with fewer" },
	{ ETXTBSY, "it is a program that runs, end that and try again" },
	{ EFBIG, "it is too large for this disk, use another one" },
	{ ENOSPC, "the disk is full, make room and try again" },
	{ EROFS, "the disk can only be read, use another one" },
	{ EMLINK, "it has too many links, use another folder" },
	{ ENAMETOOLONG, "its name is too long, give a shorter one" },
	{ ENOTEMPTY, "the folder isn't empty, use another one" },
	{ ELOOP, "its links lead in a circle, give its real name" },
	{ ESTALE, "the file server has lost it, try again" },
	{ EDQUOT, "your share of the disk is full, make room and try again" },
};

const char *error_words(int number)
{
	for (size_t at = 0; at < COUNT_OF(errors); at++)
		if (errors[at].number == number)
			return translated(errors[at].words);
	return strerror(number);
}
