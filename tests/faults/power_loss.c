/* Cuts the power of a store at every step, and looks what is left: power_loss STATES [SEED]
 *
 * The store's own code serves requests while record.c notes what it does to its files; disk.c makes what a
 * cut may leave of that; the store is opened on it, and asked for every report. What was answered as accepted
 * before the cut is there, byte for byte, with its acknowledgement where that was accepted; anything else is
 * wholly there or not at all; a report in an upload is never shown. Then the store goes on from one of those
 * states, so that later cuts hit files that earlier ones have damaged. */
#include "disk.h"
#include "store_scene.h"

#include <dirent.h>
#include <inttypes.h>
#include <sqlite3.h>

#define REPORTS_MAX  64  /* of one life: then everything begins on an empty disk */
#define ACTS         14  /* between two power cuts that the store goes on from */
#define STATES_OF    220 /* of one such stretch at most */
#define UPLOAD_KEY   "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define NOT_YET      SIZE_MAX
#define ANSWERS_ROOM 100

struct sent {
	struct sealed sealed;
	size_t accepted, acknowledged; /* the mark of the answer; 0 from an earlier stretch */
	bool is_asked_ack;
};

struct life {
	struct scene *scene;
	struct sent sent[REPORTS_MAX];
	size_t count;
	uint64_t chance;
	char home[64];
};

static uint64_t states_wanted = 200, states_done, seed = 1, reports_accepted, records_seen, stretch;

static uint64_t pick(struct life *life, uint64_t below)
{
	return chance_next(&life->chance) % below;
}

/* The scene numbers its answers; a long life needs them again. */
static void forget_answers(struct scene *scene)
{
	for (size_t i = 0; i < SCENE_ANSWERS; i++) {
		struct buffer body = scene->answers[i].body;

		body.len = 0;
		scene->answers[i] = (struct scene_answer){ .body = body };
	}
	scene->next = 0;
}

static void room_for_answers(struct life *life)
{
	if (life->scene->next > ANSWERS_ROOM)
		forget_answers(life->scene);
}

/* --- what the store is given to do */

static struct sent *new_report(struct life *life)
{
	static const size_t lengths[] = { 300, 3000, 9000, 60000, 66000, 200000 };
	struct sent *sent = &life->sent[life->count++];

	*sent = (struct sent){ .accepted = NOT_YET, .acknowledged = NOT_YET };
	seal_report(life->scene, "intake", lengths[pick(life, COUNT_OF(lengths))] + pick(life, 500), 0,
		&sent->sealed);
	return sent;
}

/* Several at once are one group. */
static void send_group(struct life *life)
{
	size_t first = life->count, wanted = 1 + pick(life, 4);
	uint32_t ids[4];

	for (size_t i = 0; i < wanted && life->count < REPORTS_MAX; i++) {
		struct sent *sent = new_report(life);

		ids[i] = scene_put(life->scene, &(struct scene_ask){ .method = METHOD_PUT,
							.path = sent->sealed.put,
							.body = sent->sealed.file.data,
							.len = sent->sealed.file.len });
	}
	scene_run(life->scene);
	for (size_t i = first; i < life->count; i++) {
		assert_int_equal(life->scene->answers[ids[i - first]].status, 201);
		life->sent[i].accepted = record_mark();
		reports_accepted++;
	}
}

/* An upload in two parts, which may stop after the first. */
static void upload(struct life *life)
{
	struct sent *sent;
	struct sealed *sealed;
	char offset[24] = "0";
	const struct scene_answer *answer;
	size_t half;

	if (life->count == REPORTS_MAX)
		return;
	sent = new_report(life);
	sealed = &sent->sealed;
	half = sealed->file.len / 2;
	assert_int_equal(scene_ask(life->scene, &(struct scene_ask){ .method = METHOD_POST,
							.path = sealed->upload,
							.upload_key = UPLOAD_KEY })
				 ->status,
		201);
	for (unsigned part = 0; part < 2 && (part == 0 || pick(life, 4) != 0); part++) {
		size_t begin = part == 0 ? 0 : half;

		(void)snprintf(offset, sizeof offset, "%zu", begin);
		answer = scene_ask(life->scene, &(struct scene_ask){ .method = METHOD_PATCH,
							.path = sealed->report,
							.upload_key = UPLOAD_KEY,
							.upload_offset = offset,
							.upload_complete = part == 1 ? "?1" : "?0",
							.body = sealed->file.data + begin,
							.len = part == 0 ? half : sealed->file.len - half });
		assert_int_equal(answer->status, part == 1 ? 201 : 204);
		if (part == 1)
			sent->accepted = record_mark();
	}
	reports_accepted += sent->accepted != NOT_YET;
}

static void acknowledge(struct life *life)
{
	struct sent *sent = life->count == 0 ? NULL : &life->sent[pick(life, life->count)];
	struct buffer event = buffer_of(64 * 1024);

	if (sent == NULL || sent->accepted == NOT_YET || sent->is_asked_ack)
		return;
	sent->is_asked_ack = true;
	write_ack(life->scene, &sent->sealed, OLGA, 1, &event);
	assert_int_equal(scene_ask(life->scene, &(struct scene_ask){ .method = METHOD_POST,
							.path = sent->sealed.events,
							.body = event.data,
							.len = event.len,
							.signer = OLGA })
				 ->status,
		201);
	sent->acknowledged = record_mark();
	buffer_free(&event);
}

/* As the checkpoint role does it: a connection of its own, without the gathering of the log. */
static void checkpoint_beside(void)
{
	sqlite3 *other = NULL;

	assert_int_equal(sqlite3_open(NAME, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "PRAGMA synchronous = FULL; SELECT count(*) FROM sqlite_schema",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(
		sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void act(struct life *life)
{
	room_for_answers(life);
	switch (pick(life, 10)) {
	case 0:
		checkpoint_beside();
		break;
	case 1:
		(void)backend_restart_log(life->scene->store.backend);
		break;
	case 2:
		assert_int_equal(backend_checkpoint(life->scene->store.backend), 0);
		break;
	case 3:
		scene_restart(life->scene);
		break;
	case 4:
		upload(life);
		break;
	case 5:
	case 6:
		acknowledge(life);
		break;
	default:
		send_group(life);
		break;
	}
}

/* --- what is left */

static const struct scene_answer *get(struct life *life, const char *path)
{
	room_for_answers(life);
	return scene_ask(
		life->scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
}

static void expect_report(struct life *life, const struct sent *sent, size_t cut)
{
	bool is_promised = sent->accepted != NOT_YET && sent->accepted < cut;
	bool is_ack_promised = sent->acknowledged != NOT_YET && sent->acknowledged < cut;
	const struct scene_answer *answer = get(life, sent->sealed.report);

	if (answer->status == 403) { /* as for one of another desk */
		assert_false(is_promised);
		return;
	}
	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, sent->sealed.file.len);
	assert_memory_equal(answer->body.data, sent->sealed.file.data, sent->sealed.file.len);
	answer = get(life, sent->sealed.events);
	assert_int_equal(answer->status, 200);
	if (is_ack_promised)
		assert_non_null(memmem(answer->body.data, answer->body.len, "\"ack\"", 5));
}

/* Every report of which the store has a whole one is listed; nothing else is. */
static void expect_list(struct life *life, size_t cut)
{
	const struct scene_answer *answer = get(life, "desks/intake/alerts");

	assert_int_equal(answer->status, 200);
	for (size_t i = 0; i < life->count; i++) {
		const struct sent *sent = &life->sent[i];

		if (sent->accepted != NOT_YET && sent->accepted < cut)
			assert_non_null(memmem(answer->body.data, answer->body.len, sent->sealed.hex,
				strlen(sent->sealed.hex)));
	}
}

static void empty_folder(void)
{
	DIR *here = opendir(".");

	assert_non_null(here);
	for (struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here))
		if (entry->d_name[0] != '.')
			assert_int_equal(unlink(entry->d_name), 0);
	closedir(here);
}

static void expect_all(struct life *life, size_t cut)
{
	scene_start(life->scene);
	expect_list(life, cut);
	for (size_t i = 0; i < life->count; i++)
		expect_report(life, &life->sent[i], cut);
}

/* The last state is what the store goes on from: what that cut has lost was never promised. */
static void settle_promises(struct life *life, size_t cut)
{
	for (size_t i = 0; i < life->count; i++) {
		struct sent *sent = &life->sent[i];

		sent->accepted = sent->accepted != NOT_YET && sent->accepted < cut ? 0 : NOT_YET;
		sent->acknowledged = sent->acknowledged != NOT_YET && sent->acknowledged < cut ? 0 : NOT_YET;
	}
}

/* One state that a cut at this record may leave, with the store running on it. */
static void cut_and_look(struct life *life, struct disk *disk, size_t cut)
{
	forget_answers(life->scene);
	empty_folder();
	disk_go(disk, cut);
	disk_cut(disk, chance_next(&life->chance));
	expect_all(life, cut);
	states_done++;
}

/* Behind what lay there when the recording began. */
static size_t first_cut(const struct record *records, size_t count)
{
	size_t at = 0;

	while (at < count && records[at].deed != DEED_SYNC_FOLDER)
		at++;
	return at + 1;
}

/* Where a loss shows most: the next answer from here was just given. */
static size_t behind_a_promise(const struct record *records, size_t count, size_t at)
{
	for (size_t i = at; i < count; i++)
		if (records[i].deed == DEED_MARK)
			return i + 1;
	return at;
}

static void try_states(struct life *life, const struct record *records, size_t count)
{
	struct disk *disk = disk_new(records, count);
	uint64_t wanted = states_wanted - states_done < STATES_OF ? states_wanted - states_done : STATES_OF;
	size_t first = first_cut(records, count), cuts = count - first;
	size_t last = first + cuts / 2 + (size_t)pick(life, cuts / 2), cut = first;

	/* Rising, so that what is durable is made once. */
	for (uint64_t i = 1; i < wanted; i++) {
		size_t next = first + (size_t)((i * cuts + pick(life, cuts)) / wanted);

		if (pick(life, 2) == 0)
			next = behind_a_promise(records, count, next);
		cut = next > cut ? next : cut;
		cut_and_look(life, disk, cut);
		scene_stop(life->scene);
	}
	disk_free(disk);
	disk = disk_new(records, count);
	cut_and_look(life, disk, last);
	disk_free(disk);
	settle_promises(life, last);
}

static void live(struct life *life)
{
	while (life->count < REPORTS_MAX - 4 && states_done < states_wanted) {
		const struct record *records;
		size_t count;

		stretch++;
		scene_stop(life->scene);
		record_begin();
		scene_start(life->scene);
		for (unsigned i = 0; i < ACTS; i++)
			act(life);
		scene_stop(life->scene);
		count = record_end(&records);
		records_seen += count;
		try_states(life, records, count);
		forget_answers(life->scene);
	}
}

static void test_a_power_cut_loses_nothing_that_was_accepted(void **state)
{
	static struct life life;

	life = (struct life){ .chance = seed };
	while (states_done < states_wanted) {
		void *scene = NULL;

		if (*state != NULL)
			assert_int_equal(scene_end(state), 0);
		assert_int_equal(scene_begin(&scene), 0);
		*state = scene;
		life.scene = scene;
		life.count = 0;
		live(&life);
		for (size_t i = 0; i < life.count; i++)
			sealed_free(&life.sent[i].sealed);
	}
	print_message("%" PRIu64 " crash states of %" PRIu64 " recorded steps, %" PRIu64
		      " reports accepted, 0 lost (seed %" PRIu64 ")\n",
		states_done, records_seen, reports_accepted, seed);
}

/* After a failure the store may be half open: its folder is left as it is, to be looked at. */
static int end(void **state)
{
	const struct scene *scene = *state;

	if (states_done == states_wanted)
		return scene_end(state);
	print_error("state %" PRIu64 " of seed %" PRIu64 ", stretch %" PRIu64 ", lies in %s\n", states_done,
		seed, stretch, scene == NULL ? "no folder" : (const char *)scene->folder);
	return 0;
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_a_power_cut_loses_nothing_that_was_accepted, end),
	};

	if (argument_count > 1)
		states_wanted = strtoull(arguments[1], NULL, 10);
	if (argument_count > 2)
		seed = strtoull(arguments[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
