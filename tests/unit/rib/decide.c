/* The decision: each step as a pair, elimination by MED, the ECMP set and its rules, the fallback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/decide.h"

struct spec {
	uint32_t local_pref;
	uint16_t as_path_length;
	uint8_t origin;
	uint32_t med;
	uint32_t first_as;
	bool ibgp;
	uint32_t router_id;
	uint32_t originator_id;
	uint16_t cluster_list_len;
	uint32_t peer_address;
	uint32_t path_id;
	uint32_t gateway;
	float bandwidth;
};

/* Values that the specs of a test leave at 0 are alike. */
static struct candidate candidate(const struct spec *s)
{
	struct attrs *a = calloc(1, sizeof(*a) + 8);

	a->local_pref = s->local_pref;
	a->as_path_length = s->as_path_length;
	a->origin = s->origin;
	a->med = s->med;
	a->first_as = s->first_as;
	a->cluster_list_len = s->cluster_list_len;
	a->as_path_len = 4;
	memcpy(a->bytes, &s->first_as, 4);
	if (s->originator_id)
		a->originator_id = addr_v4(s->originator_id);
	return (struct candidate){.attrs = a,
		.local_pref = s->local_pref,
		.med = s->med,
		.router_id = addr_v4(s->router_id),
		.peer_address = addr_v4(s->peer_address),
		.path_id = s->path_id,
		.gateway = s->gateway,
		.bandwidth = s->bandwidth,
		.ebgp = !s->ibgp};
}

static void forget(struct candidate *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)c[i].attrs);
}

static void test_steps(void **state)
{
	static const struct {
		struct spec win, lose;
		int step;
	} rows[] = {
		{{.local_pref = 200, .as_path_length = 9}, {.local_pref = 100}, DECIDE_LOCAL_PREF},
		{{.as_path_length = 1, .origin = 2}, {.as_path_length = 2}, DECIDE_AS_PATH},
		{{.origin = 0, .med = 9}, {.origin = 1}, DECIDE_ORIGIN},
		{{.origin = 1}, {.origin = 2}, DECIDE_ORIGIN},
		{{.med = 1, .first_as = 7, .ibgp = true}, {.med = 2, .first_as = 7}, DECIDE_MED},
		{{.med = 9, .first_as = 7}, {.med = 2, .first_as = 8, .ibgp = true}, DECIDE_EBGP},
		{{.router_id = 9}, {.ibgp = true, .router_id = 1}, DECIDE_EBGP},
		{{.router_id = 1, .cluster_list_len = 8}, {.router_id = 2}, DECIDE_ROUTER_ID},
		{{.originator_id = 1, .router_id = 9}, {.router_id = 2}, DECIDE_ROUTER_ID},
		{{.cluster_list_len = 4, .peer_address = 2},
			{.cluster_list_len = 8, .peer_address = 1}, DECIDE_CLUSTER_LIST},
		{{.peer_address = 1, .path_id = 9}, {.peer_address = 2, .path_id = 1},
			DECIDE_PEER_ADDRESS},
		{{.path_id = 1}, {.path_id = 2}, DECIDE_PATH_ID},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct candidate c[2] = {candidate(&rows[i].win), candidate(&rows[i].lose)};
		assert_int_equal(decide_compare(&c[0], &c[1]), rows[i].step);
		assert_int_equal(decide_compare(&c[1], &c[0]), -rows[i].step);
		assert_int_equal(decide_compare(&c[0], &c[0]), DECIDE_SAME);
		forget(c, 2);
	}
}

/* Decides in every rotation of the specs: the result must be the same. Sets as bits of gateways. */
static void expect(const struct spec *s, size_t n, struct decide_rules rules, unsigned best,
	unsigned live, unsigned fallback)
{
	static struct group_id id;

	for (size_t turn = 0; turn < n; turn++) {
		struct candidate c[8];
		unsigned bits[2] = {0}, found = 0;
		for (size_t i = 0; i < n; i++)
			c[i] = candidate(&s[(i + turn) % n]);
		decide(c, n, &rules, &id);
		for (uint16_t i = 0; i < id.live.n; i++)
			bits[0] |= 1u << id.live.gateway[i];
		for (uint16_t i = 0; i < id.fallback.n; i++)
			bits[1] |= 1u << id.fallback.gateway[i];
		for (size_t i = 0; i < n; i++) {
			if (c[i].decided & DECIDED_BEST)
				found = c[i].gateway;
			assert_int_equal((c[i].decided & DECIDED_LIVE) != 0 &&
						 (c[i].decided & DECIDED_FALLBACK) != 0,
				0);
		}
		assert_int_equal(found, best);
		assert_int_equal(bits[0], live);
		assert_int_equal(bits[1], fallback);
		forget(c, n);
	}
}

static const struct decide_rules relaxed = {16, true, DECIDE_BANDWIDTH_IGNORE},
				 strict = {16, false, DECIDE_BANDWIDTH_IGNORE};

static void test_ecmp(void **state)
{
	const struct spec s[] = {{.first_as = 1, .router_id = 3, .gateway = 1},
		{.first_as = 2, .router_id = 2, .gateway = 2},
		{.first_as = 1, .router_id = 4, .gateway = 3},
		{.first_as = 1, .router_id = 9, .gateway = 4, .as_path_length = 1}};

	expect(s, 4, relaxed, 2, 1 << 1 | 1 << 2 | 1 << 3, 1 << 4);
	expect(s, 4, strict, 2, 1 << 2, 1 << 1 | 1 << 3);
	expect(s, 4, (struct decide_rules){.maximum_paths = 2, .relax = true}, 2, 1 << 1 | 1 << 2,
		1 << 3);
	expect(s, 4, (struct decide_rules){.maximum_paths = 1, .relax = true}, 2, 1 << 2, 1 << 1);
	expect(s, 1, relaxed, 1, 1 << 1, 0);
}

static void test_ecmp_ibgp(void **state)
{
	const struct spec s[] = {{.ibgp = true, .first_as = 1, .router_id = 1, .gateway = 1},
		{.ibgp = true, .first_as = 2, .router_id = 2, .gateway = 2},
		{.ibgp = true, .first_as = 1, .router_id = 3, .gateway = 3},
		{.first_as = 1, .router_id = 9, .gateway = 4}};

	expect(s, 3, strict, 1, 1 << 1 | 1 << 3, 1 << 2); /* identical AS_PATH alone */
	expect(s, 3, relaxed, 1, 1 << 1 | 1 << 2 | 1 << 3, 0);
	expect(s, 4, relaxed, 4, 1 << 4, 1 << 1 | 1 << 2 | 1 << 3); /* never mixed with eBGP */
}

static void test_same_gateway_once(void **state)
{
	const struct spec s[] = {{.router_id = 1, .gateway = 1}, {.router_id = 2, .gateway = 1},
		{.router_id = 3, .gateway = 2}, {.router_id = 4, .gateway = 1, .local_pref = 0}};

	expect(s, 3, (struct decide_rules){.maximum_paths = 2, .relax = true}, 1, 1 << 1 | 1 << 2,
		0);
	const struct spec worse[] = {{.local_pref = 2, .router_id = 1, .gateway = 1},
		{.local_pref = 1, .router_id = 2, .gateway = 1},
		{.local_pref = 0, .router_id = 3, .gateway = 2}};
	expect(worse, 3, relaxed, 1, 1 << 1, 1 << 2); /* a gateway in use is no fallback */
}

/* MED is compared within an AS, and what it removes does not come back: whatever the order. */
static void test_med(void **state)
{
	const struct spec s[] = {{.first_as = 1, .med = 10, .router_id = 1, .gateway = 1},
		{.first_as = 1, .med = 5, .router_id = 3, .gateway = 2},
		{.first_as = 2, .med = 100, .router_id = 2, .gateway = 3}};

	expect(s, 3, relaxed, 3, 1 << 2 | 1 << 3, 1 << 1);
	const struct spec ibgp[] = {
		{.first_as = 1, .med = 5, .router_id = 3, .gateway = 1, .ibgp = true},
		{.first_as = 1, .med = 10, .router_id = 1, .gateway = 2},
		{.first_as = 2, .med = 100, .router_id = 2, .gateway = 3, .ibgp = true}};
	expect(ibgp, 3, relaxed, 3, 1 << 1 | 1 << 3, 1 << 2);
}

static void test_fallback_levels(void **state)
{
	const struct spec s[] = {{.local_pref = 3, .gateway = 1},
		{.local_pref = 2, .gateway = 2, .router_id = 1},
		{.local_pref = 2, .gateway = 3, .router_id = 2}, {.local_pref = 1, .gateway = 4}};

	expect(s, 4, relaxed, 1, 1 << 1, 1 << 2 | 1 << 3);
}

/* The weights of gateways 1 .. 4 in the set; 0: not in it. */
static void expect_weights(const struct group_set *s, const uint8_t *weight)
{
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(group_set_weight(s, i + 1), weight[i]);
}

static void test_bandwidth(void **state)
{
	static const struct {
		enum decide_bandwidth mode;
		float bandwidth[4]; /* of gateways 1 .. 4, the last is of the next best */
		uint8_t live[4];
		uint8_t fallback[4];
	} rows[] = {
		{DECIDE_BANDWIDTH_IGNORE, {1, 2, 4, 1}, {1, 1, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_ALL, {1, 2, 4, 1}, {60, 120, 240}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_ALL, {1, 2, 0, 1}, {1, 1, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_ALL, {3, 3, 3, 0}, {1, 1, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_SKIP_MISSING, {1, 2, 0, 1}, {120, 240, 0}, {0, 0, 1, 0}},
		{DECIDE_BANDWIDTH_SKIP_MISSING, {0, 0, 4, 9}, {0, 0, 1}, {1, 1, 0, 0}},
		{DECIDE_BANDWIDTH_SKIP_MISSING, {0, 0, 0, 1}, {1, 1, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_SKIP_MISSING, {1, 2, 4, 1}, {60, 120, 240}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_DEFAULT_WEIGHT, {1, 2, 0, 1}, {120, 240, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_DEFAULT_WEIGHT, {0, 0, 0, 1}, {1, 1, 1}, {0, 0, 0, 1}},
		{DECIDE_BANDWIDTH_DEFAULT_WEIGHT, {1, 2, 4, 1}, {60, 120, 240}, {0, 0, 0, 1}},
	};
	static struct group_id id;

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct decide_rules rules = {16, true, rows[row].mode};
		struct candidate c[4];
		for (uint32_t i = 0; i < 4; i++)
			c[i] = candidate(&(struct spec){.gateway = i + 1,
				.router_id = i + 1,
				.local_pref = i < 3 ? 200 : 100,
				.bandwidth = rows[row].bandwidth[i]});
		decide(c, 4, &rules, &id);
		expect_weights(&id.live, rows[row].live);
		expect_weights(&id.fallback, rows[row].fallback);
		forget(c, 4);
	}
}

/* Two paths lead there: the larger counts. */
static void test_bandwidth_of_a_gateway(void **state)
{
	const struct spec s[] = {{.gateway = 1, .router_id = 1, .bandwidth = 1},
		{.gateway = 1, .router_id = 2, .bandwidth = 4},
		{.gateway = 2, .router_id = 3, .bandwidth = 2}};
	struct decide_rules rules = {16, true, DECIDE_BANDWIDTH_ALL};
	static struct group_id id;
	struct candidate c[3];

	for (size_t i = 0; i < 3; i++)
		c[i] = candidate(&s[i]);
	decide(c, 3, &rules, &id);
	expect_weights(&id.live, (const uint8_t[]){240, 120, 0, 0});
	forget(c, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_ecmp),
		cmocka_unit_test(test_ecmp_ibgp),
		cmocka_unit_test(test_same_gateway_once),
		cmocka_unit_test(test_med),
		cmocka_unit_test(test_fallback_levels),
		cmocka_unit_test(test_bandwidth),
		cmocka_unit_test(test_bandwidth_of_a_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
