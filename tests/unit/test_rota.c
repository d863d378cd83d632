/* A desk's rota as JSON: what comes back, and what is refused. test_store_rota.c is about who may write one.
 */
#include "proto/rota.h"
#include "roster_fixture.h"

#include <stdlib.h>
#include <string.h>

#define ORG "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/* FIXTURE_ISSUED is 2026-11-18T11:06:40Z. */
static struct rota *example(void)
{
	const struct duty duties[] = {
		{ .officer = "olga", .from = FIXTURE_ISSUED + 3600, .to = FIXTURE_ISSUED + 7200 },
		{ .officer = "maria", .from = FIXTURE_ISSUED, .to = FIXTURE_ISSUED + 3600 },
	};
	struct rota *rota = rota_new();
	uint8_t olga[32], olga_key[64];

	assert_non_null(rota);
	fixture_key(2, olga, olga_key);
	memcpy(rota->desk, "intake", sizeof "intake");
	rota->number = 1;
	rota->roster = 7;
	rota->created = FIXTURE_ISSUED;
	assert_int_equal(rota_set_duties(rota, duties, COUNT_OF(duties)), 0);
	assert_int_equal(rota_set_content(rota, (const uint8_t *)"note", 4), 0);
	assert_int_equal(rota_sign(rota, ORG, olga_key), 0);
	return rota;
}

static void written(const struct rota *rota, struct buffer *out)
{
	*out = buffer_of(ROTA_MAX);
	assert_int_equal(rota_write(rota, out), 0);
}

static void what_is_written_comes_back_in_order(void **state)
{
	struct rota *rota = example(), *parsed = NULL;
	struct buffer text;
	uint8_t one[SHA256_BYTES], other[SHA256_BYTES];
	struct fault fault;

	(void)state;
	written(rota, &text);
	assert_int_equal(rota_parse(buffer_text(&text), text.len, &parsed, &fault), 0);
	assert_int_equal(parsed->duty_count, 2);
	assert_string_equal(parsed->duties[0].officer, "maria");
	assert_string_equal(parsed->duties[1].officer, "olga");
	assert_int_equal(parsed->content_len, 4);
	assert_memory_equal(parsed->content, "note", 4);
	assert_int_equal(rota_digest(rota, ORG, one), 0);
	assert_int_equal(rota_digest(parsed, ORG, other), 0);
	assert_memory_equal(one, other, sizeof one);
	assert_int_equal(rota_verify(parsed, ORG), 0);
	assert_true(rota_covers(parsed, "maria", FIXTURE_ISSUED));
	assert_false(rota_covers(parsed, "maria", FIXTURE_ISSUED + 3600));
	assert_true(rota_covers(parsed, NULL, FIXTURE_ISSUED + 3600));
	assert_false(rota_covers(parsed, NULL, FIXTURE_ISSUED + 7200));
	parsed->content[0] = 'N';
	assert_int_equal(rota_verify(parsed, ORG), -1);
	rota_free(rota);
	rota_free(parsed);
	buffer_free(&text);
}

/* One place of a sound rota is another: it is refused, whatever its signature would say. */
static void a_malformed_one_is_refused(void **state)
{
	static const char *const changes[][2] = {
		{ "\"content\":", "\"contents\":" },
		{ "\"desk\":\"intake\"", "\"desk\":\"Intake\"" },
		{ "\"desk\":\"intake\"", "\"desk\":7" },
		{ "\"number\":1", "\"number\":0" },
		{ "\"number\":1", "\"number\":2" }, /* of one before that isn't named */
		{ "\"previous\":\"0", "\"previous\":\"1" },
		{ "\"previous\":\"0", "\"previous\":\"" },
		{ "\"roster\":7", "\"roster\":0" },
		{ "\"roster\":7", "\"roster\":-7" },
		{ "\"created\":\"2026", "\"created\":\"26" },
		{ "\"created\":\"2026", "\"created\":\"2025" }, /* its duties lie too far ahead */
		{ "\"content\":\"b", "\"content\":\"*" },
		{ "\"content\":\"bm90ZQ==\"", "\"content\":\"\"" },
		{ "\"officer\":\"maria\"", "\"officer\":\"olga\\u0000\"" },
		{ "\"officer\":\"maria\"", "\"officer\":\"maria\",\"phone\":1" },
		{ "\"to\":\"2026-11-18T12", "\"to\":\"2026-11-18T10" },
		{ "\"to\":\"2026-11-18T12", "\"to\":\"2026-12-18T10" },
		{ "\"from\":\"2026-11-18T11", "\"from\":\"2026-11-18T12" }, /* behind the next one */
		{ "\"duties\":[", "\"duties\":[7," },
		{ "\"duties\":[", "\"duties\":7,\"shifts\":[" },
		{ "\"keyid\":\"", "\"keyid\":\"A" },
		{ "\"signature\":\"", "\"signature\":\"A" },
	};
	struct rota *rota = example(), *parsed = NULL;
	struct buffer text;
	struct fault fault;

	(void)state;
	written(rota, &text);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		const char *at = strstr(buffer_text(&text), changes[i][0]);
		struct buffer changed = buffer_of(ROTA_MAX);

		assert_non_null(at);
		buffer_put(&changed, text.data, (size_t)(at - buffer_text(&text)));
		buffer_put_string(&changed, changes[i][1]);
		buffer_put_string(&changed, at + strlen(changes[i][0]));
		assert_int_equal(rota_parse(buffer_text(&changed), changed.len, &parsed, &fault), -1);
		assert_null(parsed);
		buffer_free(&changed);
	}
	rota_free(rota);
	buffer_free(&text);
}

static void too_much_is_refused(void **state)
{
	static struct duty duties[ROTA_DUTIES_MAX + 1];
	static uint8_t content[ROTA_CONTENT_MAX + 1];
	struct rota *rota = example(), *none = rota_new();
	struct buffer text = buffer_of(ROTA_MAX), small = buffer_of(64);

	(void)state;
	assert_non_null(none);
	assert_int_equal(rota_set_duties(rota, duties, COUNT_OF(duties)), -1);
	assert_int_equal(rota_set_content(rota, content, sizeof content), -1);
	assert_int_equal(rota->duty_count, 2);
	assert_int_equal(rota->content_len, 4);
	assert_int_equal(rota_write(none, &text), -1); /* nothing was ever written to the officers */
	assert_int_equal(rota_write(rota, &small), -1);
	rota_free(rota);
	rota_free(none);
	buffer_free(&text);
	buffer_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_comes_back_in_order),
		cmocka_unit_test(a_malformed_one_is_refused),
		cmocka_unit_test(too_much_is_refused),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
