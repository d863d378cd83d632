#include "options.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/cursor.h"
#include "proto/text.h"

#include <string.h>

int option_number(const char *text, const char *what, uint64_t min, uint64_t max, uint64_t *ret_number,
	struct failure *failure)
{
	struct reader reader = reader_of(text, strlen(text));
	uint64_t number = 0;

	if (reader_decimal(&reader, &number) != 0 || reader_end(&reader) != 0 || number < min || number > max)
		return failure_set(failure, EX_USAGE, "%s must be a number from %llu to %llu", what,
			(unsigned long long)min, (unsigned long long)max);
	*ret_number = number;
	return 0;
}

int option_name(const char *text, const char *what, char ret_name[NAME_SIZE], struct failure *failure)
{
	if (name_of(text, strlen(text), ret_name) == 0)
		return 0;
	return failure_set(failure, EX_DATAERR,
		"%s is no name: take 1 to %d of a-z, 0-9 and -, and begin with a letter or digit", what,
		NAME_MAX_CHARS);
}

int option_title(const char *text, const char *what, size_t max, char *ret_title, struct failure *failure)
{
	size_t len = strlen(text);

	if (!text_is_title(text, len, max))
		return failure_set(failure, EX_DATAERR,
			"%s must be one line of 1 to %zu bytes, without spaces around it", what, max);
	memcpy(ret_title, text, len + 1);
	return 0;
}

int option_card(const struct invocation *invocation, struct card *ret_card, struct failure *failure)
{
	struct buffer text = buffer_of(CARD_MAX + 1);
	struct fault fault;
	int rc = -1;

	if (take_file(arguments_operand(invocation->arguments, 0), "the card", CARD_MAX, &text, failure) != 0)
		goto cleanup;
	if (card_parse((const char *)text.data, text.len, ret_card, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	rc = 0;
cleanup:
	buffer_free(&text);
	return rc;
}

int say_card(const struct invocation *invocation, const struct card *card, struct failure *failure)
{
	char fingerprint[CARD_FINGERPRINT_SIZE];

	if (card_fingerprint(card, fingerprint) != 0)
		return failure_memory(failure);
	say(invocation, "The card of %s: compare with her by voice that it is %s\n", card->name, fingerprint);
	return 0;
}
