/* What becomes true by sending: who will be able to read it, by name, and what the server learns. */
#ifndef DEFENDER_FORESEE_H
#define DEFENDER_FORESEE_H

#include "ask.h"
#include "client/recipients.h"

struct foresight {
	const struct recipients *recipients;
	const char *desk;
	enum urgency urgency;
	uint64_t size; /* of the sealed file, all but its header */
};

/* The size step of a report with this JSON and these sizes of attachments. */
uint64_t foresee_size(size_t json_len, const uint64_t *attachments, size_t count);

/* One fact a line. */
void foresee_tell(const struct asking *asking, const struct foresight *foresight);

#endif
