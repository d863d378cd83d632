#include "receipt_input.h"

#include "client/terminal.h"

#include <sodium.h>
#include <string.h>

static int read_receipt_file(const char *path, char **ret_text, struct failure *failure)
{
	struct buffer text = buffer_of(VALUE_MAX);
	char *copy;
	int rc = take_file(path, "the receipt's file", VALUE_MAX, &text, failure);

	if (rc == 0 && (copy = sodium_malloc(text.len + 1)) == NULL)
		rc = failure_memory(failure);
	if (rc == 0) {
		const char *end = text.len == 0 ? NULL : memchr(text.data, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)((const uint8_t *)end - text.data);

		if (len > 0)
			memcpy(copy, text.data, len);
		copy[len] = '\0';
		*ret_text = copy;
	}
	buffer_free(&text);
	return rc;
}

/* Checked for typing errors before anything is derived or asked. */
static int take_receipt(
	const struct invocation *invocation, char ret_number[RECEIPT_SIZE], struct failure *failure)
{
	const char *path = arguments_option(invocation->arguments, "receipt-file");
	struct fault fault;
	char *text = NULL;
	int rc = path == NULL ? ask_secret("Receipt number (it isn't shown): ", "give --receipt-file", &text,
					failure)
		 : strcmp(path, "-") == 0 ? take_value("-", "the receipt number", &text, failure)
					  : read_receipt_file(path, &text, failure);

	if (rc == 0 && receipt_parse(text, strlen(text), ret_number, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	sodium_free(text);
	return rc;
}

int receipt_ask(const struct invocation *invocation, struct receipt_ahead **ret_receipt,
	struct receipt_keys **ret_keys, struct failure *failure)
{
	struct receipt_ahead *receipt = sodium_malloc(sizeof *receipt);
	struct receipt_keys *keys = NULL;
	int rc = -1;

	if (receipt == NULL)
		return failure_memory(failure);
	if (take_receipt(invocation, receipt->number, failure) != 0)
		goto cleanup;
	if (receipt_stretch(receipt->number, receipt->seed) != 0 ||
		(keys = receipt_keys_of(receipt->seed)) == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	*ret_keys = keys;
	*ret_receipt = receipt;
	receipt = NULL;
	rc = 0;
cleanup:
	sodium_free(receipt);
	return rc;
}
