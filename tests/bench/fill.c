/* bench-fill DAEMON-FOLDER COUNT: brings the number of stored reports up to COUNT with closed ones whose
 * payload is small, through the store's own code, so that every index is as deep as it would be. clariond
 * must not run. */
#include "keys/clock.h"
#include "keys/keyring.h"
#include "proto/digest.h"
#include "store_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define A_GROUP 5000

static void fail(const char *what)
{
	fprintf(stderr, "bench-fill: %s\n", what);
	exit(1);
}

static void add_one(struct store *store)
{
	struct report_facts *facts = facts_new();
	uint8_t header[420], payload[256];

	if (facts == NULL)
		fail("memory");
	randombytes_buf(facts->id, sizeof facts->id);
	randombytes_buf(header, sizeof header);
	randombytes_buf(payload, sizeof payload);
	snprintf(facts->desk, sizeof facts->desk, "urgent");
	if (sha256_once(header, sizeof header, facts->header_digest) != 0)
		fail("no digest");
	facts->changed = clock_wall_seconds(); /* else retention would take them away again */
	facts->stage = STAGE_LISTED;
	facts->state = STATE_CLOSED;
	facts->length = sizeof header + sizeof payload;
	facts->chunk_count = 1;
	if (report_add(store, facts, header, sizeof header, false) != 0 ||
		report_add_chunk(store, facts, 0, payload, sizeof payload, false) != 0)
		fail("a row can't be written");
	facts_free(facts);
}

int main(int argc, char **argv)
{
	struct store store = { 0 };
	struct keyring *keyring = NULL;
	struct fault fault;
	uint64_t reports, open, wanted;

	if (argc != 3 || proto_init() != 0 || chdir(argv[1]) != 0)
		return 64;
	if (keyring_load("keyring", NULL, 0, &keyring, &fault) != 0 ||
		seal_new(keyring, &store.seal, &fault) != 0 || chdir("store") != 0 ||
		backend_open("clarion.db", &store.backend, &fault) != 0)
		fail(fault.text);
	wanted = strtoull(argv[2], NULL, 10);
	if (backend_count(store.backend, &reports, &open) != 0)
		fail("the rows can't be counted");
	while (reports < wanted) {
		if (backend_begin(store.backend) != 0)
			fail("no transaction");
		for (unsigned i = 0; i < A_GROUP && reports < wanted; i++, reports++)
			add_one(&store);
		if (backend_commit(store.backend) != 0)
			fail("no commit");
		if (backend_log_bytes(store.backend) > 64 * 1024 * 1024 &&
			backend_checkpoint(store.backend) != 0)
			fail("no checkpoint");
	}
	if (backend_checkpoint(store.backend) != 0)
		fail("no checkpoint");
	backend_close(store.backend);
	seal_free(store.seal);
	keyring_free(keyring);
	return 0;
}
