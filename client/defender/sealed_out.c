#include "sealed_out.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int sealed_out_to(const char *path, char **ret_path, struct failure *failure)
{
	size_t size = strlen(path) + sizeof SEALED_OUT_TO;

	*ret_path = malloc(size);
	if (*ret_path == NULL)
		return failure_memory(failure);
	(void)snprintf(*ret_path, size, "%s%s", path, SEALED_OUT_TO);
	return 0;
}

static int is_there(struct failure *failure)
{
	return failure_set(failure, EX_CANTCREAT, "the file is there already: give --out another name");
}

static int cannot_write(struct failure *failure)
{
	return failure_set(
		failure, EX_CANTCREAT, "the sealed report can't be written: %s", error_words(errno));
}

/* Before the questions: what can't be written is said at once. */
static int check_free(const char *path, const char *to_path, struct failure *failure)
{
	struct stat there;

	return lstat(path, &there) == 0 || lstat(to_path, &there) == 0 ? is_there(failure) : 0;
}

static int put_bytes(void *owner, const uint8_t *bytes, size_t len, struct failure *failure)
{
	int fd = *(const int *)owner;

	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return cannot_write(failure);
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/* A stick may be pulled out as soon as the program has ended. */
static int sync_folder(const char *path, struct failure *failure)
{
	char *copy = strdup(path);
	int folder = copy == NULL ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	free(copy);
	rc = folder == -1 || fsync(folder) != 0 ? cannot_write(failure) : 0;
	if (folder != -1)
		(void)close(folder);
	return rc;
}

/* A new file; what isn't whole goes again. */
static int write_file(const char *path, int (*write_content)(int fd, void *context, struct failure *failure),
	void *context, struct failure *failure)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc;

	if (fd == -1)
		return errno == EEXIST ? is_there(failure) : cannot_write(failure);
	rc = write_content(fd, context, failure);
	if (rc == 0 && fsync(fd) != 0)
		rc = cannot_write(failure);
	(void)close(fd);
	if (rc != 0)
		(void)unlink(path);
	return rc;
}

static int write_to(int fd, void *context, struct failure *failure)
{
	const struct queued *entry = context;
	struct buffer text = buffer_of(SEALED_OUT_TO_MAX);
	char salt[SALT_HEX_SIZE];
	json_t *json;
	int rc;

	hex_encode(entry->destination.salt, SALT_BYTES, salt);
	json = json_pack("{s:s, s:s, s:s, s:I}", "desk", entry->destination.desk, "urgency",
		urgency_word(entry->destination.urgency), "salt", salt, "roster", (json_int_t)entry->roster);
	rc = json == NULL || json_put(json, &text) != 0 ? -1 : 0;
	buffer_put_string(&text, "\n");
	if (rc != 0 || buffer_ok(&text) != 0)
		rc = failure_memory(failure);
	else
		rc = put_bytes(&fd, text.data, text.len, failure);
	json_decref(json);
	buffer_free(&text);
	return rc;
}

struct content {
	struct sealing sealing;
	struct queued entry;
};

static int write_sealed(int fd, void *context, struct failure *failure)
{
	struct content *content = context;
	struct seal_outlet outlet = { put_bytes, &fd };

	return seal_stream(&content->sealing, &content->entry, &outlet, failure);
}

static int write_both(
	struct reporting *reporting, const char *path, const char *to_path, struct failure *failure)
{
	struct content content = { 0 };

	reporting_sealing(reporting, &content.sealing);
	if (write_file(path, write_sealed, &content, failure) != 0)
		return -1;
	if (write_file(to_path, write_to, &content.entry, failure) != 0) {
		(void)unlink(path);
		return -1;
	}
	memcpy(reporting->id, content.entry.id, sizeof reporting->id);
	return sync_folder(path, failure);
}

/* What never enters the queue takes no number that was made ahead. */
static int take_receipt(struct reporting *reporting, struct failure *failure)
{
	if (reporting->receipt != NULL)
		return 0;
	if (receipt_fresh(&reporting->receipt, failure) != 0)
		return -1;
	reporting->keys = receipt_keys_of(reporting->receipt->seed);
	return reporting->keys == NULL ? failure_memory(failure) : 0;
}

int seal_out(struct reporting *reporting, const char *path, struct failure *failure)
{
	char *to_path = NULL;
	bool is_first = reporting->receipt == NULL;
	int rc = -1;

	if (sealed_out_to(path, &to_path, failure) != 0 || check_free(path, to_path, failure) != 0 ||
		reporting_prepare(reporting, failure) != 0 || take_receipt(reporting, failure) != 0)
		goto cleanup;
	if (write_both(reporting, path, to_path, failure) != 0)
		goto cleanup;
	reporting_say_readers(reporting);
	if (is_first)
		reporting_say_receipt(reporting);
	say(reporting->invocation,
		"Nothing was sent. Both files have to travel; whoever carries them learns the desk and the "
		"urgency, and sends them with `%s carry FILE`.\n",
		reporting->invocation->program);
	rc = output_result(reporting->invocation,
		json_pack("{s:s, s:s}", "id", reporting->id, "receipt", reporting->receipt->number), failure);
cleanup:
	free(to_path);
	return rc;
}

static int is_malformed(struct failure *failure)
{
	return failure_set(
		failure, EX_DATAERR, "FILE.to isn't what `report --out' wrote: ask for both files again");
}

static int take_to(const struct buffer *text, struct queued *entry, struct failure *failure)
{
	struct destination *to = &entry->destination;
	json_t *json = NULL;
	const char *desk, *urgency;
	size_t desk_len, urgency_len;
	struct fault fault;
	int rc = -1;

	if (json_parse((const char *)text->data, text->len, SEALED_OUT_TO_MAX, &json, &fault) != 0 ||
		member_text(json, "desk", &desk, &desk_len) != 0 || name_of(desk, desk_len, to->desk) != 0 ||
		member_text(json, "urgency", &urgency, &urgency_len) != 0 ||
		urgency_of(urgency, urgency_len, &to->urgency) != 0 ||
		member_number(json, "roster", &entry->roster) != 0 || entry->roster == 0)
		goto cleanup;
	/* What the stock age sealed has no proof stanza and no salt. */
	entry->has_salt = json_object_get(json, "salt") != NULL;
	if (entry->has_salt && member_hex(json, "salt", to->salt, sizeof to->salt) != 0)
		goto cleanup;
	rc = 0;
cleanup:
	json_decref(json);
	return rc == 0 ? 0 : is_malformed(failure);
}

int sealed_out_read(const char *path, struct queued *entry, struct failure *failure)
{
	struct buffer text = buffer_of(SEALED_OUT_TO_MAX);
	char *to_path = NULL;
	int rc = sealed_out_to(path, &to_path, failure);

	if (rc == 0)
		rc = take_file(to_path, "FILE.to, which lies beside a sealed report,", SEALED_OUT_TO_MAX,
			&text, failure);
	if (rc == 0)
		rc = take_to(&text, entry, failure);
	buffer_free(&text);
	free(to_path);
	return rc;
}
