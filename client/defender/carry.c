/* `clarion carry`: sends a report that somebody else sealed. It goes through this home's queue, so that it
 * isn't lost, is resumed where it stopped, and is there once. */
#include "client/output.h"
#include "client/progress.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "reporting.h"
#include "sealed_out.h"
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES                                                                                           \
	(1024 * 1024) /* big reads: evidence is long. At least a header, which is looked at whole */

struct carrying {
	int fd;
	uint8_t *bytes; /* READ_BYTES */
	struct sha256 *hash;
	struct vault_writer *writer; /* NULL while it is only looked at */
	struct queued seen;
};

static int take_some(struct carrying *carrying, size_t *ret_len, struct failure *failure)
{
	size_t len = 0;

	while (len < READ_BYTES) {
		ssize_t got = read(carrying->fd, carrying->bytes + len, READ_BYTES - len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return failure_set(failure, EX_NOINPUT, "the sealed report can't be read: %s",
				error_words(errno));
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

/* What isn't sealed never leaves this device by mistake. */
static int check_sealed(const struct carrying *carrying, size_t len, struct failure *failure)
{
	struct age_header *header = NULL;
	struct proof proof;
	struct fault fault;
	bool is_short, has_proof = false;
	int rc;

	if (age_header_parse(carrying->bytes, len, &header, &is_short, &fault) != 0 ||
		age_stanza_is(&header->stanzas[0], "scrypt") || proof_find(header, &proof, &has_proof) != 0)
		rc = failure_set(failure, EX_DATAERR,
			"this isn't a sealed report, and nothing was sent: seal it with `report --out' "
			"first");
	else if (has_proof != carrying->seen.has_salt)
		rc = failure_set(failure, EX_DATAERR,
			"FILE.to doesn't belong to this report: ask for both files again");
	else
		rc = 0;
	age_header_free(header);
	return rc;
}

/* Through the whole file once: looked at, hashed, and (with a writer) taken into the vault. */
static int read_through(struct carrying *carrying, struct failure *failure)
{
	uint8_t digest[SHA256_BYTES];
	size_t len;

	sha256_free(carrying->hash);
	carrying->hash = sha256_new();
	carrying->seen.length = 0;
	if (carrying->hash == NULL)
		return failure_memory(failure);
	if (lseek(carrying->fd, 0, SEEK_SET) != 0)
		return failure_set(
			failure, EX_NOINPUT, "the sealed report can't be read: %s", error_words(errno));
	do {
		if (take_some(carrying, &len, failure) != 0 ||
			(carrying->seen.length == 0 && check_sealed(carrying, len, failure) != 0))
			return -1;
		if (sha256_update(carrying->hash, carrying->bytes, len) != 0)
			return failure_memory(failure);
		if (carrying->writer != NULL &&
			vault_writer_put(carrying->writer, carrying->bytes, len, failure) != 0)
			return -1;
		carrying->seen.length += len;
	} while (len == READ_BYTES);
	if (sha256_final(carrying->hash, digest) != 0)
		return failure_memory(failure);
	hex_encode(digest, sizeof digest, carrying->seen.id);
	return 0;
}

static int open_sealed(struct carrying *carrying, const char *path, struct failure *failure)
{
	struct stat stat;

	carrying->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (carrying->fd == -1 || fstat(carrying->fd, &stat) != 0)
		return failure_set(
			failure, EX_NOINPUT, "the sealed report can't be opened: %s", error_words(errno));
	if (!S_ISREG(stat.st_mode))
		return failure_set(failure, EX_DATAERR, "the sealed report isn't a file: give its name");
	carrying->bytes = malloc(READ_BYTES);
	return carrying->bytes == NULL ? failure_memory(failure) : 0;
}

static const struct queued *find_queued(const struct queue *queue, const char *id)
{
	for (size_t at = 0; at < queue_count(queue); at++)
		if (strcmp(queue_at(queue, at)->id, id) == 0)
			return queue_at(queue, at);
	return NULL;
}

static int fill(
	struct carrying *carrying, struct session *session, struct queued *entry, struct failure *failure)
{
	char before[ID_SIZE];

	memcpy(before, carrying->seen.id, sizeof before);
	if (vault_writer_new(session->vault, entry->payload, &carrying->writer, failure) != 0 ||
		read_through(carrying, failure) != 0 || vault_writer_end(carrying->writer, failure) != 0)
		return -1;
	if (strcmp(before, carrying->seen.id) != 0)
		return failure_set(failure, EX_DATAERR,
			"the sealed report changes while it is read: copy it "
			"first, then carry the copy");
	memcpy(entry->id, carrying->seen.id, sizeof entry->id);
	entry->length = carrying->seen.length;
	entry->roster = carrying->seen.roster;
	entry->destination = carrying->seen.destination;
	entry->has_salt = carrying->seen.has_salt;
	return queue_ready(session->queue, entry, failure);
}

/* Into the queue, unless it is there since an earlier try. */
static int take_in(struct carrying *carrying, struct session *session, const struct queued **ret_entry,
	struct failure *failure)
{
	struct queued *entry;
	struct failure ignored;

	*ret_entry = find_queued(session->queue, carrying->seen.id);
	if (*ret_entry != NULL)
		return 0;
	if (queue_add(session->queue, &entry, failure) != 0)
		return -1;
	if (fill(carrying, session, entry, failure) == 0) {
		*ret_entry = entry;
		return 0;
	}
	if (queue_drop(session->queue, entry, &ignored) != 0)
		*ret_entry = NULL; /* the next queue_load drops what isn't ready */
	return -1;
}

static int deliver(struct reporting *reporting, const struct queued *entry, struct failure *failure)
{
	struct failure ignored;
	bool show;
	int rc;

	memcpy(reporting->id, entry->id, sizeof reporting->id);
	rc = reporting_deliver(reporting, entry, &show, failure);
	if (rc == 0)
		say(reporting->invocation,
			"The server has it, and has signed that. You can destroy both files.\n");
	if (show && reporting_answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	return rc;
}

int run_carry(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation };
	struct carrying carrying = { .fd = -1 };
	const char *path = arguments_operand(invocation->arguments, 0);
	const struct queued *entry = NULL;
	int rc = -1;

	progress_allow(invocation);
	if (open_sealed(&carrying, path, failure) == 0 &&
		sealed_out_read(path, &carrying.seen, failure) == 0 &&
		read_through(&carrying, failure) == 0 &&
		session_open(invocation, &reporting.session, failure) == 0 &&
		take_in(&carrying, &reporting.session, &entry, failure) == 0)
		rc = deliver(&reporting, entry, failure);
	vault_writer_free(carrying.writer);
	sha256_free(carrying.hash);
	free(carrying.bytes);
	if (carrying.fd != -1)
		(void)close(carrying.fd);
	reporting_free(&reporting);
	return rc;
}
