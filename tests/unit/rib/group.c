/* Sets of gateways and the rule of loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/group.h"
#include "rib/weight.h"

static void test_set(void **state)
{
	struct group_set s = {0}, t = {0};

	group_set_add(&s, 30, 1);
	group_set_add(&s, 10, 1);
	group_set_add(&s, 20, 1);
	group_set_add(&s, 10, 1);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.gateway[0], 10);
	assert_int_equal(s.gateway[2], 30);
	assert_true(group_set_has(&s, 20));
	assert_false(group_set_has(&s, 25));
	assert_false(group_set_has(&s, 31));
	group_set_add(&t, 20, 1);
	group_set_add(&t, 30, 1);
	assert_false(group_set_equal(&s, &t));
	group_set_add(&t, 10, 1);
	assert_true(group_set_equal(&s, &t));
	for (uint32_t i = 0; i < 2 * FIB_GROUP_MEMBERS_MAX; i++)
		group_set_add(&t, 100 + i, 1);
	assert_int_equal(t.n, FIB_GROUP_MEMBERS_MAX);
}

static struct group_set set_of(const char *gateways, const uint8_t *weights)
{
	struct group_set s = {0};
	for (size_t i = 0; gateways[i]; i++)
		group_set_add(&s, (uint32_t)(gateways[i] - '0'), weights ? weights[i] : 1);
	return s;
}

static bool is(const struct group_id *g, const char *live, const char *fallback)
{
	struct group_id want = {set_of(live, NULL), set_of(fallback, NULL)};
	return group_id_equal(g, &want);
}

static void test_drop(void **state)
{
	struct group_id g = {set_of("12", NULL), set_of("34", NULL)};

	assert_false(group_drop(&g, 9));
	assert_true(group_drop(&g, 3));
	assert_true(is(&g, "12", "4"));
	assert_true(group_drop(&g, 1));
	assert_true(is(&g, "2", "4"));
	assert_true(group_drop(&g, 2));
	assert_true(is(&g, "4", ""));
	assert_true(group_drop(&g, 4));
	assert_int_equal(g.live.n + g.fallback.n, 0);
	assert_false(group_drop(&g, 4));
}

static void test_weights_stay_with_their_gateways(void **state)
{
	const uint8_t w[] = {240, 7, 120};
	struct group_set s = set_of("312", w);
	struct group_id g = {s, set_of("45", w)};

	assert_int_equal(group_set_weight(&s, 3), 240);
	assert_int_equal(group_set_weight(&s, 1), 7);
	assert_int_equal(group_set_weight(&s, 2), 120);
	assert_int_equal(group_set_weight(&s, 4), 0);
	assert_false(group_set_equal(&s, &(struct group_set){0}));
	struct group_set plain = set_of("123", NULL);
	assert_false(group_set_equal(&s, &plain));
	assert_true(group_drop(&g, 1));
	assert_int_equal(group_set_weight(&g.live, 3), 240);
	assert_int_equal(group_set_weight(&g.live, 2), 120);
	assert_true(group_drop(&g, 2) && group_drop(&g, 3));
	assert_int_equal(group_set_weight(&g.live, 4), 240);
	assert_int_equal(group_set_weight(&g.live, 5), 7);
}

/* ---- weights of bandwidths ---- */

static void test_weights(void **state)
{
	static const struct {
		double bandwidth[4];
		uint8_t weight[4];
	} rows[] = {
		{{0, 0, 0, 0}, {1, 1, 1, 1}},
		{{1e9, 1e9, 1e9, 1e9}, {1, 1, 1, 1}},
		{{1e38, 1e38, 0.99e38, 1e38}, {1, 1, 1, 1}},
		{{10, 25, 40, 100}, {24, 60, 96, 240}},
		{{1, 2, 3, 6}, {40, 80, 120, 240}},
		{{100, 1, 0.1, 0}, {240, 2, 1, 1}},
		{{1e-40, 2e-40, 4e-40, 8e-40}, {30, 60, 120, 240}},
		{{1, 0, 0, 0}, {240, 1, 1, 1}},
		{{16.4, 16.6, 17.1, 240}, {16, 16, 18, 240}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t w[4];
		weights_make(rows[i].bandwidth, 4, w);
		assert_memory_equal(w, rows[i].weight, 4);
	}
}

/* Whatever the bandwidths: what the kernel keeps after losses serves what is wanted then. */
static void test_what_remains_serves(void **state)
{
	uint32_t random = 1;

	for (unsigned round = 0; round < 20000; round++) {
		double bandwidth[6];
		uint8_t have[6], wanted[6];
		for (size_t i = 0; i < 6; i++) {
			random = random * 1664525 + 1013904223;
			bandwidth[i] = 1 + (random >> 8) % (round % 2 ? 3 : 150);
		}
		weights_make(bandwidth, 6, have);
		for (size_t gone = 0; gone < 6; gone++) {
			weights_make(bandwidth + gone, 6 - gone, wanted);
			assert_true(weights_serve(have + gone, wanted, 6 - gone));
		}
	}
}

static void test_others_do_not_serve(void **state)
{
	static const struct {
		uint8_t have[2], wanted[2];
		bool serve;
	} rows[] = {
		{{1, 1}, {1, 1}, true},
		{{1, 1}, {240, 240}, true},
		{{1, 1}, {120, 240}, false},
		{{240, 120}, {1, 1}, false},
		{{240, 120}, {120, 240}, false},
		{{240, 120}, {240, 128}, true},
		{{240, 120}, {240, 160}, false},
		{{240, 120}, {240, 96}, false},
		{{240, 1}, {240, 3}, false},
		{{30, 60}, {120, 240}, true},
		{{30, 60}, {96, 240}, false},
		{{52, 52}, {1, 1}, true},
		{{52, 24}, {1, 1}, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(weights_serve(rows[i].have, rows[i].wanted, 2), rows[i].serve);
	const uint8_t w[] = {240, 120};
	struct group_id a = {set_of("12", w), set_of("34", w)},
			b = {set_of("12", w), set_of("35", w)};
	assert_false(group_id_serves(&a, &b));
	b = (struct group_id){set_of("12", w), set_of("34", NULL)};
	assert_false(group_id_serves(&a, &b));
	b = a;
	b.live.weight[1] = 128;
	assert_true(group_id_serves(&a, &b));
	assert_false(group_id_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_weights_stay_with_their_gateways),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_what_remains_serves),
		cmocka_unit_test(test_others_do_not_serve),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
