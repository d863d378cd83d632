/* The innocent site that everybody sees who doesn't know the base path: files that the supervisor read from
 * the configured folder, or one built-in page; one page for whatever isn't there, one for what isn't HTTP. */
#ifndef FRONT_DECOY_H
#define FRONT_DECOY_H

#include "channel/messages.h"

struct decoy;

struct decoy_page {
	unsigned status;
	const char *content_type;
	const uint8_t *data; /* lives as long as the decoy */
	size_t len;
};

/* An empty site: the built-in page. NULL where memory is short. */
MUST_USE struct decoy *decoy_new(void);
void decoy_free(struct decoy *decoy);

/* Copies a file; name is its path below the folder, `css/site.css`. `index.html` answers for its folder too.
 */
MUST_USE int decoy_add(struct decoy *decoy, const char *name, const uint8_t *data, size_t len);

/* What a well-formed request outside the base path gets. target is as received. */
struct decoy_page decoy_find(const struct decoy *decoy, enum http_method method, const char *target);

/* What a malformed request gets. */
struct decoy_page decoy_malformed(void);

#endif
