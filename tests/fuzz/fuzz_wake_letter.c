/* How an officer wants to be woken, as her letter says it: what is taken comes out the same after writing and
 * reading once more, and its address is nothing but an address. */
#include "fuzz.h"

#include "proto/wake_letter.h"

#include <string.h>

static bool is_plain(const char *address)
{
	for (; *address != '\0'; address++)
		if (*address <= ' ' || *address > '~' || *address == '"' || *address == '<' ||
			*address == '>')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(WAKE_PLAIN_BYTES);
	struct wake_letter letter, again;
	struct fault fault;

	fuzz_start();
	if (wake_letter_read(data, size, &letter, &fault) == 0) {
		must(is_plain(letter.way.address) && strlen(letter.way.address) <= WAKE_ADDRESS_MAX);
		must(wake_letter_write(&letter, &out) == 0 && out.len == WAKE_PLAIN_BYTES);
		must(wake_letter_read(out.data, out.len, &again, &fault) == 0);
		must(again.way.kind == letter.way.kind && again.waiting == letter.waiting &&
			again.way.beat_minutes == letter.way.beat_minutes);
		must(strcmp(again.way.address, letter.way.address) == 0 &&
			strcmp(again.officer, letter.officer) == 0);
	}
	buffer_free(&out);
	return 0;
}
