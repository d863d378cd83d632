#include "decoy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTML  "text/html"
#define INDEX "index.html"

static const char built_in_page[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
				    "charset=\"utf-8\"><title>Coming soon</title></head>\n"
				    "<body>\n<h1>Coming soon</h1>\n<p>This site is being set up. Please come "
				    "back later.</p>\n</body>\n</html>\n";
static const char not_found_page[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>404 Not "
	"Found</title></head>\n"
	"<body>\n<h1>Not Found</h1>\n<p>The page you are looking for is not here.</p>\n</body>\n</html>\n";
static const char bad_request_page[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
				       "charset=\"utf-8\"><title>400 Bad Request</title></head>\n"
				       "<body>\n<h1>Bad Request</h1>\n<p>Your browser sent a request that "
				       "this server could not understand.</p>\n"
				       "</body>\n</html>\n";

struct decoy_file {
	struct decoy_file *next;
	const char *content_type;
	size_t len;
	uint8_t *data;
	char name[]; /* without the leading slash */
};

struct decoy {
	struct decoy_file *first; /* a small site: a list is enough */
};

static const struct {
	const char *ending;
	const char *content_type;
} content_types[] = {
	{ ".html", HTML },
	{ ".htm", HTML },
	{ ".css", "text/css" },
	{ ".js", "application/javascript" },
	{ ".txt", "text/plain" },
	{ ".xml", "text/xml" },
	{ ".json", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".jpeg", "image/jpeg" },
	{ ".gif", "image/gif" },
	{ ".webp", "image/webp" },
	{ ".ico", "image/x-icon" },
	{ ".pdf", "application/pdf" },
	{ ".woff2", "font/woff2" },
};

static const char *content_type_of(const char *name)
{
	const char *ending = strrchr(name, '.');
	for (size_t i = 0; ending != NULL && i < COUNT_OF(content_types); i++)
		if (strcasecmp(ending, content_types[i].ending) == 0)
			return content_types[i].content_type;
	return "application/octet-stream";
}

struct decoy *decoy_new(void)
{
	return calloc(1, sizeof(struct decoy));
}

void decoy_free(struct decoy *decoy)
{
	if (decoy == NULL)
		return;
	while (decoy->first != NULL) {
		struct decoy_file *file = decoy->first;
		decoy->first = file->next;
		free(file->data);
		free(file);
	}
	free(decoy);
}

int decoy_add(struct decoy *decoy, const char *name, const uint8_t *data, size_t len)
{
	size_t name_len = strlen(name);
	struct decoy_file *file = calloc(1, sizeof *file + name_len + 1);
	if (file == NULL)
		return -1;
	/* One byte more, so that an empty file has an address too. */
	if ((file->data = malloc(len + 1)) == NULL) {
		free(file);
		return -1;
	}
	if (len > 0)
		memcpy(file->data, data, len);
	file->len = len;
	memcpy(file->name, name, name_len + 1);
	file->content_type = content_type_of(name);
	file->next = decoy->first;
	decoy->first = file;
	return 0;
}

/* path, path_len: behind the leading slash, without a query. */
static bool answers_for(const struct decoy_file *file, const char *path, size_t path_len)
{
	size_t name_len = strlen(file->name);
	size_t index_len = strlen(INDEX);
	if (name_len < path_len || strncmp(file->name, path, path_len) != 0)
		return false;
	if (name_len == path_len)
		return path_len > 0;
	bool is_folder = path_len == 0 || path[path_len - 1] == '/';
	return is_folder && name_len == path_len + index_len && strcmp(file->name + path_len, INDEX) == 0;
}

struct decoy_page decoy_find(const struct decoy *decoy, enum http_method method, const char *target)
{
	const struct decoy_page not_found = { 404, HTML, (const uint8_t *)not_found_page,
		sizeof not_found_page - 1 };
	const struct decoy_page built_in = { 200, HTML, (const uint8_t *)built_in_page,
		sizeof built_in_page - 1 };
	if ((method != METHOD_GET && method != METHOD_HEAD) || target[0] != '/')
		return not_found;
	const char *path = target + 1;
	size_t path_len = strcspn(path, "?");
	for (const struct decoy_file *file = decoy->first; file != NULL; file = file->next)
		if (answers_for(file, path, path_len))
			return (struct decoy_page){ 200, file->content_type, file->data, file->len };
	return path_len == 0 ? built_in : not_found;
}

struct decoy_page decoy_malformed(void)
{
	return (struct decoy_page){ 400, HTML, (const uint8_t *)bad_request_page,
		sizeof bad_request_page - 1 };
}
