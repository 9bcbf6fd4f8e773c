/* conf: two snapshots compared: what a reload changes, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/diff.h"

static const char base[] = "[bgp]\nlocal-as = 64512\n"
			   "[vrf red]\ndevice = vrf-red\n"
			   "[bfd-profile p]\ntransmit-interval = 50ms\n"
			   "[bfd-profile same]\ntransmit-interval = 50ms\n"
			   "[bfd-profile q]\ntransmit-interval = 51ms\n"
			   "[bfd-profile r]\ntransmit-interval = 50ms\npassive = yes\n"
			   "[bfd-profile t]\ntransmit-interval = 50ms\nminimum-ttl = 253\n"
			   "[bfd-profile z]\ntransmit-interval = 50ms\nzero-udp6-checksum = yes\n"
			   "[bfd-profile u]\ntransmit-interval = 50ms\nup-delay = 5\n"
			   "[bfd-profile k]\ntransmit-interval = 50ms\n"
			   "authentication = keyed-md5\nkey = 1 a\n"
			   "[bfd-profile l]\ntransmit-interval = 50ms\n"
			   "authentication = keyed-sha1\nkey = 1 a\n"
			   "[bfd-profile m]\ntransmit-interval = 50ms\n"
			   "authentication = keyed-md5\nkey = 2 a\n"
			   "[bfd-profile n]\ntransmit-interval = 50ms\n"
			   "authentication = keyed-md5\nkey = 1 b\n"
			   "[bfd-profile v]\ntransmit-interval = 50ms\nup-delay-maximum = 5\n"
			   "[prefix-list a]\npermit = 10.0.0.0/8, 11.0.0.0/8\n"
			   "[prefix-list b]\npermit = 12.0.0.0/8\n"
			   "[prefix-list ab]\npermit = 10.0.0.0/8\npermit = 11.0.0.0/8\n"
			   "permit = 12.0.0.0/8\n"
			   "[prefix-list ba]\npermit = 12.0.0.0/8, 10.0.0.0/8, 11.0.0.0/8\n"
			   "[prefix-list le]\npermit = 10.0.0.0/8 le 9, 11.0.0.0/8, 12.0.0.0/8\n"
			   "[prefix-list deny]\npermit = 10.0.0.0/8, 11.0.0.0/8\n"
			   "deny = 12.0.0.0/8\n"
			   "[neighbor 192.0.2.1 vrf red]\n";

static struct conf *build(const char *keys)
{
	char text[2000];
	bool usable;
	snprintf(text, sizeof(text), "%s%s", base, keys);
	struct conf_text t = {.name = "m", .file = "m.conf", .bytes = text, .len = strlen(text)};
	struct conf *c = conf_build(&t, 1, NULL, &usable);
	if (!usable)
		fail_msg("%s: %s", keys, c->messages[c->messages_n - 1].text);
	return c;
}

static enum conf_change change(const char *before, const char *after)
{
	struct conf *a = build(before), *b = build(after);
	const struct conf_neighbor *x = &a->neighbors[0];
	const struct conf_neighbor *y = conf_neighbor_find(b, x);
	assert_non_null(y);
	enum conf_change c = conf_neighbor_diff(x, y);
	assert_int_equal(c, conf_neighbor_diff(y, x));
	uint64_t keys = conf_neighbor_keys(x, y), reset = conf_neighbor_reset_keys(x, y);
	assert_int_equal(keys != 0, c != CONF_CHANGE_NONE);
	assert_int_equal(reset != 0, c == CONF_CHANGE_RESET);
	assert_int_equal(reset & ~keys, 0);
	conf_free(a);
	conf_free(b);
	return c;
}

static void nothing_changes(void **state)
{
	(void)state;
	assert_int_equal(change("", ""), CONF_CHANGE_NONE);
	assert_int_equal(
		change("", "port = 179\nhold-time = 90\npassive = no\n"), CONF_CHANGE_NONE);
	assert_int_equal(change("import = a, b\n", "import = ab\n"), CONF_CHANGE_NONE);
	assert_int_equal(change("bfd-profile = p\n", "bfd-profile = same\n"), CONF_CHANGE_NONE);
	assert_int_equal(change("remote-as = 65536\n", "remote-as = 1.0\n"), CONF_CHANGE_NONE);
}

static void live_changes(void **state)
{
	(void)state;
	static const char *const keys[][2] = {{"", "description = x\n"}, {"", "hold-time = 9\n"},
		{"", "keepalive-time = 9\n"}, {"", "connect-retry-time = 9\n"},
		{"", "send-hold-time = 9\n"}, {"", "idle-hold-time = 9\n"},
		{"", "maximum-prefix = 9\n"}, {"", "import = a\n"}, {"", "bfd-profile = p\n"},
		{"bfd-profile = p\n", "bfd-profile = q\n"},
		{"bfd-profile = p\n", "bfd-profile = r\n"},
		{"bfd-profile = p\n", "bfd-profile = t\n"},
		{"bfd-profile = p\n", "bfd-profile = z\n"},
		{"bfd-profile = p\n", "bfd-profile = k\n"},
		{"bfd-profile = k\n", "bfd-profile = l\n"},
		{"bfd-profile = k\n", "bfd-profile = m\n"},
		{"bfd-profile = k\n", "bfd-profile = n\n"},
		{"bfd-profile = p\n", "bfd-profile = u\n"},
		{"bfd-profile = p\n", "bfd-profile = v\n"}, {"", "bfd-strict = yes\n"},
		{"", "bfd-strict-hold-time = 9\n"}, {"", "passive = yes\n"},
		{"", "maximum-prefix-action = block\n"}, {"", "allow-as-in = 1\n"},
		{"", "stale-time = 9\n"}, {"", "shutdown = yes\n"},
		{"import = ab\n", "import = ba\n"}, {"import = ab\n", "import = le\n"},
		{"import = ab\n", "import = deny\n"}, {"import = ab\n", "import = a\n"},
		{"local-speaker = yes\n", "local-speaker = yes\nannounce-to = all\n"},
		{"local-speaker = yes\nannounce-to = vrf default\n",
			"local-speaker = yes\nannounce-to = all\n"}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (change(keys[i][0], keys[i][1]) != CONF_CHANGE_LIVE)
			fail_msg("%s -> %s", keys[i][0], keys[i][1]);
}

static void resetting_changes(void **state)
{
	(void)state;
	static const char *const keys[][2] = {{"", "remote-as = 1\n"},
		{"", "remote-as = external\n"},
		{"remote-as = external\n", "remote-as = internal\n"}, {"", "password-file = a\n"},
		{"password-file = a\n", "password-file = b\n"}, {"", "address-family = ipv6\n"},
		{"", "port = 1179\n"}, {"", "local-as = 7\n"}, {"", "graceful-restart = off\n"},
		{"", "restart-time = 9\n"}, {"", "ebgp-multihop = 2\n"},
		{"", "ttl-security = yes\n"}, {"", "extended-message = no\n"},
		{"", "extended-nexthop = yes\n"}, {"", "role = peer\n"},
		{"", "add-path = receive\n"}, {"", "long-lived-stale-time = 1h\n"},
		{"role = rs-client\n", "role = customer\n"}, {"", "role-strict = yes\n"},
		{"", "update-source = 10.0.0.1\n"}, {"", "update-source = eth0\n"},
		{"", "local-speaker = yes\n"}, {"update-source = eth1\n", "update-source = eth0\n"},
		{"hold-time = 9\n", "port = 1179\n"}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (change(keys[i][0], keys[i][1]) != CONF_CHANGE_RESET)
			fail_msg("%s -> %s", keys[i][0], keys[i][1]);
}

static void the_key_is_address_interface_and_vrf(void **state)
{
	(void)state;
	struct conf *a = build("[neighbor 192.0.2.1]\n[neighbor fe80::1%eth0]\n");
	struct conf *b = build("[neighbor FE80:0::1%eth0]\n[neighbor fe80::1%eth1]\n");
	size_t found = 0;
	for (size_t i = 0; i < a->neighbors_n; i++) {
		const struct conf_neighbor *n = conf_neighbor_find(b, &a->neighbors[i]);
		found += n != NULL;
		if (n)
			assert_string_equal(n->name, a->neighbors[i].name);
	}
	assert_int_equal(a->neighbors_n, 3);
	assert_int_equal(found, 2);
	conf_free(a);
	conf_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changes),
		cmocka_unit_test(live_changes),
		cmocka_unit_test(resetting_changes),
		cmocka_unit_test(the_key_is_address_interface_and_vrf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
