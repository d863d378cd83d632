/* What is read as an age header, stanza by stanza, is written back as it was, up to the MAC. */
#include "fuzz.h"

#include "proto/age_header.h"
#include "proto/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(2 * AGE_HEADER_MAX);
	struct age_header *header = NULL;
	struct fault fault;
	struct proof proof;
	bool cut_short, found;

	fuzz_start();
	if (age_header_parse(data, size, &header, &cut_short, &fault) == 0) {
		age_header_begin(&out);
		for (size_t i = 0; i < header->count; i++)
			age_header_put_stanza(&out, header->stanzas[i].args, header->stanzas[i].arg_count,
				header->stanzas[i].body, header->stanzas[i].body_len);
		must(out.len + 3 == header->mac_covers && bytes_equal(out.data, data, out.len));
		must(header->len <= size && header->len == header->mac_covers + 45);
		either(proof_find(header, &proof, &found));
	}
	age_header_free(header);
	buffer_free(&out);
	return 0;
}
