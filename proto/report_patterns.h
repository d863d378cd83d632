/* The forms of a report's fields that are neither codes nor free text. */
#ifndef PROTO_REPORT_PATTERNS_H
#define PROTO_REPORT_PATTERNS_H

#include "proto/base.h"

/* YYYY, YYYY-MM or YYYY-MM-DD, with a month and a day that exist. */
bool is_partial_date(const char *text, size_t len);
bool is_time(const char *text, size_t len);
bool is_language(const char *text, size_t len);
bool is_country(const char *text, size_t len);
bool is_area_code(const char *text, size_t len);
bool is_name(const char *text, size_t len);
bool is_evidence_id(const char *text, size_t len);
bool is_media_type(const char *text, size_t len);
bool is_attachment(const char *text, size_t len);
bool is_clock(const char *text, size_t len);
bool is_utc_offset(const char *text, size_t len);
bool is_sha256(const char *text, size_t len);
bool is_16_bytes_hex(const char *text, size_t len);
bool is_32_bytes_base64url(const char *text, size_t len);
bool is_signature(const char *text, size_t len);
bool is_age_recipient(const char *text, size_t len);

#endif
