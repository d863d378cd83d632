/* What another program of this machine writes into the control socket: a request is either refused, or means
 * exactly the bytes that it came as. */
#include "fuzz.h"

#include "proto/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(2 * CONTROL_REQUEST_MAX);
	struct reader in = reader_of(data, size), content;
	struct control_request request;
	struct control_refusal refusal;
	enum control_kind kind;
	struct fault fault;

	fuzz_start();
	for (;;) {
		const uint8_t *frame = in.at;

		if (control_frame_next(&in, &kind, &content) != 1)
			break;
		buffer_clear(&out);
		if (kind == CONTROL_REQUEST && control_request_get(&content, &request) == 0) {
			must(control_request_put(&out, &request) == 0);
			must(out.len == (size_t)(in.at - frame) && bytes_equal(out.data, frame, out.len));
			for (size_t at = 0; at < request.signature_count; at++)
				either(control_request_verify(&request, "o", at));
		}
		if (kind == CONTROL_REFUSED)
			either(control_refusal_parse(
				(const char *)content.at, content.left, &refusal, &fault));
	}
	buffer_free(&out);
	return 0;
}
