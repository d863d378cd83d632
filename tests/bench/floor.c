/* bench-floor FOLDER SECONDS: the rows of 16 KiB reports through the store's own backend, one a transaction,
 * with nothing else around: no sealing, no signatures, no channel, no TLS. Prints rows a second. */
#include "backend.h"
#include "engine.h"
#include "proto/age_stream.h"
#include "seal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FACTS_BYTES   520
#define HEADER_BYTES  420
#define PAYLOAD_BYTES (16 * 1024 + AGE_NONCE_BYTES + AGE_TAG_BYTES + SEAL_OVERHEAD)

static uint8_t bytes[PAYLOAD_BYTES];

static int one(struct backend *backend)
{
	struct backend_report report = { .epoch = 1,
		.is_open = true,
		.data_key = { bytes, WRAPPED_KEY_BYTES },
		.facts = { bytes, FACTS_BYTES },
		.header = { bytes, HEADER_BYTES } };

	randombytes_buf(report.id, sizeof report.id);
	if (backend_begin(backend) != 0 || backend_add_report(backend, &report) != 0 ||
		backend_add_chunk(backend, report.body, 0, bytes, PAYLOAD_BYTES) != 0)
		return -1;
	return backend_commit(backend);
}

int main(int argc, char **argv)
{
	struct backend *backend = NULL;
	struct fault fault;
	uint64_t began, count = 0;

	if (argc != 3 || proto_init() != 0 || chdir(argv[1]) != 0)
		return 64;
	(void)mkdir("floor", 0700);
	if (chdir("floor") != 0 || backend_open("clarion.db", &backend, &fault) != 0)
		return 1;
	randombytes_buf(bytes, sizeof bytes);
	began = now_ns();
	while ((double)(now_ns() - began) < strtod(argv[2], NULL) * 1e9) {
		if (one(backend) != 0)
			return 1;
		count++;
		/* As often as the checkpointer would. */
		if (backend_log_bytes(backend) > 16 * 1024 * 1024 && backend_checkpoint(backend) != 0)
			return 1;
	}
	printf("%.1f\n", (double)count / ((double)(now_ns() - began) / 1e9));
	backend_close(backend);
	return 0;
}
