/* conf: the types of values, their ranges and defaults, and what they say when they are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "conf/help.h"
#include "conf/schema.h"
#include "conf/value.h"

static struct conf_arena *arena;

/* One line of a key: what was read, or the message. */
static const char *read_one(enum conf_key key, const char *text, struct conf_value *v)
{
	struct conf_report r = {.arena = arena, .file = "f"};
	*v = (struct conf_value){0};
	if (conf_value_read(&r, key, text, 7, v)) {
		assert_int_equal(r.errors_n, 0);
		return NULL;
	}
	assert_int_equal(r.errors_n, 1);
	assert_int_equal(r.messages[0].origin.line, 7);
	return r.messages[0].text;
}

static void expect_number(enum conf_key key, const char *text, uint64_t number)
{
	struct conf_value v;
	const char *why = read_one(key, text, &v);
	if (why)
		fail_msg("%s", why);
	assert_int_equal(v.number, number);
}

static void expect_wrong(enum conf_key key, const char *text, const char *words)
{
	struct conf_value v;
	const char *why = read_one(key, text, &v);
	if (!why || !strstr(why, words))
		fail_msg("%s = %s: %s (wanted %s)", conf_keys[key].name, text,
			why ? why : "accepted", words);
}

static void numbers_keep_their_range(void **state)
{
	(void)state;
	expect_number(CONF_KEY_VRF_MAXIMUM_PATHS, "1", 1);
	expect_number(CONF_KEY_VRF_MAXIMUM_PATHS, "128", 128);
	static const char *const bad[] = {"0", "129", "-1", "+1", "1.0", "0x10", "1 2",
		"99999999999", "18446744073709551617"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_wrong(CONF_KEY_VRF_MAXIMUM_PATHS, bad[i], "must be 1..128");
	expect_number(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX, "4294967295", UINT32_MAX);
	expect_wrong(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX, "4294967296", "must be 1..4294967295");
	expect_number(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION, "shutdown", CONF_LIMIT_SHUTDOWN);
	expect_wrong(CONF_KEY_NEIGHBOR_MAXIMUM_PREFIX_ACTION, "Block",
		"must be warn, block, shutdown or restart");
	expect_number(CONF_KEY_NEIGHBOR_ALLOW_AS_IN, "10", 10);
	expect_number(CONF_KEY_NEIGHBOR_GRACEFUL_RESTART, "helper", CONF_GRACEFUL_HELPER);
	expect_wrong(CONF_KEY_NEIGHBOR_GRACEFUL_RESTART, "yes", "must be off, helper or full");
	expect_number(CONF_KEY_NEIGHBOR_RESTART_TIME, "4095", 4095);
	expect_wrong(CONF_KEY_NEIGHBOR_RESTART_TIME, "4096", "must be 1s..4095s");
	expect_wrong(CONF_KEY_NEIGHBOR_ALLOW_AS_IN, "11", "must be 0..10");
	expect_number(CONF_KEY_NEIGHBOR_MAXIMUM_AS_PATH, "0", 0);
	expect_wrong(CONF_KEY_NEIGHBOR_MAXIMUM_COMMUNITIES, "65536", "must be 0..65535");
	expect_wrong(CONF_KEY_VRF_TABLE, "255", "without 255");
	expect_wrong(CONF_KEY_NEIGHBOR_PORT, "65536", "must be 1..65535");
}

static void every_default_is_in_its_range(void **state)
{
	(void)state;
	struct conf_value v;
	for (int i = 0; i < CONF_KEYS_N; i++) {
		const struct conf_key_row *k = &conf_keys[i];
		assert_non_null(k->name);
		assert_non_null(k->help);
		assert_true((k->fallback != NULL) != (k->absent != NULL));
		const struct conf_section_row *s = &conf_sections[k->section];
		assert_in_range(i, s->first, s->first + s->keys_n - 1);
		if (k->fallback)
			assert_null(read_one((enum conf_key)i, k->fallback, &v));
	}
}

static void durations_name_their_units(void **state)
{
	(void)state;
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "90", 90);
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "90s", 90);
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "2m", 120);
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "1h", 3600);
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "9000ms", 9);
	expect_number(CONF_KEY_NEIGHBOR_HOLD_TIME, "0", 0);
	static const char *const bad[] = {"1", "2s", "65536", "19h", "3500ms", "3 x", "s", "9 0"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_wrong(CONF_KEY_NEIGHBOR_HOLD_TIME, bad[i], "must be 0 or 3s..65535s");
	expect_number(CONF_KEY_BFD_TRANSMIT_INTERVAL, "50ms", 50000);
	expect_number(CONF_KEY_BFD_TRANSMIT_INTERVAL, "1m", 60000000);
	expect_wrong(CONF_KEY_BFD_TRANSMIT_INTERVAL, "50", "must name its unit");
	expect_wrong(CONF_KEY_BFD_TRANSMIT_INTERVAL, "9ms", "must be 10ms..60000ms");
	expect_wrong(CONF_KEY_BFD_TRANSMIT_INTERVAL, "61s", "must be 10ms..60000ms");
}

static void as_numbers_have_two_forms(void **state)
{
	(void)state;
	struct conf_value v;
	expect_number(CONF_KEY_BGP_LOCAL_AS, "64512", 64512);
	expect_number(CONF_KEY_BGP_LOCAL_AS, "4294967294", 4294967294u);
	expect_number(CONF_KEY_BGP_LOCAL_AS, "1.10", 65546);
	expect_number(CONF_KEY_BGP_LOCAL_AS, "0.64512", 64512);
	static const char *const bad[] = {"0", "0.0", "23456", "65535", "4294967295", "4294967296",
		"1.65536", "65536.1", "1.", ".1", "1.2.3", "as1", "external"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_wrong(CONF_KEY_BGP_LOCAL_AS, bad[i], "must be an AS number");
	assert_null(read_one(CONF_KEY_NEIGHBOR_REMOTE_AS, "external", &v));
	assert_int_equal(v.remote_as, CONF_REMOTE_AS_EXTERNAL);
	assert_null(read_one(CONF_KEY_NEIGHBOR_REMOTE_AS, "internal", &v));
	assert_int_equal(v.remote_as, CONF_REMOTE_AS_INTERNAL);
	expect_wrong(CONF_KEY_NEIGHBOR_REMOTE_AS, "extern", "external or internal");
}

struct rule_case {
	const char *text;
	unsigned ge, le; /* ge > le: an error */
};

static void rules_match_as_in_frr(void **state)
{
	(void)state;
	static const struct rule_case cases[] = {{"10.0.0.0/8", 8, 8}, {"10.0.0.0/8 ge 16", 16, 32},
		{"10.0.0.0/8 le 24", 8, 24}, {"10.0.0.0/8 ge 16 le 24", 16, 24},
		{"10.0.0.0/8 le 24 ge 16", 16, 24}, {"10.0.0.0/8 ge 8", 8, 32},
		{"192.0.2.1", 32, 32}, {"2001:db8::/32 ge 48", 48, 128},
		{"2001:db8::/32 le 64", 32, 64}, {"0.0.0.0/0", 0, 0}, {"0.0.0.0/0 le 0", 0, 0},
		{"0.0.0.0/0 le 32", 1, 32}, {"0.0.0.0/0 ge 0", 0, 32}, {"::/0", 0, 0},
		{"::/0 le 64", 1, 64}, {"::/0 ge 0 le 48", 0, 48}};
	static const char *const bad[] = {"10.0.0.0/8 ge 7", "10.0.0.0/8 le 7",
		"10.0.0.0/8 ge 24 le 16", "10.0.0.0/8 ge 33", "10.0.0.0/8 le",
		"10.0.0.0/8 ge 9 ge 9", "10.0.0.0/8 eq 9", "10.0.0.0/8 ge 9 le 10 le 11",
		"10.0.0.0/8 -", "10.0.0.0/33", "le 24", "10.0.0.1/8", "::/0 le 129",
		"fe80::1%eth0"};
	struct conf_value v;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(read_one(CONF_KEY_LIST_PERMIT, cases[i].text, &v));
		assert_int_equal(v.items_n, 1);
		assert_int_equal(v.items[0].rule.ge, cases[i].ge);
		assert_int_equal(v.items[0].rule.le, cases[i].le);
		assert_true(v.items[0].rule.permit);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(read_one(CONF_KEY_LIST_PERMIT, bad[i], &v));
	expect_wrong(CONF_KEY_LIST_PERMIT, "10.1.2.3/8 le 24", "did you mean 10.0.0.0/8?");
	assert_null(read_one(CONF_KEY_LIST_DENY, "0.0.0.0/0 le 32", &v));
	assert_int_equal(v.items[0].rule.ge, 0);
	assert_false(v.items[0].rule.permit);
	expect_wrong(CONF_KEY_BGP_ALWAYS_BLOCK, "10.0.0.0/8 le 24", "a prefix alone");
}

static void names_and_addresses(void **state)
{
	(void)state;
	struct conf_value v;
	expect_wrong(CONF_KEY_VRF_DEVICE, "sixteen-bytes-xx", "an interface's name");
	expect_wrong(CONF_KEY_VRF_DEVICE, "a/b", "an interface's name");
	expect_wrong(CONF_KEY_VRF_DEVICE, "..", "an interface's name");
	assert_null(read_one(CONF_KEY_NEIGHBOR_UPDATE_SOURCE, "bond0.100", &v));
	assert_int_equal(v.addr.family, ADDR_NONE);
	assert_null(read_one(CONF_KEY_NEIGHBOR_UPDATE_SOURCE, "2001:db8::1", &v));
	assert_int_equal(v.addr.family, ADDR_V6);
	expect_wrong(CONF_KEY_NEIGHBOR_UPDATE_SOURCE, "0.0.0.0", "an address");
	expect_wrong(CONF_KEY_BGP_ROUTER_ID, "2001:db8::1", "an IPv4 address");
	expect_wrong(CONF_KEY_BGP_ROUTER_ID, "224.0.0.1", "an IPv4 address");
	expect_wrong(CONF_KEY_NEIGHBOR_PASSWORD_FILE, "keys/a", "without '/'");
	expect_wrong(CONF_KEY_NEIGHBOR_PASSWORD_FILE, "..", "without '/'");
	assert_null(read_one(CONF_KEY_NEIGHBOR_PASSWORD_FILE, "/etc/a.key", &v));
	expect_wrong(CONF_KEY_NEIGHBOR_ADDRESS_FAMILY, "ipv5", "ipv4, ipv6");
	expect_number(CONF_KEY_NEIGHBOR_ADDRESS_FAMILY, "ipv6, ipv4", 3);
	expect_wrong(CONF_KEY_CONTRIBUTOR_MAY, "export", "import, announce, neighbors, all");
	expect_wrong(CONF_KEY_NEIGHBOR_PASSIVE, "true", "yes or no");
	expect_wrong(CONF_KEY_KERNEL_NEXTHOP_ID_RANGE, "10-9", "FIRST-LAST");
	expect_wrong(CONF_KEY_KERNEL_NEXTHOP_ID_RANGE, "1-4294967296", "FIRST-LAST");
	expect_number(CONF_KEY_KERNEL_NEXTHOP_ID_RANGE, "10-20", 10);
	expect_wrong(CONF_KEY_NEIGHBOR_IMPORT, "a b", "names of [prefix-list]");
}

static void neighbor_names(void **state)
{
	(void)state;
	static const char *const bad[][2] = {{"[neighbor]", "must be written"},
		{"[neighbor 192.0.2.300]", "no IPv4 or IPv6 address"},
		{"[neighbor fe80:1]", "no IPv4 or IPv6 address"},
		{"[neighbor a-name-of-16-byt]", "no IPv4 or IPv6 address"},
		{"[neighbor 192.0.2.1 vrf]", "must be written"},
		{"[neighbor 192.0.2.1 in red]", "must be written"},
		{"[neighbor 192.0.2.1 vrf a b]", "must be written"},
		{"[neighbor fe80::1]", "name its interface"},
		{"[neighbor fe80::1%]", "no interface"},
		{"[neighbor 192.0.2.1%eth0]", "takes no %INTERFACE"},
		{"[neighbor ::ffff:192.0.2.1]", "in IPv4 form"},
		{"[neighbor 224.0.0.1]", "no address of one host"},
		{"[neighbor 0.0.0.0]", "no address of one host"},
		{"[neighbor 192.0.2.1 vrf red]", "unknown vrf 'red'"}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf_text t = {.name = "m",
			.file = "m.conf",
			.bytes = bad[i][0],
			.len = strlen(bad[i][0])};
		bool usable;
		struct conf *c = conf_build(&t, 1, NULL, &usable);
		assert_false(usable);
		bool found = false;
		for (size_t j = 0; j < c->messages_n; j++)
			found = found || strstr(c->messages[j].text, bad[i][1]);
		if (!found)
			fail_msg("%s: %s", bad[i][0], c->messages[c->messages_n - 1].text);
		conf_free(c);
	}
}

static void help_knows_sections_and_keys(void **state)
{
	(void)state;
	char *all = conf_help(NULL), *section = conf_help("neighbor");
	char *key = conf_help("neighbor.hold-time");
	assert_non_null(strstr(all, "[prefix-list NAME]"));
	assert_non_null(strstr(section, "ebgp-multihop = 1..255"));
	assert_null(strstr(section, "[bgp]"));
	assert_non_null(strstr(key, "hold-time = 0 or 3s..65535s"));
	assert_non_null(strstr(key, "default: 90s"));
	assert_null(strstr(key, "keepalive-time ="));
	assert_null(conf_help("neighbour"));
	assert_null(conf_help("neighbor.hold"));
	free(all);
	free(section);
	free(key);
}

static int start(void **state)
{
	(void)state;
	arena = conf_arena_new();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	conf_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_keep_their_range),
		cmocka_unit_test(every_default_is_in_its_range),
		cmocka_unit_test(durations_name_their_units),
		cmocka_unit_test(as_numbers_have_two_forms),
		cmocka_unit_test(rules_match_as_in_frr),
		cmocka_unit_test(names_and_addresses),
		cmocka_unit_test(neighbor_names),
		cmocka_unit_test(help_knows_sections_and_keys),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
