#include "proto/note.h"

#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/text.h"

#include <sodium.h>
#include <string.h>

#define SIGNATURE_MARK    "\xe2\x80\x94 " /* EM DASH and a space */
#define ALGORITHM_ED25519 0x01
#define BLOB_BYTES        (NOTE_KEY_ID_BYTES + ED25519_SIGNATURE_BYTES)

/* The note's text ends at its last empty line. */
static int find_text(const uint8_t *data, size_t len, size_t *ret_text_len)
{
	for (size_t at = len; at >= 2; at--) {
		if (data[at - 1] == '\n' && data[at - 2] == '\n') {
			*ret_text_len = at - 1;
			return 0;
		}
	}
	return -1;
}

static int take_signature(struct reader *reader, struct note_signature *ret_signature)
{
	uint8_t blob[BLOB_BYTES];
	const char *line = NULL, *name = NULL;
	size_t line_len = 0, name_len = 0;
	struct reader fields;

	if (reader_line(reader, &line, &line_len) != 0)
		return -1;
	fields = reader_of(line, line_len);
	if (reader_literal(&fields, SIGNATURE_MARK) != 0 ||
		reader_field(&fields, ' ', &name, &name_len) != 0 ||
		name_of(name, name_len, ret_signature->name) != 0 ||
		base64_decode_fixed(
			BASE64_PADDED, (const char *)fields.at, fields.left, blob, sizeof(blob)) != 0)
		return -1;
	memcpy(ret_signature->key_id, blob, NOTE_KEY_ID_BYTES);
	memcpy(ret_signature->signature, blob + NOTE_KEY_ID_BYTES, ED25519_SIGNATURE_BYTES);
	return 0;
}

static bool is_known(const struct note *note, const struct note_signature *signature)
{
	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *other = &note->signatures[i];

		if (strcmp(other->name, signature->name) == 0 &&
			bytes_equal(other->key_id, signature->key_id, NOTE_KEY_ID_BYTES))
			return true;
	}
	return false;
}

int note_parse(const uint8_t *data, size_t len, struct note *ret_note, struct fault *fault)
{
	struct note note = { .text_len = 0 };
	struct note_signature signature = { .name = "" };
	struct reader reader;

	if (!text_is_lines((const char *)data, len))
		return fault_set(fault, "the note is not UTF-8 text without control characters");
	if (find_text(data, len, &note.text_len) != 0)
		return fault_set(fault, "the note has no empty line between its text and its signatures");
	reader = reader_of(data + note.text_len + 1, len - note.text_len - 1);
	while (reader.left > 0) {
		if (note.signature_count == NOTE_SIGNATURES_MAX)
			return fault_set(fault, "the note has more than %d signatures", NOTE_SIGNATURES_MAX);
		if (take_signature(&reader, &signature) != 0)
			return fault_set(fault, "the note's signature line %zu is malformed",
				note.signature_count + 1);
		if (is_known(&note, &signature))
			return fault_set(fault, "the note has two signatures of one key");
		note.signatures[note.signature_count++] = signature;
	}
	*ret_note = note;
	return 0;
}

int note_key_id(const char *name, const uint8_t public_key[ED25519_PUBLIC_BYTES],
	uint8_t ret_key_id[NOTE_KEY_ID_BYTES])
{
	struct buffer lines = buffer_of(NAME_SIZE + 2 + ED25519_PUBLIC_BYTES);
	uint8_t digest[SHA256_BYTES];
	int rc = -1;

	buffer_put_string(&lines, name);
	buffer_put_u8(&lines, '\n');
	buffer_put_u8(&lines, ALGORITHM_ED25519);
	buffer_put(&lines, public_key, ED25519_PUBLIC_BYTES);
	if (buffer_ok(&lines) != 0 || sha256_once(lines.data, lines.len, digest) != 0)
		goto cleanup;
	memcpy(ret_key_id, digest, NOTE_KEY_ID_BYTES);
	rc = 0;
cleanup:
	buffer_free(&lines);
	return rc;
}

int note_sign(const uint8_t *text, size_t text_len, const char *name, const uint8_t secret_key[64],
	struct note_signature *ret_signature)
{
	struct note_signature signature = { .name = "" };
	uint8_t public_key[ED25519_PUBLIC_BYTES];

	if (name_of(name, strlen(name), signature.name) != 0 ||
		crypto_sign_ed25519_sk_to_pk(public_key, secret_key) != 0 ||
		note_key_id(name, public_key, signature.key_id) != 0 ||
		crypto_sign_detached(signature.signature, NULL, text, text_len, secret_key) != 0)
		return -1;
	*ret_signature = signature;
	return 0;
}

int note_verify(const uint8_t *text, size_t text_len, const struct note_signature *signature,
	const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	uint8_t key_id[NOTE_KEY_ID_BYTES];

	if (note_key_id(signature->name, public_key, key_id) != 0 ||
		!bytes_equal(key_id, signature->key_id, sizeof(key_id)))
		return -1;
	return crypto_sign_verify_detached(signature->signature, text, text_len, public_key) == 0 ? 0 : -1;
}

void note_put_signature(struct buffer *out, const struct note_signature *signature)
{
	uint8_t blob[BLOB_BYTES];
	char text[BASE64_CHARS(BLOB_BYTES) + 1];

	memcpy(blob, signature->key_id, NOTE_KEY_ID_BYTES);
	memcpy(blob + NOTE_KEY_ID_BYTES, signature->signature, ED25519_SIGNATURE_BYTES);
	base64_encode(BASE64_PADDED, blob, sizeof(blob), text);
	buffer_put_string(out, SIGNATURE_MARK);
	buffer_put_format(out, "%s %s\n", signature->name, text);
}
