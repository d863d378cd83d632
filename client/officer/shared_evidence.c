#include "shared_evidence.h"

#include "report_internal.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static bool may_go(const json_t *evidence)
{
	const json_t *purpose;
	size_t at;

	json_array_foreach(json_object_get(evidence, "share"), at, purpose)
	{
		if (strcmp(json_string_value(purpose), "REFER") == 0)
			return true;
	}
	return false;
}

/* The working copy where there is one. An original only where its metadata were taken out, or it has none:
 * they can say where she was. */
static bool choose(const json_t *evidence, struct shared_file *file)
{
	const char *working = text_of(evidence, "working_file"), *original = text_of(evidence, "file");
	const char *name = working[0] != '\0' ? working : original;

	file->evidence = evidence;
	file->is_working = working[0] != '\0';
	file->hash = text_of(evidence, file->is_working ? "sha256_working" : "sha256_original");
	if (name[0] == '\0' || strlen(name) >= sizeof file->name || strlen(file->hash) != SHA256_HEX_CHARS)
		return false;
	memcpy(file->name, name, strlen(name) + 1);
	return file->is_working || strcmp(text_of(evidence, "meta"), "STRIPPED") == 0 ||
	       strcmp(text_of(evidence, "media_type"), "text/plain") == 0;
}

struct shared_evidence shared_evidence_of(const json_t *report)
{
	struct shared_evidence shared = { .count = 0 };
	const json_t *evidence;
	size_t at;

	json_array_foreach(json_object_get(report, "evidence"), at, evidence)
	{
		if (!may_go(evidence) || shared.count == SHARED_EVIDENCE_MAX)
			continue;
		if (choose(evidence, &shared.files[shared.count]))
			shared.count++;
		else
			shared.held_back++;
	}
	return shared;
}

/* One passage through the report: each file that goes is hashed, or sealed into another archive. */
struct passage {
	const struct report *report;
	struct shared_evidence *measured;       /* the one, */
	const struct shared_evidence *evidence; /* and in any case */
	struct report_sealer *sealer;           /* or the other; else NULL */
	struct archive_reader *archive;
	const struct shared_file *file; /* the one that is coming, or NULL */
	struct sha256 *hash;
	size_t found;
	bool is_changed;
	struct fault fault;
};

static const struct shared_file *file_of(const struct shared_evidence *evidence, const char *name)
{
	for (size_t at = 0; at < evidence->count; at++)
		if (strcmp(evidence->files[at].name, name) == 0)
			return &evidence->files[at];
	return NULL;
}

static int begin(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct passage *passage = context;

	passage->file = file_of(passage->evidence, name);
	if (passage->file == NULL)
		return 0;
	if (passage->sealer != NULL)
		return report_sealer_entry(passage->sealer, name, size) == 0
			       ? 0
			       : fault_set(fault, "the attachments are too large for a referral");
	passage->measured->files[passage->file - passage->evidence->files].size = size;
	passage->hash = sha256_new();
	return passage->hash == NULL ? fault_set(fault, "there is not enough memory") : 0;
}

static int content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct passage *passage = context;
	int rc;

	if (passage->file == NULL)
		return 0;
	rc = passage->sealer != NULL ? report_sealer_content(passage->sealer, data, len)
				     : sha256_update(passage->hash, data, len);
	return rc == 0 ? 0 : fault_set(fault, "the attachments are too large for a referral");
}

static int end(void *context, struct fault *fault)
{
	struct passage *passage = context;
	char hex[SHA256_HEX_CHARS + 1];
	uint8_t digest[SHA256_BYTES];
	int rc = 0;

	if (passage->file == NULL)
		return 0;
	passage->found++;
	if (passage->sealer == NULL) {
		rc = sha256_final(passage->hash, digest);
		sha256_free(passage->hash);
		passage->hash = NULL;
	}
	if (rc == 0 && passage->sealer == NULL) {
		hex_encode(digest, sizeof digest, hex);
		passage->is_changed = passage->is_changed || strcmp(hex, passage->file->hash) != 0;
	}
	return rc == 0 ? 0 : fault_set(fault, "an attachment can't be hashed");
}

static int feed(void *context, const uint8_t *data, size_t len)
{
	struct passage *passage = context;

	return archive_feed(passage->archive, data, len, &passage->fault);
}

static int pass(struct passage *passage, struct failure *failure)
{
	const struct archive_handler handler = { passage, begin, content, end };
	struct report_opener *opener = report_opener_new(passage->report->reader, feed, passage);
	struct fault fault = { "" };
	int rc = -1;

	passage->archive = archive_reader_new(&handler);
	if (passage->archive == NULL || opener == NULL)
		rc = failure_memory(failure);
	else if (report_feed(passage->report, opener, NULL, &fault) != 0)
		rc = failure_of(
			failure, EX_DATAERR, passage->fault.text[0] != '\0' ? &passage->fault : &fault);
	else if (archive_finish(passage->archive, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else if (passage->is_changed || passage->found != passage->evidence->count)
		rc = failure_set(failure, EX_PROTOCOL,
			"ALARM: an attachment isn't what the report says: don't trust it, tell your admin");
	else
		rc = 0;
	sha256_free(passage->hash);
	report_opener_free(opener);
	archive_reader_free(passage->archive);
	return rc;
}

int shared_evidence_measure(
	const struct report *report, struct shared_evidence *evidence, struct failure *failure)
{
	struct passage passage = { .report = report, .measured = evidence, .evidence = evidence };

	return evidence->count == 0 ? 0 : pass(&passage, failure);
}

int shared_evidence_seal(const struct report *report, const struct shared_evidence *evidence,
	struct report_sealer *sealer, struct failure *failure)
{
	struct passage passage = { .report = report, .evidence = evidence, .sealer = sealer };

	return evidence->count == 0 ? 0 : pass(&passage, failure);
}

/* What was captured when and by whom stays with the desk; what it was called on her device too. */
static json_t *block_of(const struct shared_file *file)
{
	static const char *const kept[] = { "ev_id", "kind", "media_type", "form", "people_shown", "share" };
	json_t *block = json_pack("{s:I, s:s, s:s}", "size", (json_int_t)file->size, "sha256_original",
		file->hash, "file", file->name);

	for (size_t at = 0; at < COUNT_OF(kept); at++) {
		json_t *value = json_object_get(file->evidence, kept[at]);

		if (value != NULL && json_object_set(block, kept[at], value) != 0) {
			json_decref(block);
			return NULL;
		}
	}
	if (file->is_working && (json_object_set_new(block, "meta", json_string("STRIPPED")) != 0 ||
					json_object_set_new(block, "form", json_string("COPY")) != 0)) {
		json_decref(block);
		return NULL;
	}
	return block;
}

json_t *shared_evidence_json(const struct shared_evidence *evidence)
{
	json_t *list = json_array();

	for (size_t at = 0; at < evidence->count; at++) {
		if (json_array_append_new(list, block_of(&evidence->files[at])) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
