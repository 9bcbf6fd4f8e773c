/* OPEN: values, parameters of both forms, capabilities, what we send. RFC 4271 6.2, 5492, 9072. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/codec.h"

enum peer {
	EXACT,     /* remote-as 65001, we are 65000 */
	EXTERNAL,  /* any but 65000 */
	INTERNAL,  /* 65000 */
	FOUR,      /* remote-as 100000 */
	UNDECIDED, /* neither: nobody is right */
};

static const struct bgp_open_expect expects[] = {
	[EXACT] = {.local_as = 65000, .remote_as = 65001},
	[EXTERNAL] = {.local_as = 65000, .external = true},
	[INTERNAL] = {.local_as = 65000, .internal = true},
	[FOUR] = {.local_as = 65000, .remote_as = 100000},
	[UNDECIDED] = {.local_as = 65000},
};

struct open_case {
	const char *name;
	enum peer peer;
	const char *hex;
	int subcode; /* -1: accepted */
	uint32_t as;
	uint32_t families;
};

#define OK -1
#define V4 BGP_FAMILY_IPV4
#define V6 BGP_FAMILY_IPV6
/* version 4, AS 65001, hold time 90, 10.0.0.1 */
#define HEAD "04 fde9 005a 0a000001 "

static const struct open_case cases[] = {
	{"no parameters", EXACT, HEAD "00", OK, 65001, V4},
	{"external", EXTERNAL, HEAD "00", OK, 65001, V4},
	{"internal", INTERNAL, "04 fde8 005a 0a000001 00", OK, 65000, V4},
	{"hold time 0", EXACT, "04 fde9 0000 0a000001 00", OK, 65001, V4},
	{"hold time 3", EXACT, "04 fde9 0003 0a000001 00", OK, 65001, V4},
	{"hold time 65535", EXACT, "04 fde9 ffff 0a000001 00", OK, 65001, V4},
	{"identifier of class E", EXACT, "04 fde9 005a ffffffff 00", OK, 65001, V4},
	{"our identifier from outside", EXACT, "04 fde9 005a 0a0000fe 00", OK, 65001, V4},
	{"empty capabilities parameter", EXACT, HEAD "02 0200", OK, 65001, V4},
	{"route refresh", EXACT, HEAD "04 0202 0200", OK, 65001, V4},
	{"IPv6 alone", EXACT, HEAD "08 0206 0104 00020001", OK, 65001, V6},
	{"both in one parameter", EXACT, HEAD "0e 020c 0104 00010001 0104 00020001", OK, 65001,
		V4 | V6},
	{"both in two parameters", EXACT, HEAD "10 0206 0104 00010001 0206 0104 00020001", OK,
		65001, V4 | V6},
	{"twice the same", EXACT, HEAD "0e 020c 0104 00010001 0104 00010001", OK, 65001, V4},
	{"multiprotocol of others alone", EXACT, HEAD "08 0206 0104 00190046", OK, 65001, 0},
	{"multicast is not ours", EXACT, HEAD "08 0206 0104 00010002", OK, 65001, 0},
	{"reserved octet", EXACT, HEAD "08 0206 0104 0001ff01", OK, 65001, V4},
	{"AS4 of a small AS", EXACT, HEAD "08 0206 4104 0000fde9", OK, 65001, V4},
	{"AS4 of a small AS behind AS_TRANS", EXACT, "04 5ba0 005a 0a000001 08 0206 4104 0000fde9",
		OK, 65001, V4},
	{"AS4", FOUR, "04 5ba0 005a 0a000001 08 0206 4104 000186a0", OK, 100000, V4},
	{"AS4 external", EXTERNAL, "04 5ba0 005a 0a000001 08 0206 4104 000186a0", OK, 100000, V4},
	{"AS4 twice, the last counts", FOUR,
		"04 5ba0 005a 0a000001 0e 020c 4104 000186a1 4104 000186a0", OK, 100000, V4},
	{"unknown capability", EXACT, HEAD "06 0204 f002 0102", OK, 65001, V4},
	{"unknown capability of 0", EXACT, HEAD "04 0202 4600", OK, 65001, V4},
	{"those we do not speak", EXACT,
		HEAD "1e 021c 4006 80780001 0180 4504 00010103 0600 0506 000100010002 4600 ff00",
		OK, 65001, V4},
	{"extended form", EXACT, HEAD "ff ff 0009 02 0006 0104 00020001", OK, 65001, V6},
	{"extended form, length octet not 255", EXACT, HEAD "01 ff 0009 02 0006 0104 00020001", OK,
		65001, V6},
	{"extended form, two parameters", EXACT,
		HEAD "ff ff 0012 02 0006 0104 00020001 02 0006 0104 00010001", OK, 65001, V4 | V6},
	{"extended form, empty", EXACT, HEAD "ff ff 0000", OK, 65001, V4},
	/* 2/1 */
	{"version 3", EXACT, "03 fde9 005a 0a000001 00", 1, 0, 0},
	{"version 5", EXACT, "05 fde9 005a 0a000001 00", 1, 0, 0},
	{"version before everything else", EXACT, "00 0000 0001 00000000 ff", 1, 0, 0},
	/* 2/2 */
	{"AS 0", EXACT, "04 0000 005a 0a000001 00", 2, 0, 0},
	{"AS 0, external", EXTERNAL, "04 0000 005a 0a000001 00", 2, 0, 0},
	{"AS4 0", EXTERNAL, HEAD "08 0206 4104 00000000", 2, 0, 0},
	{"AS 0 beside a good AS4", EXACT, "04 0000 005a 0a000001 08 0206 4104 0000fde9", 2, 0, 0},
	{"another AS", EXACT, "04 fdea 005a 0a000001 00", 2, 0, 0},
	{"another AS4", FOUR, "04 5ba0 005a 0a000001 08 0206 4104 000186a1", 2, 0, 0},
	{"AS4 unlike the header", EXTERNAL, HEAD "08 0206 4104 0000fdea", 2, 0, 0},
	{"AS_TRANS as an AS", EXTERNAL, "04 5ba0 005a 0a000001 00", 2, 0, 0},
	{"AS_TRANS in AS4", EXTERNAL, "04 5ba0 005a 0a000001 08 0206 4104 00005ba0", 2, 0, 0},
	{"our AS, external", EXTERNAL, "04 fde8 005a 0a000001 00", 2, 0, 0},
	{"another AS, internal", INTERNAL, HEAD "00", 2, 0, 0},
	{"neither external nor internal", UNDECIDED, HEAD "00", 2, 0, 0},
	/* 2/3 */
	{"identifier 0", EXACT, "04 fde9 005a 00000000 00", 3, 0, 0},
	{"our identifier from inside", INTERNAL, "04 fde8 005a 0a0000fe 00", 3, 0, 0},
	/* 2/4 */
	{"authentication", EXACT, HEAD "03 0101 00", 4, 0, 0},
	{"unknown parameter", EXACT, HEAD "02 6300", 4, 0, 0},
	{"unknown parameter behind a good one", EXACT, HEAD "06 0202 0200 6300", 4, 0, 0},
	{"unknown parameter, extended", EXACT, HEAD "ff ff 0003 63 0000", 4, 0, 0},
	/* 2/6 */
	{"hold time 1", EXACT, "04 fde9 0001 0a000001 00", 6, 0, 0},
	{"hold time 2", EXACT, "04 fde9 0002 0a000001 00", 6, 0, 0},
	/* 2/0 */
	{"parameters shorter than told", EXACT, HEAD "05 0202 0200", 0, 0, 0},
	{"octets behind the parameters", EXACT, HEAD "02 0202 0200", 0, 0, 0},
	{"an octet behind none", EXACT, HEAD "00 00", 0, 0, 0},
	{"parameter of one octet", EXACT, HEAD "01 02", 0, 0, 0},
	{"parameter past the end", EXACT, HEAD "04 0203 0200", 0, 0, 0},
	{"capability of one octet", EXACT, HEAD "03 0201 02", 0, 0, 0},
	{"capability past its parameter", EXACT, HEAD "08 0206 0105 00020001", 0, 0, 0},
	{"capability into the next parameter", EXACT, HEAD "08 0202 0104 0202 0200", 0, 0, 0},
	{"multiprotocol of 3", EXACT, HEAD "07 0205 0103 000200", 0, 0, 0},
	{"multiprotocol of 5", EXACT, HEAD "09 0207 0105 0002000100", 0, 0, 0},
	{"AS4 of 2", EXACT, HEAD "06 0204 4102 fde9", 0, 0, 0},
	{"AS4 of 0", EXACT, HEAD "04 0202 4100", 0, 0, 0},
	{"long-lived of 6", EXACT, HEAD "0a 0208 4706 000101800000", 0, 0, 0},
	{"long-lived of 8", EXACT, HEAD "0c 020a 4708 0001018000003c00", 0, 0, 0},
	{"role of 0", EXACT, HEAD "04 0202 0900", 0, 0, 0},
	{"role of 2", EXACT, HEAD "06 0204 0902 0300", 0, 0, 0},
	{"graceful restart of 0", EXACT, HEAD "04 0202 4000", 0, 0, 0},
	{"graceful restart of 1", EXACT, HEAD "05 0203 4001 80", 0, 0, 0},
	{"graceful restart of 5", EXACT, HEAD "09 0207 4005 8078 000101", 0, 0, 0},
	{"route refresh of 1", EXACT, HEAD "05 0203 0201 00", 0, 0, 0},
	{"extended next hop of 5", EXACT, HEAD "09 0207 0505 0001000100", 0, 0, 0},
	{"extended next hop of 7", EXACT, HEAD "0b 0209 0507 00010001000200", 0, 0, 0},
	{"255 with another type is the old form", EXACT, HEAD "ff 0202 0200", 0, 0, 0},
	{"length octet 0 is never the extended form", EXACT,
		HEAD "00 ff 0009 02 0006 0104 00020001", 0, 0, 0},
	{"extended length too long", EXACT, HEAD "ff ff 000a 02 0006 0104 00020001", 0, 0, 0},
	{"extended length too short", EXACT, HEAD "ff ff 0008 02 0006 0104 00020001", 0, 0, 0},
	{"extended without a length", EXACT, HEAD "ff ff 00", 0, 0, 0},
	{"extended parameter past the end", EXACT, HEAD "ff ff 0009 02 0007 0104 00020001", 0, 0,
		0},
	{"extended parameter cut in its length", EXACT, HEAD "ff ff 0002 02 00", 0, 0, 0},
};

static bool decode(
	const struct bytes *b, enum peer peer, struct bgp_open *open, struct bgp_error *error)
{
	struct bgp_open_expect expect = expects[peer];
	expect.local_id = addr_v4(0x0a0000fe);
	uint8_t *exact = bytes_exact(b->b, b->len);
	bool good = bgp_open_decode(exact, b->len, &expect, open, error);
	free(exact);
	return good;
}

static void rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct open_case *c = &cases[i];
		struct bytes b = {.len = 0};
		struct bgp_open open = {.as = 77};
		struct bgp_error e = {0};
		print_message("%s\n", c->name);
		bytes_hex(&b, c->hex);
		assert_int_equal(decode(&b, c->peer, &open, &e), c->subcode == OK);
		if (c->subcode != OK) {
			assert_int_equal(e.code, BGP_ERROR_OPEN);
			assert_int_equal(e.subcode, c->subcode);
			assert_int_equal(open.as, 77);
			continue;
		}
		assert_int_equal(e.code, 0);
		assert_int_equal(open.as, c->as);
		assert_int_equal(open.families, c->families);
	}
}

static void version_says_what_we_speak(void **state)
{
	(void)state;
	struct bytes b = {.len = 0};
	struct bgp_open open;
	struct bgp_error e;
	bytes_hex(&b, "03 fde9 005a 0a000001 00");
	assert_false(decode(&b, EXACT, &open, &e));
	struct bgp_error copy = e;
	memset(&e, 0xee, sizeof(e));
	assert_int_equal(copy.data_len, 2);
	assert_memory_equal(bgp_error_data(&copy), "\0\4", 2);
}

static void capabilities_are_noted(void **state)
{
	(void)state;
	struct bytes b = {.len = 0};
	struct bgp_open open;
	struct bgp_error e;
	bytes_hex(&b, HEAD "0c 020a 0200 4600 ff00 4500 0000");
	assert_true(decode(&b, EXACT, &open, &e));
	assert_true(open.route_refresh && !open.as4 && !open.has_multiprotocol);
	for (unsigned code = 0; code < 256; code++) {
		bool want = code == 2 || code == 0x46 || code == 0xff || code == 0x45 || code == 0;
		assert_int_equal(open.capabilities[code / 8] >> (code % 8) & 1, want);
	}
}

/* Every prefix of a good OPEN is refused as 2/0, from one octet on. */
static void every_cut(void **state)
{
	(void)state;
	static const char *const good[] = {
		HEAD "0e 020c 0104 00010001 0104 00020001",
		HEAD "10 0206 0104 00010001 0206 0104 00020001",
		HEAD "ff ff 0009 02 0006 0104 00020001",
		HEAD "0e 020c 400a c078 00010180 00020100",
		HEAD "0a 0208 0506 000100010002",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bytes b = {.len = 0};
		struct bgp_open open;
		struct bgp_error e;
		bytes_hex(&b, good[i]);
		assert_true(decode(&b, EXACT, &open, &e));
		while (b.len-- > 0) {
			assert_false(decode(&b, EXACT, &open, &e));
			assert_int_equal(e.subcode, 0);
		}
	}
}

/* Each length octet of an OPEN takes each value: only the true one is accepted. */
static void every_length(void **state)
{
	(void)state;
	static const size_t at[] = {9, 11, 13};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		for (unsigned v = 0; v < 256; v++) {
			struct bytes b = {.len = 0};
			struct bgp_open open;
			struct bgp_error e;
			bytes_hex(&b, HEAD "08 0206 0104 00020001");
			bool same = b.b[at[i]] == v;
			b.b[at[i]] = (uint8_t)v;
			assert_int_equal(decode(&b, EXACT, &open, &e), same);
		}
	}
}

static void what_we_send(void **state)
{
	(void)state;
	static const uint32_t as[] = {65001, 100000, 4294967295};
	for (unsigned i = 0; i < 3 * 4 * 2; i++) {
		const struct bgp_open_send send = {.local_as = as[i / 4 % 3],
			.local_id = addr_v4(0x0a000001),
			.hold_time_s = 90,
			.families = i % 4,
			.enhanced_refresh = i >= 12,
			.extended_message = i >= 12,
			.long_lived = i >= 12};
		const struct bgp_open_expect expect = {.local_as = 65000,
			.remote_as = as[i / 4 % 3],
			.local_id = addr_v4(0x0a0000fe)};
		uint8_t out[BGP_MESSAGE_MAX], type;
		uint16_t len;
		struct bgp_error e = {0};
		struct bgp_open open;
		size_t n = bgp_open_encode(&send, out);
		assert_int_equal(
			bgp_frame(out, n, &bgp_frame_plain, &type, &len, &e), BGP_FRAME_WHOLE);
		assert_true(type == BGP_TYPE_OPEN && len == n);
		assert_true(bgp_open_decode(
			out + BGP_HEADER_LEN, n - BGP_HEADER_LEN, &expect, &open, &e));
		assert_int_equal(open.as, as[i / 4 % 3]);
		assert_int_equal(open.hold_time_s, 90);
		assert_true(addr_equal(open.id, send.local_id));
		assert_true(open.as4 && open.route_refresh);
		assert_int_equal(open.enhanced_refresh, i >= 12);
		assert_int_equal(open.extended_message, i >= 12);
		assert_int_equal(open.long_lived.present, i >= 12);
		assert_int_equal(open.long_lived.families, 0);
		assert_int_equal(open.has_multiprotocol, i % 4 != 0);
		assert_int_equal(open.families, i % 4 ? i % 4 : BGP_FAMILY_IPV4);
		for (unsigned code = 0; code < 256; code++) {
			bool sent = open.capabilities[code / 8] >> (code % 8) & 1;
			assert_true(!sent || code == 1 || code == 2 || code == 65 ||
				    ((code == 70 || code == 71 || code == 6) && i >= 12));
		}
	}
}

/* RFC 9234 4.2: every pair, values without a meaning, several, none. */
static void roles(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		int bad; /* 0: the pair is right only where `fits` is our role; 1: strict alone */
		enum bgp_role fits;
		enum bgp_role said;
	} rows[] = {
		{"05 0203 0901 00", 0, BGP_ROLE_CUSTOMER, BGP_ROLE_PROVIDER},
		{"05 0203 0901 01", 0, BGP_ROLE_RS_CLIENT, BGP_ROLE_RS},
		{"05 0203 0901 02", 0, BGP_ROLE_RS, BGP_ROLE_RS_CLIENT},
		{"05 0203 0901 03", 0, BGP_ROLE_PROVIDER, BGP_ROLE_CUSTOMER},
		{"05 0203 0901 04", 0, BGP_ROLE_PEER, BGP_ROLE_PEER},
		{"05 0203 0901 05", 0, BGP_ROLE_NONE, BGP_ROLE_UNKNOWN},
		{"05 0203 0901 ff", 0, BGP_ROLE_NONE, BGP_ROLE_UNKNOWN},
		{"08 0206 0901 03 0901 03", 0, BGP_ROLE_PROVIDER, BGP_ROLE_CUSTOMER},
		{"08 0206 0901 03 0901 00", 0, BGP_ROLE_NONE, BGP_ROLE_UNKNOWN},
		{"0a 0203 0901 03 0203 0901 04", 0, BGP_ROLE_NONE, BGP_ROLE_UNKNOWN},
		{"0b 0209 0901 03 0901 00 0901 03", 0, BGP_ROLE_NONE, BGP_ROLE_UNKNOWN},
		{"00", 1, BGP_ROLE_NONE, BGP_ROLE_NONE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned k = 0; k < 2u * BGP_ROLE_UNKNOWN; k++) {
			struct bgp_open_expect expect = expects[EXACT];
			struct bytes b = {.len = 0};
			struct bgp_error e = {0};
			struct bgp_open open;
			bytes_hex(&b, HEAD);
			bytes_hex(&b, rows[i].hex);
			expect.local_id = addr_v4(1);
			expect.role = (uint8_t)(k / 2);
			expect.role_strict = k & 1;
			bool want =
				expect.role == BGP_ROLE_NONE ||
				(rows[i].bad ? !expect.role_strict : expect.role == rows[i].fits);
			assert_int_equal(bgp_open_decode(b.b, b.len, &expect, &open, &e), want);
			if (want)
				assert_int_equal(open.role, rows[i].said);
			else
				assert_true(e.code == BGP_ERROR_OPEN && e.subcode == BGP_OPEN_ROLE);
		}
	}
}

/* Roles are for external sessions; what another wrong thing is called comes first. */
static void roles_of_internal_peers_are_not_looked_at(void **state)
{
	(void)state;
	struct bgp_open_expect expect = expects[INTERNAL];
	struct bytes b = {.len = 0};
	struct bgp_error e = {0};
	struct bgp_open open;

	expect.local_id = addr_v4(1);
	expect.role = BGP_ROLE_CUSTOMER;
	expect.role_strict = true;
	bytes_hex(&b, "04 fde8 005a 0a000001 05 0203 0901 03");
	assert_true(bgp_open_decode(b.b, b.len, &expect, &open, &e));
	expect = expects[EXACT];
	expect.role = BGP_ROLE_CUSTOMER;
	b.len = 0;
	bytes_hex(&b, "04 fdea 005a 0a000001 05 0203 0901 03");
	assert_false(bgp_open_decode(b.b, b.len, &expect, &open, &e));
	assert_int_equal(e.subcode, BGP_OPEN_PEER_AS);
}

static void roles_that_we_send(void **state)
{
	(void)state;
	for (unsigned role = BGP_ROLE_PROVIDER; role < BGP_ROLE_UNKNOWN; role++) {
		const struct bgp_open_send send = {.local_as = 65001,
			.local_id = addr_v4(0x0a000001),
			.hold_time_s = 90,
			.families = V4,
			.role = (uint8_t)role};
		struct bgp_open_expect expect = expects[EXACT];
		uint8_t out[BGP_MESSAGE_MAX];
		struct bgp_open open;
		struct bgp_error e;
		size_t n = bgp_open_encode(&send, out);
		expect.local_id = addr_v4(1);
		assert_true(bgp_open_decode(
			out + BGP_HEADER_LEN, n - BGP_HEADER_LEN, &expect, &open, &e));
		assert_int_equal(open.role, role);
		assert_true(bgp_role_text((uint8_t)role)[0]);
	}
}

/* RFC 9494 3: families with F and a time of 24 bits; the last of two counts. */
static void long_lived(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		struct bgp_long_lived want;
	} rows[] = {
		{"04 0202 0200", {.present = false}},
		{"04 0202 4700", {.present = true}},
		{"0b 0209 4707 0001 01 80 00003c", {true, V4, V4, {60, 0}}},
		{"0b 0209 4707 0002 01 7f ffffff", {true, V6, 0, {0, 16777215}}},
		{"12 0210 470e 0001 01 00 000001 0002 01 80 010000",
			{true, V4 | V6, V6, {1, 65536}}},
		{"0b 0209 4707 0019 46 80 00003c", {.present = true}},
		{"0d 020b 4707 0001 01 80 00003c 4700", {.present = true}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b = {.len = 0};
		struct bgp_open open;
		struct bgp_error e;
		bytes_hex(&b, HEAD);
		bytes_hex(&b, rows[i].hex);
		assert_true(decode(&b, EXACT, &open, &e));
		assert_memory_equal(&open.long_lived, &rows[i].want, sizeof(rows[i].want));
	}
}

/* RFC 4724 3, 8538 2: flags, time, families; the last of two counts. */
static void graceful_restart(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		struct bgp_graceful want;
	} rows[] = {
		{"04 0202 0200", {.present = false}},
		{"06 0204 4002 0000", {.present = true}},
		{"06 0204 4002 8fff", {.present = true, .restarted = true, .time_s = 4095}},
		{"06 0204 4002 4001", {.present = true, .notification = true, .time_s = 1}},
		{"06 0204 4002 3001", {.present = true, .time_s = 1}}, /* reserved bits */
		{"0e 020c 400a 0078 00010180 00020100",
			{.present = true, .time_s = 120, .families = V4 | V6, .forwarding = V4}},
		{"0e 020c 400a 0078 00010280 00190180", {.present = true, .time_s = 120}},
		{"0a 0208 4006 0078 0002017f", {.present = true, .time_s = 120, .families = V6}},
		{"0e 020c 4006 8078 00010180 4002 0001", {.present = true, .time_s = 1}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[256];
		struct bytes b = {.len = 0};
		struct bgp_open open;
		struct bgp_error e;
		snprintf(hex, sizeof(hex), "%s%s", HEAD, rows[i].hex);
		bytes_hex(&b, hex);
		assert_true(decode(&b, EXACT, &open, &e));
		const struct bgp_graceful *g = &open.graceful, *w = &rows[i].want;
		assert_int_equal(g->present, w->present);
		assert_int_equal(g->restarted, w->restarted);
		assert_int_equal(g->notification, w->notification);
		assert_int_equal(g->time_s, w->time_s);
		assert_int_equal(g->families, w->families);
		assert_int_equal(g->forwarding, w->forwarding);
	}
}

static void graceful_restart_there_and_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		const struct bgp_graceful g = {.present = true,
			.restarted = i & 1,
			.notification = i & 2,
			.time_s = 4095,
			.families = i >> 2 & 3,
			.forwarding = i >> 2 & i >> 4 & 3};
		const struct bgp_open_send send = {.local_as = 65001,
			.local_id = addr_v4(0x0a000001),
			.hold_time_s = 90,
			.families = V4 | V6,
			.graceful = g};
		struct bgp_open_expect expect = expects[EXACT];
		uint8_t out[BGP_MESSAGE_MAX];
		struct bgp_open open;
		struct bgp_error e;
		size_t n = bgp_open_encode(&send, out);
		expect.local_id = addr_v4(1);
		assert_true(bgp_open_decode(
			out + BGP_HEADER_LEN, n - BGP_HEADER_LEN, &expect, &open, &e));
		assert_true(open.graceful.present);
		assert_int_equal(open.graceful.restarted, g.restarted);
		assert_int_equal(open.graceful.notification, g.notification);
		assert_int_equal(open.graceful.time_s, 4095);
		assert_int_equal(open.graceful.families, g.families);
		assert_int_equal(open.graceful.forwarding, g.forwarding);
	}
}

/* RFC 8950 4: of all triples only IPv4 unicast over IPv6 counts. */
static void extended_next_hop(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint32_t want;
	} rows[] = {
		{"0a 0208 0506 000100010002", V4},
		{"10 020e 050c 000100020002 000100010002", V4},
		{"0a 0208 0506 000100010001", 0},
		{"0a 0208 0506 000100800002", 0},
		{"0a 0208 0506 000201010002", 0},
		{"04 0202 0500", 0},
		{"0c 020a 0506 000100010002 0500", V4},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[256];
		struct bytes b = {.len = 0};
		struct bgp_open open;
		struct bgp_error e;
		snprintf(hex, sizeof(hex), "%s%s", HEAD, rows[i].hex);
		bytes_hex(&b, hex);
		assert_true(decode(&b, EXACT, &open, &e));
		assert_int_equal(open.extended_next_hop, rows[i].want);
	}
	const struct bgp_open_send send = {.local_as = 65001,
		.local_id = addr_v4(0x0a000001),
		.hold_time_s = 90,
		.families = V4 | V6,
		.extended_next_hop = V4};
	struct bgp_open_expect expect = expects[EXACT];
	uint8_t out[BGP_MESSAGE_MAX];
	struct bgp_open open;
	struct bgp_error e;
	size_t n = bgp_open_encode(&send, out);
	expect.local_id = addr_v4(1);
	assert_true(bgp_open_decode(out + BGP_HEADER_LEN, n - BGP_HEADER_LEN, &expect, &open, &e));
	assert_int_equal(open.extended_next_hop, V4);
}

/* RFC 7911 4: who can send, of families that we speak. */
static void add_path(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint32_t want;
	} rows[] = {
		{"08 0206 4504 00010101", 0}, /* it only receives */
		{"08 0206 4504 00010102", V4},
		{"08 0206 4504 00020103", V6},
		{"0c 020a 4508 00010102 00020103", V4 | V6},
		{"08 0206 4504 00010103", V4},
		{"08 0206 4504 00010104", 0}, /* means nothing */
		{"08 0206 4504 00010100", 0},
		{"08 0206 4504 00010203", 0},          /* multicast */
		{"0c 020a 4508 00010102 00010101", 0}, /* the last counts */
		{"04 0202 4500", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[256];
		struct bytes b = {.len = 0};
		struct bgp_open open;
		struct bgp_error e;
		snprintf(hex, sizeof(hex), "%s%s", HEAD, rows[i].hex);
		bytes_hex(&b, hex);
		assert_true(decode(&b, EXACT, &open, &e));
		assert_int_equal(open.add_path_send, rows[i].want);
	}
	static const uint8_t v4[] = {69, 4, 0, 1, 1, 1}, both[] = {69, 8, 0, 1, 1, 1, 0, 2, 1, 1};
	struct bgp_open_send send = {.local_as = 65001, .families = V4, .add_path_receive = V4};
	uint8_t out[BGP_MESSAGE_MAX];
	size_t n = bgp_open_encode(&send, out);
	assert_memory_equal(out + n - sizeof(v4), v4, sizeof(v4));
	send.add_path_receive = V4 | V6;
	n = bgp_open_encode(&send, out);
	assert_memory_equal(out + n - sizeof(both), both, sizeof(both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(version_says_what_we_speak),
		cmocka_unit_test(capabilities_are_noted),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(every_length),
		cmocka_unit_test(what_we_send),
		cmocka_unit_test(long_lived),
		cmocka_unit_test(roles),
		cmocka_unit_test(roles_of_internal_peers_are_not_looked_at),
		cmocka_unit_test(roles_that_we_send),
		cmocka_unit_test(graceful_restart),
		cmocka_unit_test(graceful_restart_there_and_back),
		cmocka_unit_test(extended_next_hop),
		cmocka_unit_test(add_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
