/* Adj-RIB-Out: what a peer gets of offers, and that only differences are sent. What is sent is read
 * back by our decoder into the peer's own table, which must be what the offers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bgpd-lite/bgp/adj_out.h"
#include "rib/policy.h"
#include "tests/unit/bgp/codec.h"

enum {
	TABLE_MAX = 2000,
};

/* What a peer has, and what it cost to tell it. */
struct heard {
	struct prefix prefix[TABLE_MAX];
	char attrs[TABLE_MAX][200];
	size_t n;
	size_t messages;
	size_t room; /* messages that send() still takes */
};

static struct adj_out *out;
static struct heard heard[3];

static struct prefix pfx(const char *text)
{
	struct prefix p;
	bool host_bits;
	assert_true(prefix_parse(text, &p, &host_bits));
	return p;
}

static struct prefix nth(size_t i)
{
	return prefix_make(addr_v4(0xc6120000 + (uint32_t)i), 32);
}

static size_t find(const struct heard *h, struct prefix p)
{
	size_t i = 0;
	while (i < h->n && !prefix_equal(h->prefix[i], p))
		i++;
	return i;
}

static void forget(struct heard *h, struct prefix p)
{
	size_t i = find(h, p);
	assert_true(i < h->n); /* nothing is withdrawn that was not announced */
	h->n--;
	h->prefix[i] = h->prefix[h->n];
	memcpy(h->attrs[i], h->attrs[h->n], sizeof(h->attrs[i]));
}

static void learn(struct heard *h, struct prefix p, const char *attrs)
{
	size_t i = find(h, p);
	if (i == h->n)
		h->n++;
	assert_true(h->n <= TABLE_MAX);
	h->prefix[i] = p;
	snprintf(h->attrs[i], sizeof(h->attrs[i]), "%s", attrs);
}

/* "origin=..." as update_text() has it, which is made for few prefixes. */
static const char *attrs_text(const struct bgp_update *u)
{
	static struct bgp_update one;
	one = *u;
	for (int i = 0; i < 2; i++) {
		one.withdrawn[i].len = 0;
		if (one.reachable[i].len)
			one.reachable[i].len = 1 + (one.reachable[i].bytes[0] + 7u) / 8;
	}
	const char *found = strstr(update_text(&one), "origin=");
	return found ? found : "";
}

static int hear(void *arg, const void *bytes, size_t len)
{
	static struct bgp_update u;
	struct bgp_update_session session = session_of(E4);
	struct heard *h = arg;
	struct prefix p;

	if (h->room == 0)
		return -1;
	h->room--;
	h->messages++;
	bgp_update_decode(
		(const uint8_t *)bytes + BGP_HEADER_LEN, len - BGP_HEADER_LEN, &session, &u);
	assert_int_equal(u.action, BGP_UPDATE_ACCEPT);
	assert_int_equal(u.end_of_rib, 0);
	for (int i = 0; i < 2; i++) {
		struct bgp_nlri gone = u.withdrawn[i], come = u.reachable[i];
		while (bgp_nlri_next(&gone, &p))
			forget(h, p);
		char *attrs = strdup(attrs_text(&u));
		while (bgp_nlri_next(&come, &p))
			learn(h, p, attrs);
		free(attrs);
	}
	return 0;
}

static bool flush(uint16_t peer)
{
	struct bgp_update_to to = {.as4 = true,
		.ebgp = true,
		.local_as = 65001,
		.next_hop = {pfx("192.0.2.11").addr, pfx("2001:db8::11").addr}};
	return adj_out_flush(out, peer, &to, hear, &heard[peer]);
}

static void setup_peers(size_t n)
{
	adj_out_free(out);
	out = adj_out_new(3);
	memset(heard, 0, sizeof(heard));
	for (uint16_t i = 0; i < n; i++) {
		heard[i].room = SIZE_MAX;
		adj_out_peer_up(out, i, BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6);
	}
}

/* An offer to the peers of that bitmap with a community and a MED (0: none). */
static uint32_t offer(uint64_t peers, uint8_t community, uint32_t med)
{
	const uint8_t bytes[] = {0xfc, 0, 0, community};
	struct attr_view v = {
		.has_med = med, .med = med, .communities = {bytes, community ? 4 : 0}};
	struct adj_out_peers to = {{peers}};
	const struct attrs *a =
		attr_get(adj_out_attrs(out), &v, (struct addr){0}, (struct addr){0});
	uint32_t number = adj_out_offer(out, a, &to, 0);
	attr_put(adj_out_attrs(out), a);
	return number;
}

static void add(uint32_t number, const char *prefix)
{
	struct prefix p = pfx(prefix);
	adj_out_add(out, number, &p);
}

static const char *has(uint16_t peer, const char *prefix)
{
	size_t i = find(&heard[peer], pfx(prefix));
	return i < heard[peer].n ? heard[peer].attrs[i] : NULL;
}

static void test_offers_add_up_for_those_who_hear_both(void **state)
{
	(void)state;
	setup_peers(3);
	adj_out_begin(out);
	add(offer(3, 1, 0), "198.51.100.1/32");
	add(offer(2, 2, 7), "198.51.100.1/32");
	add(offer(2, 2, 7), "198.51.100.1/32");
	adj_out_commit(out);
	for (uint16_t i = 0; i < 3; i++)
		assert_true(flush(i));
	assert_string_equal(has(0, "198.51.100.1/32"), "origin=0 path=65001 com=64512:1");
	assert_string_equal(
		has(1, "198.51.100.1/32"), "origin=0 path=65001 med=7 com=64512:1 64512:2");
	assert_null(has(2, "198.51.100.1/32"));
	assert_int_equal(heard[2].messages, 0); /* RFC 8212 */
	adj_out_begin(out);                     /* the first contributor goes */
	add(offer(2, 2, 7), "198.51.100.1/32");
	adj_out_commit(out);
	for (uint16_t i = 0; i < 3; i++)
		assert_true(flush(i));
	assert_null(has(0, "198.51.100.1/32"));
	assert_string_equal(has(1, "198.51.100.1/32"), "origin=0 path=65001 med=7 com=64512:2");
	adj_out_begin(out);
	adj_out_commit(out);
	assert_true(flush(1));
	assert_int_equal(heard[1].n, 0);
	adj_out_begin(out); /* nobody has it any more: it is forgotten */
	adj_out_commit(out);
	assert_int_equal(adj_out_count(out), 0);
	assert_int_equal(attr_store_count(adj_out_attrs(out)), 0);
}

/* RFC 9234 5: what has OTC is not for providers, peers and route servers, what comes to have it is
 * withdrawn; of several offers one is enough. */
static void test_otc_withholds(void **state)
{
	(void)state;
	struct bgp_update_to to = {.as4 = true,
		.ebgp = true,
		.local_as = 65001,
		.next_hop = {pfx("192.0.2.11").addr},
		.otc_withhold = true};
	struct attr_view v = {.has_otc = true, .otc = 65020};
	struct adj_out_peer_counts counts;

	setup_peers(2);
	for (unsigned round = 0; round < 2; round++) {
		adj_out_begin(out);
		add(offer(3, 1, 0), "198.51.100.1/32");
		add(offer(3, 1, 0), "198.51.100.2/32");
		if (round == 1) {
			struct adj_out_peers both = {{3}};
			const struct attrs *a = attr_get(
				adj_out_attrs(out), &v, (struct addr){0}, (struct addr){0});
			add(adj_out_offer(out, a, &both, 0), "198.51.100.1/32");
			attr_put(adj_out_attrs(out), a);
		}
		adj_out_commit(out);
		assert_true(adj_out_flush(out, 0, &to, hear, &heard[0]));
		assert_true(flush(1));
		assert_int_equal(heard[0].n, round ? 1 : 2);
	}
	assert_null(has(0, "198.51.100.1/32"));
	assert_string_equal(has(1, "198.51.100.1/32"), "origin=0 path=65001 com=64512:1 otc=65020");
	adj_out_peer_count(out, 0, &counts);
	assert_int_equal(counts.refused, 1);
}

static void test_only_differences_are_sent(void **state)
{
	(void)state;
	setup_peers(2);
	for (unsigned round = 0; round < 3; round++) {
		adj_out_begin(out);
		uint32_t number = offer(3, 1, 0);
		for (size_t i = 0; i < 1000; i++) {
			struct prefix p = nth(i);
			adj_out_add(out, number, &p);
		}
		if (round == 2)
			add(offer(1, 2, 0), "198.51.100.1/32");
		adj_out_commit(out);
		assert_true(flush(0) && flush(1));
	}
	assert_int_equal(heard[0].n, 1001);
	assert_int_equal(heard[0].messages, 2 + 1);
	assert_int_equal(heard[1].n, 1000);
	assert_int_equal(heard[1].messages, 2);
}

static void test_a_full_queue_is_no_loss(void **state)
{
	(void)state;
	setup_peers(1);
	heard[0].room = 1;
	adj_out_begin(out);
	uint32_t number = offer(1, 1, 0);
	for (size_t i = 0; i < TABLE_MAX; i++) {
		struct prefix p = nth(i);
		adj_out_add(out, number, &p);
	}
	adj_out_commit(out);
	assert_false(flush(0));
	assert_in_range(heard[0].n, 1, TABLE_MAX - 1);
	assert_false(flush(0));
	adj_out_begin(out); /* half of it goes while it waits */
	number = offer(1, 1, 0);
	for (size_t i = 0; i < TABLE_MAX; i += 2) {
		struct prefix p = nth(i);
		adj_out_add(out, number, &p);
	}
	adj_out_commit(out);
	heard[0].room = SIZE_MAX;
	assert_true(flush(0));
	assert_int_equal(heard[0].n, TABLE_MAX / 2);
	assert_false(adj_out_pending(out, 0));
}

static void test_refresh_and_families(void **state)
{
	struct adj_out_peer_counts counts;
	(void)state;
	setup_peers(1);
	adj_out_begin(out);
	uint32_t number = offer(3, 1, 0);
	add(number, "198.51.100.1/32");
	add(number, "2001:db8:5::/48");
	adj_out_commit(out);
	assert_true(flush(0));
	adj_out_refresh(out, 0, BGP_FAMILY_IPV6);
	assert_true(flush(0));
	assert_int_equal(heard[0].messages, 3);
	adj_out_peer_count(out, 0, &counts);
	assert_int_equal(counts.announced[0], 1);
	assert_int_equal(counts.announced[1], 1);
	heard[1].room = SIZE_MAX; /* one that takes IPv6 alone */
	adj_out_peer_up(out, 1, BGP_FAMILY_IPV6);
	assert_true(flush(1));
	assert_int_equal(heard[1].n, 1);
	adj_out_peer_down(out, 0);
	adj_out_peer_up(out, 0, BGP_FAMILY_IPV4); /* again, and only IPv4 now */
	memset(&heard[0], 0, sizeof(heard[0]));
	heard[0].room = SIZE_MAX;
	assert_true(flush(0));
	assert_non_null(has(0, "198.51.100.1/32"));
	assert_int_equal(heard[0].n, 1);
}

/* Community 64512:1 is denied, 64512:2 gets MED `med`; what else there is passes. */
static struct filter *export(uint32_t med)
{
	static const uint32_t one = 64512u << 16 | 1, two = 64512u << 16 | 2;
	struct filter_rule every[] = {
		{pfx("0.0.0.0/0"), 0, 32, true, 1}, {pfx("::/0"), 0, 128, true, 1}};
	struct filter_list *list = filter_list_new("every", "t", every, 2);
	struct policy_rule rule = {.name = "p",
		.file = "t",
		.communities_n = 1,
		.communities = &one,
		.length_max = UINT16_MAX,
		.action = POLICY_DENY};
	struct policy *deny = policy_new(&rule);
	rule.communities = &two;
	rule.action = POLICY_NEXT;
	rule.effect = (struct filter_effect){.set_med = true, .med = med};
	struct policy *set = policy_new(&rule);
	const struct filter_step steps[] = {{.policy = deny}, {.policy = set}, {.list = list}};
	struct filter *f = filter_new();

	assert_int_equal(filter_add_steps(f, "t", steps, 3), 0);
	policy_put(deny);
	policy_put(set);
	filter_list_put(list);
	return f;
}

static void test_export_judges_what_a_peer_gets(void **state)
{
	(void)state;
	setup_peers(2);
	adj_out_export(out, 0, export(9));
	adj_out_begin(out);
	add(offer(3, 1, 0), "198.51.100.1/32");
	add(offer(3, 2, 0), "198.51.100.2/32");
	add(offer(3, 2, 0), "198.51.100.3/32");
	add(offer(2, 1, 0), "198.51.100.3/32"); /* the first one hears nothing of that */
	add(offer(3, 3, 0), "2001:db8:5::/48");
	adj_out_commit(out);
	assert_true(flush(0) && flush(1));
	assert_null(has(0, "198.51.100.1/32"));
	assert_string_equal(has(0, "198.51.100.2/32"), "origin=0 path=65001 med=9 com=64512:2");
	assert_string_equal(has(0, "198.51.100.3/32"), "origin=0 path=65001 med=9 com=64512:2");
	assert_non_null(has(0, "2001:db8:5::/48"));
	assert_int_equal(heard[1].n, 4);
	assert_true(adj_out_denied(out, 0, 0));
	assert_false(adj_out_denied(out, 0, 1) || adj_out_denied(out, 1, 0));
	adj_out_export(out, 0, export(9)); /* the same */
	assert_false(adj_out_pending(out, 0));
	size_t messages = heard[0].messages;
	adj_out_export(out, 0, export(8));
	assert_true(flush(0));
	assert_int_equal(heard[0].messages, messages + 1);
	assert_string_equal(has(0, "198.51.100.3/32"), "origin=0 path=65001 med=8 com=64512:2");
	adj_out_export(out, 0, filter_new()); /* one that permits nothing */
	assert_true(flush(0));
	assert_int_equal(heard[0].n, 0);
	adj_out_export(out, 0, NULL);
	assert_true(flush(0));
	assert_int_equal(heard[0].n, 4);
	assert_string_equal(has(0, "198.51.100.1/32"), "origin=0 path=65001 com=64512:1");
}

/* Random sets of offers one after the other; peers that come, go, and are slow. */
static void test_random(void **state)
{
	(void)state;
	setup_peers(3);
	srandom(7);
	for (unsigned round = 0; round < 300; round++) {
		uint64_t to[4];
		uint8_t community[4];
		static bool offered[4][40];
		memset(offered, 0, sizeof(offered));
		adj_out_begin(out);
		for (size_t k = 0; k < 4; k++) {
			to[k] = (uint64_t)random() % 8;
			community[k] = (uint8_t)(1 + random() % 2);
			uint32_t number = offer(to[k], community[k], 0);
			for (size_t i = 0; i < 40; i++) {
				struct prefix p = nth(i);
				offered[k][i] = random() % 3 == 0;
				if (offered[k][i])
					adj_out_add(out, number, &p);
			}
		}
		adj_out_commit(out);
		for (uint16_t peer = 0; peer < 3; peer++) {
			if (random() % 10 == 0) {
				memset(&heard[peer], 0, sizeof(heard[peer]));
				adj_out_peer_up(out, peer, BGP_FAMILY_IPV4);
			}
			heard[peer].room = random() % 4 ? SIZE_MAX : 1;
			if (!flush(peer))
				continue;
			for (size_t i = 0; i < 40; i++) {
				unsigned want = 0;
				for (size_t k = 0; k < 4; k++)
					if (offered[k][i] && (to[k] >> peer & 1))
						want |= community[k];
				size_t at = find(&heard[peer], nth(i));
				const char *got = at < heard[peer].n ? heard[peer].attrs[at] : "";
				assert_int_equal(strstr(got, "64512:1") != NULL, want & 1);
				assert_int_equal(strstr(got, "64512:2") != NULL, want >> 1);
			}
		}
	}
}

static int count(void *arg, const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	++*(size_t *)arg;
	return 0;
}

/* Ten thousand offers of their own, each with one prefix, to 64 peers. */
static void test_memory(void **state)
{
	struct bgp_update_to to = {
		.as4 = true, .ebgp = true, .local_as = 1, .next_hop = {pfx("192.0.2.1").addr}};
	size_t messages = 0;

	(void)state;
	setup_peers(0);
	for (uint16_t i = 0; i < 64; i++)
		adj_out_peer_up(out, i, BGP_FAMILY_IPV4);
	adj_out_begin(out);
	for (size_t i = 0; i < 10000; i++) {
		struct prefix p = nth(i);
		adj_out_add(
			out, offer(UINT64_MAX, (uint8_t)(1 + i % 200), 1 + (uint32_t)i % 7), &p);
	}
	adj_out_commit(out);
	for (uint16_t i = 0; i < 64; i++)
		assert_true(adj_out_flush(out, i, &to, count, &messages));
	assert_int_equal(messages, 64 * 1400); /* one a set of attributes */
	assert_in_range(adj_out_bytes(out), 1, 4 << 20);
	print_message("10000 offers, 64 peers: %zu bytes\n", adj_out_bytes(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers_add_up_for_those_who_hear_both),
		cmocka_unit_test(test_otc_withholds),
		cmocka_unit_test(test_only_differences_are_sent),
		cmocka_unit_test(test_a_full_queue_is_no_loss),
		cmocka_unit_test(test_refresh_and_families),
		cmocka_unit_test(test_export_judges_what_a_peer_gets),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_memory),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	adj_out_free(out);
	return failed;
}
