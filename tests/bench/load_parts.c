#include "load.h"

#include "keys/identity.h"
#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/message_signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD_ROOM  2048
#define HEAD_SLOTS 8192 /* more than there are connections that still write */

struct load_reports {
	struct load_report *at;
	size_t count;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Records of: id (64 characters), salt (32), a 32-bit length, the sealed file. */
struct load_reports *load_reports_open(const char *path)
{
	struct load_reports *reports = calloc(1, sizeof *reports);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	struct reader reader;
	const uint8_t *map;

	if (reports == NULL || fd == -1 || fstat(fd, &about) != 0)
		fail(path);
	map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		fail(path);
	close(fd);
	reader = reader_of(map, (size_t)about.st_size);
	while (reader_end(&reader) != 0) {
		struct load_report report = { { 0 }, { 0 }, NULL, 0 };

		if (reader_fixed(&reader, report.id, 64) != 0 ||
			reader_fixed(&reader, report.salt, 32) != 0 ||
			reader_blob(&reader, 1024 * 1024, &report.sealed, &report.len) != 0)
			fail("the file of reports is cut short");
		if ((reports->count & (reports->count - 1)) == 0)
			reports->at = realloc(reports->at,
				(reports->count == 0 ? 1 : reports->count * 2) * sizeof *reports->at);
		if (reports->at == NULL)
			fail("memory");
		reports->at[reports->count++] = report;
	}
	return reports;
}

bool load_report_at(const struct load_reports *reports, uint64_t index, struct load_report *ret_report)
{
	if (index >= reports->count)
		return false;
	*ret_report = reports->at[index];
	return true;
}

static char *head_slot(void)
{
	static char slots[HEAD_SLOTS][HEAD_ROOM];
	static unsigned next;

	return slots[next++ % HEAD_SLOTS];
}

const char *load_head_put(
	const struct load_arguments *arguments, const struct load_report *report, size_t *ret_len)
{
	char *head = head_slot();
	bool dav = strcmp(arguments->mode, "dav") == 0;
	int len =
		dav ? snprintf(head, HEAD_ROOM,
			      "PUT /%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Length: %zu\r\n%s\r\n",
			      report->id, arguments->port, report->len,
			      arguments->keep_alive ? "" : "Connection: close\r\n")
		    : snprintf(head, HEAD_ROOM,
			      "PUT /%s/v1/reports/%s?desk=%s&urgency=priority&salt=%s&roster=%s HTTP/1.1\r\n"
			      "Host: 127.0.0.1:%u\r\nContent-Length: %zu\r\n%s\r\n",
			      arguments->base, report->id, arguments->desk, report->salt, arguments->roster,
			      arguments->port, report->len,
			      arguments->keep_alive ? "" : "Connection: close\r\n");

	*ret_len = (size_t)len;
	return head;
}

static struct identity *officer(const char *path)
{
	static struct identity *identity;
	struct fault fault;

	if (identity == NULL && identity_load(path, NULL, 0, &identity, &fault) != 0) {
		fprintf(stderr, "bench-load: %s\n", fault.text);
		exit(1);
	}
	return identity;
}

const char *load_head_alerts(
	const struct load_arguments *arguments, uint64_t after, unsigned wait, size_t *ret_len)
{
	char *head = head_slot(), path[256], query[64], authority[64], nonce[NONCE_SIZE];
	struct signature_fields fields;
	struct signed_request request = {
		.method = "GET", .authority = authority, .path = path, .query = query
	};

	snprintf(path, sizeof path, "/%s/v1/desks/%s/alerts", arguments->base, arguments->desk);
	snprintf(query, sizeof query, wait != 0 ? "after=%llu&wait=%u" : "after=%llu",
		(unsigned long long)after, wait);
	snprintf(authority, sizeof authority, "127.0.0.1:%u", arguments->port);
	request_nonce_new(nonce);
	if (sha256_once("", 0, request.digest) != 0 ||
		request_signature_make(
			&request, time(NULL), nonce, officer(arguments->identity)->signing_key, &fields) != 0)
		fail("signing");
	*ret_len = (size_t)snprintf(head, HEAD_ROOM,
		"GET %s?%s HTTP/1.1\r\nHost: %s\r\nContent-Digest: %s\r\nSignature-Input: %s\r\nSignature: "
		"%s\r\n\r\n",
		path, query, authority, fields.content_digest, fields.signature_input, fields.signature);
	return head;
}

void samples_add(struct samples *samples, uint64_t ns)
{
	if (samples->count == samples->room) {
		samples->room = samples->room * 2 + 1024;
		samples->ns = realloc(samples->ns, samples->room * sizeof *samples->ns);
		if (samples->ns == NULL)
			fail("memory");
	}
	samples->ns[samples->count++] = ns;
}

static int by_size(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

double samples_ms(struct samples *samples, double share)
{
	if (samples->count == 0)
		return 0;
	qsort(samples->ns, samples->count, sizeof *samples->ns, by_size);
	return (double)samples->ns[(size_t)((double)(samples->count - 1) * share)] / 1e6;
}
