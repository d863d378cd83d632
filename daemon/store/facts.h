/* What the store knows of one report, sealed under its data key. */
#ifndef STORE_FACTS_H
#define STORE_FACTS_H

#include "backend.h"
#include "proto/buffer.h"
#include "proto/escalation.h"
#include "proto/event.h"
#include "proto/proof.h"
#include "proto/signed_objects.h"
#include "proto/time.h"
#include "proto/words.h"
#include "seal.h"

#define HASH_STATE_BYTES 104 /* libsodium's SHA-256 state */
#define UPLOAD_KEY_BYTES 32

/* uploading: bytes are still missing. held: complete, and not shown before its release. */
enum report_stage { STAGE_UPLOADING = 1, STAGE_HELD, STAGE_LISTED };

/* The header as it was uploaded; or one that an officer made, which another one has opened or hasn't yet. */
enum header_stage { HEADER_FIRST, HEADER_UNCONFIRMED, HEADER_CONFIRMED };

/* In sodium_malloc memory, for its data key. */
struct report_facts {
	/* of the row, not sealed again */
	uint64_t seq, body;
	uint8_t blind_id[BLIND_INDEX_BYTES];
	uint32_t epoch;
	uint8_t wrapped_key[WRAPPED_KEY_BYTES];
	uint8_t key[DATA_KEY_BYTES];
	/* sealed */
	enum report_stage stage;
	uint8_t id[SHA256_BYTES];
	char desk[NAME_SIZE];
	enum urgency urgency;
	enum report_state state;
	int64_t accepted; /* to the minute; to the hour once acknowledged */
	int64_t listed;   /* when its clock began: as accepted, or its release */
	char accepted_hour[TIME_SIZE];
	uint8_t signature[ED25519_SIGNATURE_BYTES]; /* of the acceptance */
	int64_t release;                            /* 0 for none */
	char hold_key[FINGERPRINT_SIZE];
	uint64_t hold_counter; /* of the last order; while held */
	uint64_t roster;
	uint64_t length; /* of the whole file */
	bool has_proof;
	uint8_t proof_key[ED25519_PUBLIC_BYTES];
	uint8_t header_digest[SHA256_BYTES];
	uint32_t chunk_count;
	uint32_t event_count;
	uint8_t last_event[SHA256_BYTES];
	int64_t changed; /* to the hour: when the last event came (not a header); its retention counts from
			    then */
	/* The newest header: sealed to which roster, whose it is, and who made it. */
	uint64_t header_roster;
	enum header_stage header_stage;
	uint8_t wrapped_by[ED25519_PUBLIC_BYTES]; /* zeros for the first */
	/* How far the alert has climbed (proto/escalation.h). */
	enum alert_level level;
	int64_t alerted;
	bool is_unanswered;
	uint64_t raised; /* the number of the last step; 0 where there was none but the first */
	/* From the first acknowledgement on: when the last event came, to the minute, who acknowledged, and
	 * whether somebody else has acted too. */
	int64_t progressed;
	uint8_t acknowledged_by[ED25519_PUBLIC_BYTES];
	bool is_seconded;
	/* What was promised (proto/escalation.h): since when its targets count, to the minute and 0 while
	 * nobody has acknowledged; whether somebody has tried to reach its sender; how many misses were
	 * alerted, and up to when they were looked for. */
	int64_t acknowledged;
	bool is_contacted;
	uint32_t misses;
	int64_t watched;
	/* while uploading */
	uint64_t offset;
	uint8_t upload_key_digest[SHA256_BYTES];
	uint8_t hash_state[HASH_STATE_BYTES];
	int64_t began;
	bool has_salt;
	uint8_t salt[SALT_BYTES];
};

MUST_USE struct report_facts *facts_new(void);
void facts_free(struct report_facts *facts);
MUST_USE int facts_write(const struct report_facts *facts, struct buffer *out);
/* Fills in the sealed part. */
MUST_USE int facts_parse(const uint8_t *data, size_t len, struct report_facts *facts);

#endif
