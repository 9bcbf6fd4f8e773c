/* The attribute store: one set a content, counted, memory returned; what is derived from a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/ext_community.h"
#include "rib/attr.h"

static const uint8_t path_bytes[] = {2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea};
static const uint8_t communities[] = {0xfd, 0xe9, 0, 100, 0xff, 0xff, 0xff, 1};
static const uint8_t large[] = {0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};
static const uint8_t ext[] = {0, 2, 0xfd, 0xe9, 0, 0, 0, 100};
static const uint8_t clusters[] = {1, 2, 3, 4};

#define BYTES(array) ((struct attr_bytes){.bytes = (array), .len = sizeof(array)})

static struct attr_view view_full(void)
{
	return (struct attr_view){.origin = ATTR_ORIGIN_EGP,
		.has_med = true,
		.has_local_pref = true,
		.has_aggregator = true,
		.has_originator_id = true,
		.med = 5,
		.local_pref = 150,
		.aggregator_as = 65009,
		.aggregator = addr_v4(0x01020304),
		.originator_id = addr_v4(0x05060708),
		.as_path = BYTES(path_bytes),
		.communities = BYTES(communities),
		.ext_communities = BYTES(ext),
		.large_communities = BYTES(large),
		.cluster_list = BYTES(clusters)};
}

static const struct addr none = {.family = ADDR_NONE};

static void fields_of_a_set(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	struct attr_view v = view_full();
	struct addr local = {.family = ADDR_V6, .b = {0xfe, 0x80, [15] = 2}};
	const struct attrs *a = attr_get(s, &v, addr_v4(0x0a000001), local);
	assert_int_equal(a->origin, ATTR_ORIGIN_EGP);
	assert_int_equal(a->med, 5);
	assert_int_equal(a->local_pref, 150);
	assert_int_equal(a->flags, ATTR_HAS_MED | ATTR_HAS_LOCAL_PREF);
	assert_int_equal(a->first_as, 65001);
	assert_int_equal(a->origin_as, 65002);
	assert_int_equal(a->as_path_length, 2);
	assert_int_equal(a->aggregator_as, 65009);
	assert_int_equal(a->aggregator, 0x01020304);
	assert_true(addr_equal(a->originator_id, v.originator_id));
	assert_true(addr_equal(a->next_hop, addr_v4(0x0a000001)));
	assert_true(addr_equal(a->next_hop_link_local, local));
	assert_int_equal(a->len, 10 + 8 + 8 + 12 + 4);
	assert_memory_equal(a->bytes, path_bytes, 10);
	assert_memory_equal(a->bytes + 10, communities, 8);
	assert_memory_equal(a->bytes + 18, ext, 8);
	assert_memory_equal(a->bytes + 26, large, 12);
	assert_memory_equal(a->bytes + 38, clusters, 4);
	attr_put(s, a);
	attr_store_free(s);
}

static void what_is_absent(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	struct attr_view v = {
		.med = 9, .local_pref = 9, .aggregator_as = 9, .atomic_aggregate = true};
	const struct attrs *a = attr_get(s, &v, none, none);
	assert_int_equal(a->med, 0);
	assert_int_equal(a->local_pref, 100);
	assert_int_equal(a->aggregator_as, 0);
	assert_int_equal(a->flags, ATTR_ATOMIC_AGGREGATE);
	assert_int_equal(a->first_as, 0);
	assert_int_equal(a->origin_as, 0);
	assert_int_equal(a->as_path_length, 0);
	assert_int_equal(a->len, 0);
	attr_put(s, a);
	attr_store_free(s);
}

static void equal_content_is_one_set(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	size_t empty = attr_store_bytes(s);
	uint8_t copy[sizeof(path_bytes)];
	struct attr_view v = view_full(), w = view_full();
	memcpy(copy, path_bytes, sizeof(copy));
	w.as_path.bytes = copy;
	const struct attrs *a = attr_get(s, &v, addr_v4(1), none);
	const struct attrs *b = attr_get(s, &w, addr_v4(1), none);
	assert_ptr_equal(a, b);
	assert_int_equal(a->refs, 2);
	attr_ref(a);
	assert_int_equal(a->refs, 3);
	assert_int_equal(attr_store_count(s), 1);
	assert_int_equal(attr_store_bytes(s), empty + offsetof(struct attrs, bytes) + a->len);
	attr_put(s, a);
	attr_put(s, a);
	assert_int_equal(attr_store_count(s), 1);
	attr_put(s, a);
	assert_int_equal(attr_store_count(s), 0);
	assert_int_equal(attr_store_bytes(s), empty);
	attr_store_free(s);
}

/* A view that differs in its i-th field; false when there are no more. */
static bool view_differ(unsigned i, struct attr_view *v, struct addr *next_hop, struct addr *local)
{
	static const uint8_t other[4] = {9, 9, 9, 9};
	switch (i) {
	case 0:
		v->origin = ATTR_ORIGIN_IGP;
		return true;
	case 1:
		v->med = 6;
		return true;
	case 2:
		v->has_med = false;
		return true;
	case 3:
		v->local_pref = 151;
		return true;
	case 4:
		v->has_local_pref = false;
		return true;
	case 5:
		v->atomic_aggregate = true;
		return true;
	case 6:
		v->aggregator_as = 1;
		return true;
	case 7:
		v->aggregator = addr_v4(1);
		return true;
	case 8:
		v->has_aggregator = false;
		return true;
	case 9:
		v->originator_id = addr_v4(1);
		return true;
	case 10:
		v->has_originator_id = false;
		return true;
	case 11:
		v->as_path.len = 0;
		return true;
	case 12:
		v->communities.len = 4;
		return true;
	case 13:
		v->ext_communities.len = 0;
		return true;
	case 14:
		v->large_communities.len = 0;
		return true;
	case 15:
		v->cluster_list = BYTES(other);
		return true;
	case 16:
		*next_hop = addr_v4(2);
		return true;
	case 17:
		*local = addr_v4(1);
		return true;
	case 18: /* the same bytes, but as another attribute */
		v->ext_communities.len = 0;
		v->communities = BYTES(ext);
		v->cluster_list.len = 0;
		return true;
	case 19:
		v->communities.len = 0;
		v->cluster_list.len = 0;
		return true;
	}
	return false;
}

static void every_field_makes_a_difference(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	const struct attrs *sets[32];
	unsigned n = 0;
	for (;; n++) {
		struct attr_view v = view_full();
		struct addr next_hop = addr_v4(1), local = none;
		if (!view_differ(n, &v, &next_hop, &local))
			break;
		sets[n] = attr_get(s, &v, next_hop, local);
		assert_int_equal(attr_store_count(s), n + 1);
	}
	assert_int_equal(n, 20);
	struct attr_view v = view_full();
	sets[n++] = attr_get(s, &v, addr_v4(1), none);
	assert_int_equal(attr_store_count(s), n);
	while (n)
		attr_put(s, sets[--n]);
	assert_int_equal(attr_store_count(s), 0);
	attr_store_free(s);
}

static void too_large_is_refused(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	uint8_t *big = calloc(1, UINT16_MAX);
	struct attr_view v = {.communities = {big, 65532}, .cluster_list = {big, 4}};
	assert_null(attr_get(s, &v, none, none));
	assert_int_equal(attr_store_count(s), 0);
	v.cluster_list.len = 3;
	const struct attrs *a = attr_get(s, &v, none, none);
	assert_non_null(a);
	assert_int_equal(a->len, UINT16_MAX);
	attr_put(s, a);
	free(big);
	attr_store_free(s);
}

/* Link bandwidths, RFC 10005: AS 65001, octets per second. */
static void bandwidths(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[24];
		uint8_t len;
		float lowest;
		bool bad;
	} rows[] = {
		{{0x40, 4, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9}, 8, 1.25e9f, false},
		{{0x00, 4, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9}, 8, 1.25e9f, false},
		/* other types and subtypes */
		{{0x02, 4, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9}, 8, 0, false},
		{{0x80, 4, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9}, 8, 0, false},
		{{0x40, 2, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9}, 8, 0, false},
		/* 0, -0, -1, infinite both ways, no numbers, the least that there is */
		{{0x40, 4, 0, 1, 0, 0, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0x80, 0, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0xbf, 0x80, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0x7f, 0x80, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0xff, 0x80, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0x7f, 0xc0, 0, 0}, 8, 0, true},
		{{0x40, 4, 0, 1, 0x7f, 0x80, 0, 1}, 8, 0, true},
		{{0x40, 4, 0, 1, 0, 0, 0, 1}, 8, 1.40129846e-45f, false},
		/* the lowest of use; a bad one does not hide it */
		{{0x40, 4, 0, 1, 0x40, 0x40, 0, 0, 0, 4, 0, 1, 0x40, 0, 0, 0}, 16, 2, false},
		{{0, 4, 0, 1, 0x40, 0, 0, 0, 0x40, 4, 0, 1, 0x40, 0x40, 0, 0}, 16, 2, false},
		{{0x40, 4, 0, 1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 80, 0x40, 4, 0, 1, 0x40, 0x40},
			24, 3, true},
	};
	struct attr_store *s = attr_store_new(7);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct attr_view v = view_full();
		v.ext_communities = (struct attr_bytes){rows[i].bytes, rows[i].len};
		const struct attrs *a = attr_get(s, &v, addr_v4(1), none);
		assert_true(
			attr_bandwidth(a) >= rows[i].lowest && attr_bandwidth(a) <= rows[i].lowest);
		assert_int_equal((a->flags & ATTR_BAD_BANDWIDTH) != 0, rows[i].bad);
		attr_put(s, a);
	}
	attr_store_free(s);
}

static void bandwidths_that_we_tell(void **state)
{
	(void)state;
	static const uint8_t two[] = {0, 4, 0xfd, 0xe9, 0x4e, 0x95, 0x02, 0xf9};
	static const uint8_t four[] = {0, 4, 0x5b, 0xa0, 0x42, 0xfa, 0, 0};
	struct ext_community c = ext_community_of_bandwidth(65001, 1.25e9f);
	float told;
	assert_memory_equal(c.octet, two, sizeof(two));
	c = ext_community_of_bandwidth(4200000001, 125);
	assert_memory_equal(c.octet, four, sizeof(four));
	assert_true(ext_community_bandwidth(&c, &told) && told >= 125 && told <= 125);
}

enum {
	MANY = 100000,
};

static const struct attrs *numbered(struct attr_store *s, uint32_t i)
{
	struct attr_view v = view_full();
	v.med = i;
	return attr_get(s, &v, addr_v4(1), none);
}

/* No call may hold more than its set, one segment of buckets and the list of segments; at the end
 * all memory is back. */
static void growth_is_even(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(7);
	size_t empty = attr_store_bytes(s), before = empty;
	const struct attrs **sets = calloc(MANY, sizeof(*sets));
	for (uint32_t i = 0; i < MANY; i++) {
		sets[i] = numbered(s, i);
		assert_non_null(sets[i]);
		assert_true(attr_store_bytes(s) - before < 16384);
		before = attr_store_bytes(s);
	}
	assert_int_equal(attr_store_count(s), MANY);
	for (uint32_t i = 0; i < MANY; i += 7) {
		assert_ptr_equal(numbered(s, i), sets[i]);
		attr_put(s, sets[i]);
	}
	for (uint32_t i = 0; i < MANY; i++)
		attr_put(s, sets[(i * 7919u) % MANY]);
	assert_int_equal(attr_store_count(s), 0);
	assert_int_equal(attr_store_bytes(s), empty);
	free(sets);
	attr_store_free(s);
}

/* Random references taken and given back, against a plain array of counts. */
static void as_a_plain_array_would(void **state)
{
	(void)state;
	enum {
		KINDS = 3000,
		STEPS = 200000,
	};
	static const struct attrs *sets[KINDS];
	static uint32_t refs[KINDS];
	struct attr_store *s = attr_store_new(3);
	uint32_t random = 12345;
	size_t live = 0;
	for (unsigned i = 0; i < STEPS; i++) {
		random = random * 1664525u + 1013904223u;
		uint32_t k = (random >> 8) % KINDS;
		bool shrinking = i / 40000 % 2;
		if (refs[k] && random >> 30 < (shrinking ? 3u : 1u)) {
			attr_put(s, sets[k]);
			live -= --refs[k] == 0;
		} else {
			const struct attrs *a = numbered(s, k);
			assert_true(refs[k] == 0 || a == sets[k]);
			sets[k] = a;
			live += refs[k]++ == 0;
			assert_int_equal(a->refs, refs[k]);
			assert_int_equal(a->med, k);
		}
		assert_int_equal(attr_store_count(s), live);
	}
	attr_store_free(s);
}

struct path_case {
	const char *text;
	uint32_t first_as, origin_as;
	unsigned length;
	uint8_t len;
	uint8_t bytes[40];
};

static const struct path_case paths[] = {
	{"", 0, 0, 0, 0, {0}},
	{"65001", 65001, 65001, 1, 6, {2, 1, 0, 0, 0xfd, 0xe9}},
	{"1 2 3", 1, 3, 3, 14, {2, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}},
	{"1 2", 1, 2, 2, 12, {2, 1, 0, 0, 0, 1, 2, 1, 0, 0, 0, 2}},
	{"1 {2 3}", 1, 0, 2, 16, {2, 1, 0, 0, 0, 1, 1, 2, 0, 0, 0, 2, 0, 0, 0, 3}},
	{"{2} 1", 0, 1, 2, 12, {1, 1, 0, 0, 0, 2, 2, 1, 0, 0, 0, 1}},
	{"(7 8) 1", 1, 1, 1, 16, {3, 2, 0, 0, 0, 7, 0, 0, 0, 8, 2, 1, 0, 0, 0, 1}},
	{"[7 8] 4294967295", 4294967295, 4294967295, 1, 16,
		{4, 2, 0, 0, 0, 7, 0, 0, 0, 8, 2, 1, 255, 255, 255, 255}},
	{"(7)", 0, 0, 0, 6, {3, 1, 0, 0, 0, 7}},
};

static void paths_and_what_they_say(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const struct path_case *c = &paths[i];
		struct attr_view v = {.as_path = {c->bytes, c->len}};
		const struct attrs *a = attr_get(s, &v, none, none);
		char text[64];
		assert_string_equal(attr_path_text(a, text, sizeof(text)), c->text);
		assert_int_equal(a->first_as, c->first_as);
		assert_int_equal(a->origin_as, c->origin_as);
		assert_int_equal(a->as_path_length, c->length);
		attr_put(s, a);
	}
	attr_store_free(s);
}

static void loops(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	static const uint8_t mixed[] = {
		2, 1, 0, 0, 0, 1, 1, 2, 0, 0, 0, 2, 0, 0, 0, 3, 3, 1, 0, 0, 0, 4};
	struct attr_view v = {.as_path = BYTES(mixed), .communities = BYTES(communities)};
	const struct attrs *a = attr_get(s, &v, none, none);
	for (uint32_t as = 0; as < 10; as++)
		assert_int_equal(attr_path_count(a, as), as >= 1 && as <= 4);
	assert_int_equal(attr_path_count(a, 0xfde90064), 0); /* a community is no AS */
	attr_put(s, a);
	attr_store_free(s);
}

static void texts_are_cut_at_items(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	struct attr_view v = view_full();
	const struct attrs *a = attr_get(s, &v, none, none);
	char text[64];
	assert_string_equal(attr_communities_text(a, text, sizeof(text)), "65001:100 65535:65281");
	assert_string_equal(attr_communities_text(a, text, 21), "65001:100");
	assert_string_equal(attr_communities_text(a, text, 22), "65001:100 65535:65281");
	assert_string_equal(attr_communities_text(a, text, 9), "");
	assert_string_equal(
		attr_large_communities_text(a, text, sizeof(text)), "65001:1:4294967295");
	assert_string_equal(attr_path_text(a, text, sizeof(text)), "65001 65002");
	for (size_t capacity = 1; capacity < sizeof(text); capacity++) {
		const char *want = capacity < 6 ? "" : capacity < 12 ? "65001" : "65001 65002";
		char *exact = malloc(capacity);
		assert_string_equal(attr_path_text(a, exact, capacity), want);
		free(exact);
	}
	text[0] = 'x';
	attr_path_text(a, text, 0);
	assert_int_equal(text[0], 'x');
	attr_put(s, a);
	attr_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_set),
		cmocka_unit_test(what_is_absent),
		cmocka_unit_test(equal_content_is_one_set),
		cmocka_unit_test(every_field_makes_a_difference),
		cmocka_unit_test(too_large_is_refused),
		cmocka_unit_test(bandwidths),
		cmocka_unit_test(bandwidths_that_we_tell),
		cmocka_unit_test(growth_is_even),
		cmocka_unit_test(as_a_plain_array_would),
		cmocka_unit_test(paths_and_what_they_say),
		cmocka_unit_test(loops),
		cmocka_unit_test(texts_are_cut_at_items),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
