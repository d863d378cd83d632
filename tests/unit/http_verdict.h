/* What a parser makes of the bytes of a request, as a line of text, so that two parsers can be compared:
 * "reject", "more", or "accept METHOD TARGET length=N host=HOST close=0 rest=N", rest being the bytes behind
 * the head. */
#ifndef TESTS_HTTP_VERDICT_H
#define TESTS_HTTP_VERDICT_H

#include "http_parser.h"

#define VERDICT_SIZE      16384
#define VERDICT_INPUT_MAX 16384

/* Fed in pieces of piece bytes. */
void verdict_ours(const uint8_t *data, size_t len, size_t piece, char ret_verdict[VERDICT_SIZE]);

/* The same by llhttp, where this build has it. */
bool verdict_have_llhttp(void);
void verdict_llhttp(const uint8_t *data, size_t len, char ret_verdict[VERDICT_SIZE]);

/* The rule: what is accepted here llhttp accepts, and it means the same. A method that only the decoy site
 * answers may be unknown to llhttp: the connection ends with it. */
bool verdict_agrees(const char *ours, const char *llhttp);

/* \r \n \t \\ \xHH stand for bytes; -1 for anything else behind a backslash. */
int verdict_unescape(const char *text, size_t len, uint8_t ret_data[VERDICT_INPUT_MAX], size_t *ret_len);

#endif
