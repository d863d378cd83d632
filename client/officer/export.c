/* export: an evidence bundle that a stranger verifies without us, with tools she has. */
#include "evidence.h"
#include "export_opened.h"
#include "step.h"
#include "verbs.h"

#include "client/output.h"
#include "proto/encode.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_SIZE 32
#define README_MAX  (16 * 1024)
#define NOTE_SIZE   160

static const char readme_parts[] =
	"WHAT IS HERE\n"
	"  report.age        the report, sealed, as the server keeps it\n"
	"  custody.txt       who did what with it, and when; custody/NUMBER/ has each entry as it was "
	"signed\n"
	"  acceptance/       the server's signed word that it took this report, where there is one\n"
	"  roster/NUMBER/    who the organisation's officers and admins were, signed by the admins\n"
	"  audit/            how the server's log of all that was done ended then, signed by the server\n"
	"  opened/           what was inside, where it was exported opened\n"
	"\n"
	"HOW TO VERIFY IT (with sha256sum, openssl 3 and age; in this folder)\n"
	"\n"
	"1. Nothing was changed since the export. Compare the SHA-256 of the tar file with what the\n"
	"   officer told you, then:\n"
	"       sha256sum -c SHA256SUMS\n"
	"\n"
	"2. Which report it is. A report's number is the SHA-256 of the file as it was first sent; where "
	"only\n"
	"   its header was renewed since (other officers may read it now), the number differs:\n"
	"       sha256sum report.age\n"
	"\n"
	"3. What was done with it: each entry is signed by an officer, and by whoever could open the "
	"report.\n"
	"       for d in custody/*/; do\n"
	"         openssl pkeyutl -verify -pubin -inkey $d/officer.pem -rawin -in $d/event.txt -sigfile "
	"$d/officer.sig\n"
	"         openssl pkeyutl -verify -pubin -inkey custody/proof.pem -rawin -in $d/event.txt -sigfile "
	"$d/proof.sig\n"
	"       done\n"
	"   The lines of event.txt: clarion-event/1, organisation, report, roster version, number, SHA-256 "
	"of\n"
	"   the event.txt before (zeros for the first), what, SHA-256 of the report's header, SHA-256 of\n"
	"   content.age (of nothing where there is none), when. So none can be left out in between:\n"
	"       sha256sum custody/*/event.txt\n"
	"   That a key is an officer's: its last 32 bytes stand in her line of roster/VERSION/body.txt:\n"
	"       openssl pkey -pubin -in custody/0001/officer.pem -outform DER | tail -c 32 | base64\n"
	"   The key in custody/proof.pem stands in the header of report.age (the line `-> proof').\n"
	"\n"
	"4. That the server took it at that time (where acceptance/ is here); its key is the line "
	"receipt-key\n"
	"   of a roster:\n"
	"       openssl pkeyutl -verify -pubin -inkey acceptance/server.pem -rawin -in "
	"acceptance/acceptance.txt -sigfile acceptance/server.sig\n"
	"   How its log of everything that was done ended at the export (where audit/ is here): number and\n"
	"   hash of its last entry. A log that it shows later and that lacks them there was changed:\n"
	"       openssl pkeyutl -verify -pubin -inkey audit/server.pem -rawin -in audit/head.txt "
	"-sigfile audit/server.sig\n"
	"\n"
	"5. Who the officers were: each roster is signed by its admins, and names the SHA-256 of the "
	"body.txt\n"
	"   before it in its line `previous':\n"
	"       for d in roster/*/; do for s in $d*.sig; do\n"
	"         openssl pkeyutl -verify -pubin -inkey ${s%.sig}.pem -rawin -in $d/body.txt -sigfile $s\n"
	"       done; done\n"
	"       sha256sum roster/*/body.txt\n"
	"\n"
	"6. What is inside. Whoever has one of the identities it is sealed to opens it without us:\n"
	"       age -d -i identity.age report.age | tar x\n"
	"   Where opened/ is here: what her own device said each file was, before anything was done with "
	"it:\n"
	"       cd opened && sha256sum -c EVIDENCE-SHA256SUMS\n";

static int put_readme(
	struct officer *officer, const struct report *report, struct bundle *bundle, struct failure *failure)
{
	const char *organisation = organisation_roster(officer->organisation)->organisation;
	struct buffer text = buffer_of(README_MAX);
	int rc;

	buffer_put_format(&text,
		"Evidence bundle of a report to %s\n\n  report        %s\n  organisation  %s\n\n",
		organisation, report->id, organisation_fingerprint(officer->organisation));
	if (!report->has_proof)
		buffer_put_string(&text,
			"It was sealed by other means: it has no key of its own, so that there is no "
			"custody/proof.pem,\nno proof.sig and no acceptance.\n\n");
	buffer_put_string(&text, readme_parts);
	rc = buffer_ok(&text) != 0 ? failure_memory(failure)
				   : bundle_put(bundle, "README.txt", text.data, text.len, failure);
	buffer_free(&text);
	return rc;
}

/* The chain of custody says itself that a copy left. */
static int record(struct officer *officer, const struct report *report, bool is_opened,
	const uint8_t digest[SHA256_BYTES], struct failure *failure)
{
	char hex[SHA256_HEX_CHARS + 1], text[NOTE_SIZE];
	struct step step = { .type = EVENT_NOTE, .by_anyone = true };
	struct history history;
	json_t *content;
	int rc;

	hex_encode(digest, SHA256_BYTES, hex);
	(void)snprintf(text, sizeof text, "EXPORTED %s sha256:%s", is_opened ? "opened" : "sealed", hex);
	content = json_pack("{s:s}", "text", text);
	step.content = content;
	rc = content == NULL ? failure_memory(failure) : step_take(officer, report, &step, &history, failure);
	json_decref(content);
	return rc;
}

static void warn_of_consent(const struct officer *officer, const struct report *report)
{
	const json_t *justice = json_object_get(json_object_get(report->json, "consent"), "justice");
	const char *state = json_string_value(json_object_get(justice, "state"));

	if (state == NULL || strcmp(state, "Y") != 0)
		say_aside(officer->invocation, "its sender has not agreed that courts or inquiries get it: "
					       "ask her before it is handed "
					       "on");
}

static int fill(struct officer *officer, const struct report *report, bool is_opened, struct bundle *bundle,
	struct failure *failure)
{
	struct evidence_rosters rosters = { 0 };
	uint64_t oldest = 1;
	bool has_acceptance, has_head;
	int rc = -1;

	if (put_readme(officer, report, bundle, failure) != 0 ||
		bundle_put_file(bundle, "report.age", report->file, report->size, failure) != 0 ||
		evidence_put_custody(officer, report, is_opened, bundle, &oldest, failure) != 0 ||
		evidence_rosters_fetch(officer, oldest, &rosters, failure) != 0 ||
		evidence_put_rosters(bundle, &rosters, failure) != 0 ||
		evidence_put_acceptance(officer, report, &rosters, bundle, &has_acceptance, failure) != 0 ||
		evidence_put_audit_head(officer, &rosters, bundle, &has_head, failure) != 0)
		goto cleanup;
	if (!has_head)
		say_aside(officer->invocation,
			"the server's log didn't show how it ends: the bundle has no audit/");
	if (report->has_proof && !has_acceptance)
		say_aside(officer->invocation, "the server didn't give its acceptance: the bundle has none");
	rc = is_opened ? export_opened(report, bundle, failure) : 0;
cleanup:
	evidence_rosters_free(&rosters);
	return rc;
}

static int run(struct officer *officer, const char *id, const char *path, struct failure *failure)
{
	bool is_opened = arguments_flag(officer->invocation->arguments, "opened");
	char folder[FOLDER_SIZE], hex[SHA256_HEX_CHARS + 1];
	const struct roster_officer *me;
	struct report *report = NULL;
	struct bundle *bundle = NULL;
	uint8_t digest[SHA256_BYTES];
	int rc = -1;

	(void)snprintf(folder, sizeof folder, "report-%.12s", id);
	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		bundle_new(path, folder, &bundle, failure) != 0 ||
		fill(officer, report, is_opened, bundle, failure) != 0 ||
		bundle_finish(bundle, digest, failure) != 0 ||
		record(officer, report, is_opened, digest, failure) != 0)
		goto cleanup;
	bundle_keep(bundle);
	hex_encode(digest, sizeof digest, hex);
	if (is_opened)
		warn_of_consent(officer, report);
	say(officer->invocation,
		"The bundle is in %s; its README.txt says how to verify it.\nSHA-256 of the file: %s\n", path,
		hex);
	rc = output_result(officer->invocation,
		json_pack("{s:s, s:s, s:b}", "id", id, "sha256", hex, "opened", is_opened), failure);
cleanup:
	bundle_free(bundle);
	report_free(report);
	return rc;
}

int verb_export(const struct invocation *invocation, struct failure *failure)
{
	const char *path = arguments_operand(invocation->arguments, 1);
	struct officer *officer = NULL;
	struct stat there;
	char id[ID_SIZE];
	int rc = -1;

	if (report_argument(invocation, id, failure) != 0)
		return -1;
	/* Before a long way over the network. */
	if (lstat(path, &there) == 0)
		return failure_set(failure, EX_CANTCREAT, "the file is there already: give another name");
	if (officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, path, failure);
	officer_close(officer);
	return rc;
}
