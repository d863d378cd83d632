/* The store's own code on one loop, without a daemon: a database in a folder of its own, a roster that the
 * test can sign for, and the other end of a front's channel. */
#ifndef TESTS_STORE_SCENE_H
#define TESTS_STORE_SCENE_H

#include "backend_fixture.h"
#include "roster_fixture.h"

#include "proto/sealed_report.h"
#include "store_state.h"

#define SCENE_BASE    "AAAAAAAAAAAAAAAAAAAAAA"
#define SCENE_ANSWERS 128

/* Keys of the fixture's people, by seed. */
enum person { NOBODY = 0, ADA = 1, OLGA = 2, MARIA = 3, STRANGER = 4 };

struct scene_answer {
	bool is_here, is_decoy, close;
	unsigned status;
	char content_type[64];
	char offset[24], complete[8], location[256], content_digest[CONTENT_DIGEST_SIZE],
		signature[ANSWER_SIGNATURE_SIZE];
	uint64_t content_length;
	struct buffer body;
};

struct scene {
	struct store store;
	struct keyring *keyring;
	struct channel *front;                      /* the test's end */
	struct scene_answer answers[SCENE_ANSWERS]; /* by request id */
	uint32_t next;
	char nonce[NONCE_SIZE]; /* of the last signed request */
	enum urgency urgency;   /* of what seal_report makes */
	int64_t ahead;          /* of the real clock, across restarts */
	void *folder;
};

/* What goes beside a request. */
struct scene_ask {
	enum http_method method;
	const char *path; /* behind /BASE/v1/ */
	const void *body;
	size_t len;
	size_t send;        /* bytes of the body to send now; len where 0 */
	enum person signer; /* NOBODY: unsigned */
	int64_t skew;
	const char *nonce; /* NULL: a fresh one */
	const char *authority;
	const char *signed_path; /* NULL: as path */
	const char *upload_key, *upload_offset, *upload_complete, *mailbox_key, *hold_key;
	const char *authorization, *content_type;
};

int scene_begin(void **state);
int scene_end(void **state);
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

/* Changes the roster before it is signed; NULL leaves the fixture's. */
extern void (*scene_shape_roster)(struct roster *roster);

/* From now on it is this time, also behind a restart; what is due then happens. */
void scene_set_now(struct scene *scene, int64_t now);

/* Closes the store and opens it again on the same files, as after a crash. */
void scene_restart(struct scene *scene);
/* The two halves of it: what lies in the working folder may change in between. */
void scene_stop(struct scene *scene);
void scene_start(struct scene *scene);

/* Puts the request into the channel without sending it, so that several arrive together. */
uint32_t scene_put(struct scene *scene, const struct scene_ask *ask);
/* More of a body that scene_put began. */
void scene_put_body(struct scene *scene, uint32_t id, const uint8_t *data, size_t len);
void scene_put_gone(struct scene *scene, uint32_t id);
/* Sends what was put, and lets everybody work until nothing happens any more. */
void scene_run(struct scene *scene);
/* One request to its end. */
const struct scene_answer *scene_ask(struct scene *scene, const struct scene_ask *ask);
/* Answers are kept by number, SCENE_ANSWERS of them; from here on they are numbered from 0 again. */
static inline void scene_count_anew(struct scene *scene)
{
	while (scene->next > 0) {
		struct buffer body = scene->answers[--scene->next].body;

		body.len = 0;
		scene->answers[scene->next] = (struct scene_answer){ .body = body };
	}
}
/* `/problems/WORD` stands in the body. */
bool answer_says(const struct scene_answer *answer, const char *word);

/* Every write to a file fails from now on, or works again. */
void scene_break_disk(struct scene *scene, bool broken);

/* A sealed report of about content_len bytes for a desk of the fixture, and how it is asked for. */
struct sealed {
	struct buffer file;
	uint8_t id[REPORT_ID_BYTES];
	char hex[ID_SIZE];
	char put[512];    /* reports/{id}?… */
	char upload[512]; /* uploads?id=…&… */
	char report[128]; /* reports/{id} */
	char events[128]; /* reports/{id}/events */
	struct destination destination;
};

/* The hold key of every held report. */
void scene_hold_key(uint8_t ret_secret[64], uint8_t ret_public[ED25519_PUBLIC_BYTES]);

/* release 0: not held. */
void seal_report(struct scene *scene, const char *desk, size_t content_len, int64_t release,
	struct sealed *ret_sealed);
void sealed_free(struct sealed *sealed);
const struct scene_answer *scene_send(struct scene *scene, const struct sealed *sealed);

/* An acknowledgement of this report as number 1, to be changed, signed and freed. */
struct report_event *event_for(struct scene *scene, const struct sealed *sealed);
/* By this officer and by the report's proof key. */
void sign_event(
	struct scene *scene, const struct sealed *sealed, enum person officer, struct report_event *event);
/* An acknowledgement's JSON by this officer; number 1 follows nothing. */
void write_ack(struct scene *scene, const struct sealed *sealed, enum person officer, uint64_t number,
	struct buffer *out);

#endif
