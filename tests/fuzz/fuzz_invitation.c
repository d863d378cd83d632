/* What is read as an invitation is written back as it was. */
#include "fuzz.h"

#include "proto/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(INVITATION_MAX);
	struct invitation *invitation = NULL;
	struct server_url url;
	struct fault fault;

	fuzz_start();
	if (invitation_parse((const char *)data, size, &invitation, &fault) == 0) {
		must(invitation_write(invitation, &out) == 0);
		must(out.len == size && bytes_equal(out.data, data, size));
	}
	either(server_url_parse_address((const char *)data, size, &url, &fault));
	invitation_free(invitation);
	buffer_free(&out);
	return 0;
}
