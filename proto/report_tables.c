#include "report_tables.h"

#include "report_codes.h"
#include "report_patterns.h"

/* The schema itself: docs/report-schema.md is this file in words, change both. */

#define CODE(list)              .type = SCHEMA_CODE, .codes = &codes_##list
#define TEXT(least, most)       .type = SCHEMA_TEXT, .min = (least), .max = (most)
#define LINES(least, most)      .type = SCHEMA_LINES, .min = (least), .max = (most)
#define NUMBER(least, most)     .type = SCHEMA_NUMBER, .min = (least), .max = (most)
#define ONLY_TRUE               .type = SCHEMA_TRUE
#define DATE                    .type = SCHEMA_DATE
#define PATTERN(accepts, words) .type = SCHEMA_PATTERN, .pattern = (accepts), .shown = (words)
#define BLOCK(what)             .type = SCHEMA_BLOCK, .block = &what##_block
#define LIST(least, most)       .list = true, .list_min = (least), .list_max = (most)
#define REQUIRED                .required = true
#define NULLABLE                .nullable = true

#define TIME_UTC  PATTERN(is_time, "a time in UTC such as 2026-11-24T08:30:00Z")
#define LANGUAGE  PATTERN(is_language, "a language tag such as ar or zh-Hans")
#define AREA_CODE PATTERN(is_area_code, "a P-code or ISO 3166-2 code of at most 16 characters")
#define A_SHA256  PATTERN(is_sha256, "64 characters of lower-case hex")
#define KEY       PATTERN(is_32_bytes_base64url, "32 bytes in base64url, 43 characters")
#define NAME      PATTERN(is_name, "the name of an officer or desk")
#define FILE_NAME PATTERN(is_attachment, "a name such as attachments/001.jpg")

#define SIZE_MAX_BYTES (UINT64_C(1) << 40)

#define FIELDS(what)                                                                                         \
	static const struct schema_block what##_block = { #what, what##_fields, COUNT_OF(what##_fields) }

/* 1.3 */
static const struct schema_field act_fields[] = {
	{ "kind", CODE(act_kind), REQUIRED },
	{ "person_ref", CODE(person_ref), REQUIRED },
	{ "perp_ref", CODE(perpetrator_ref), REQUIRED },
	{ "count_band", CODE(count_band) },
	{ "online", CODE(yes_no) },
};
FIELDS(act);

/* 1.4 */
static const struct schema_field place_fields[] = {
	{ "precision", CODE(place_precision), REQUIRED },
	{ "share_precision", CODE(place_precision), REQUIRED },
	{ "country", PATTERN(is_country, "two capital letters of ISO 3166-1, or XX or ZZ") },
	{ "adm1", AREA_CODE },
	{ "adm2", AREA_CODE },
	{ "locality", TEXT(0, 120) },
	{ "site_type", CODE(site_type) },
};
FIELDS(place);

/* 1.5 */
static const struct schema_field person_fields[] = {
	{ "ref", CODE(person_ref), REQUIRED },
	{ "unit", CODE(unit), REQUIRED },
	{ "alias", TEXT(0, 40) },
	{ "category", CODE(category), REQUIRED },
	{ "gender", CODE(gender), REQUIRED },
	{ "age_band", CODE(age_band), REQUIRED },
	{ "status_now", CODE(status_now), REQUIRED },
	{ "support", CODE(support), LIST(0, 5) },
	{ "size_band", CODE(count_band) },
};
FIELDS(person);

static const struct schema_field perpetrator_fields[] = {
	{ "ref", CODE(perpetrator_ref), REQUIRED },
	{ "type", CODE(perpetrator_type), REQUIRED },
	{ "number_band", CODE(number_band) },
	{ "can_reach_her", CODE(yes_no) },
	{ "armed", CODE(yes_no) },
	{ "certainty", CODE(certainty) },
};
FIELDS(perpetrator);

/* 1.8 */
static const struct schema_field purpose_fields[] = {
	{ "state", CODE(consent_state), REQUIRED },
	{ "identity", CODE(identity) },
	{ "recipients", TEXT(1, 64), LIST(0, 8) },
	{ "place_max", CODE(place_max) },
	{ "until", DATE },
	{ "given_by", CODE(given_by) },
	{ "basis_if_not", CODE(basis) },
};
FIELDS(purpose);

static const struct schema_field consent_fields[] = {
	{ "respond", BLOCK(purpose) },
	{ "refer", BLOCK(purpose) },
	{ "govt", BLOCK(purpose) },
	{ "public", BLOCK(purpose) },
	{ "reprisal", BLOCK(purpose) },
	{ "stats", BLOCK(purpose) },
	{ "justice", BLOCK(purpose) },
};
FIELDS(consent);

/* 1.9 */
static const struct schema_field window_fields[] = {
	{ "days", NUMBER(1, 127), REQUIRED }, /* a bit a weekday, Monday 1 to Sunday 64 */
	{ "from", PATTERN(is_clock, "a local time such as 08:30"), REQUIRED },
	{ "to", PATTERN(is_clock, "a local time such as 17:00"), REQUIRED },
	{ "utc_offset", PATTERN(is_utc_offset, "an offset such as +03:00"), REQUIRED },
};
FIELDS(window);

static const struct schema_field channel_fields[] = {
	{ "type", CODE(channel), REQUIRED },
	{ "handle", TEXT(0, 80) },
	{ "others_can_see", CODE(yes_no) },
	{ "windows", BLOCK(window), LIST(0, 7) },
};
FIELDS(channel);

static const struct schema_field contact_fields[] = {
	{ "mode", CODE(contact_mode) },
	{ "channels", BLOCK(channel), LIST(0, 4) },
	{ "message_ok", CODE(yes_no) },
	{ "cover", TEXT(0, 80) },
	{ "word_officer", TEXT(0, 40) },
	{ "word_safe", TEXT(0, 40) },
	{ "word_danger", TEXT(0, 40) },
	{ "if_no_answer", CODE(if_unsafe) },
	{ "if_danger", CODE(if_unsafe) },
	{ "checkin_by", TIME_UTC },
	{ "valid_until", DATE },
};
FIELDS(contact);

/* 1.10 */
static const struct schema_field evidence_fields[] = {
	{ "ev_id", PATTERN(is_evidence_id, "1 to 32 letters, digits and dashes"), REQUIRED },
	{ "kind", CODE(evidence_kind) },
	{ "media_type", PATTERN(is_media_type, "a media type such as image/jpeg"), REQUIRED },
	{ "size", NUMBER(0, SIZE_MAX_BYTES), REQUIRED },
	{ "sha256_original", A_SHA256, REQUIRED },
	{ "sha256_working", A_SHA256 },
	{ "name", TEXT(0, 255) }, /* what the file was called on her device */
	{ "file", FILE_NAME },
	{ "working_file", FILE_NAME },
	{ "captured", DATE },
	{ "captured_by", CODE(captured_by) },
	{ "form", CODE(form) },
	{ "url", TEXT(0, 2048) },
	{ "meta", CODE(meta) },
	{ "people_shown", CODE(people_shown) },
	{ "share", CODE(purpose), LIST(0, 7) },
};
FIELDS(evidence);

/* 1.11 */
static const struct schema_field link_fields[] = {
	{ "report_id", A_SHA256, REQUIRED },
	{ "rel", CODE(link), REQUIRED },
};
FIELDS(link);

/* What it was sealed for (docs/protocol.md, "Inside a sealed report"). */
static const struct schema_field mailbox_fields[] = {
	{ "id", PATTERN(is_16_bytes_hex, "32 characters of lower-case hex"), REQUIRED },
	{ "recipient", PATTERN(is_age_recipient, "an age recipient"), REQUIRED },
	{ "hand_key", KEY, REQUIRED },
};
FIELDS(mailbox);

static const struct schema_field envelope_fields[] = {
	{ "organisation", KEY, REQUIRED },
	{ "desk", NAME, REQUIRED },
	{ "urgency", CODE(urgency), REQUIRED },
	{ "release", TIME_UTC, REQUIRED, NULLABLE },
	{ "hold_key", KEY, REQUIRED, NULLABLE },
	{ "salt", PATTERN(is_16_bytes_hex, "32 characters of lower-case hex"), REQUIRED },
	{ "roster", NUMBER(1, INT64_MAX), REQUIRED },
	{ "mailbox", BLOCK(mailbox), REQUIRED },
};
FIELDS(envelope);

/* By the hand of an earlier report (docs/protocol.md, "A further report by the same hand"). */
static const struct schema_field follows_fields[] = {
	{ "kind", CODE(follows), REQUIRED },
	{ "report", A_SHA256 },
	{ "counter", NUMBER(1, INT64_MAX), REQUIRED },
	{ "signature", PATTERN(is_signature, "64 bytes in base64"), REQUIRED },
};
FIELDS(follows);

/* 1.2. Only three fields are required: a woman in danger has no time for a form. */
static const struct schema_field report_fields[] = {
	{ "schema", NUMBER(REPORT_SCHEMA_VERSION, REPORT_SCHEMA_VERSION), REQUIRED },
	{ "summary", TEXT(1, REPORT_SUMMARY_MAX), REQUIRED },
	{ "urgency", CODE(urgency), REQUIRED },
	{ "report_lang", LANGUAGE },
	{ "contact_langs", LANGUAGE, LIST(0, 4) },
	{ "officer_pref", CODE(officer) },
	{ "reporter_relation", CODE(relation) },
	{ "affected_aware", CODE(yes_no) },
	{ "narrative", LINES(0, 16384) },
	{ "occurred_from", DATE },
	{ "occurred_to", DATE },
	{ "date_precision", CODE(precision) },
	{ "time_band", CODE(time_band) },
	{ "ongoing", CODE(ongoing) },
	{ "urgency_reason", CODE(urgency_reason), LIST(0, 3) },
	{ "place", BLOCK(place), LIST(0, 3) },
	{ "acts", BLOCK(act), LIST(1, 12) },
	{ "persons", BLOCK(person), LIST(1, 8) },
	{ "perpetrators", BLOCK(perpetrator), LIST(1, 4) },
	{ "link_to_work", CODE(link_to_work) },
	{ "rights_area", CODE(rights_area), LIST(0, 3) },
	{ "un_cooperation", CODE(yes_no) },
	{ "un_entity", CODE(un_entity), LIST(0, 3) },
	{ "reported_elsewhere", CODE(reported_elsewhere), LIST(0, 4) },
	{ "already_in_network", CODE(yes_no) },
	{ "needs", CODE(needs), LIST(0, 8) },
	{ "refuse", CODE(needs), LIST(0, 8) },
	{ "consent", BLOCK(consent) },
	{ "contact", BLOCK(contact) },
	{ "evidence", BLOCK(evidence), LIST(0, 16) },
	{ "links", BLOCK(link), LIST(0, 8) },
	{ "exclude", NAME, LIST(0, 8) },
	{ "envelope", BLOCK(envelope) },
	{ "follows", BLOCK(follows) },
	/* What it is beside what it says (docs/protocol.md, "Reports that look alike"). */
	{ "cover", ONLY_TRUE },
	{ "canary", ONLY_TRUE },
	{ "drill", ONLY_TRUE },
	{ "duress", ONLY_TRUE },
};
const struct schema_block report_block = { "report", report_fields, COUNT_OF(report_fields) };
