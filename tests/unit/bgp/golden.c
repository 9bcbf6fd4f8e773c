/*
 * Golden packets: what speakers of Debian sent, whole messages in hex, and what they mean to us.
 *
 *     test-bgp-golden FILE        FILE: tests/golden/bgp/packets
 *
 * A line "> ebgp|ibgp AS, 4|2" opens the messages of one speaker, of that AS and size of AS
 * numbers; then a line of hex a message, and "= meaning" behind it. "#" begins a comment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/codec.h"

enum {
	LINE_MAX = 4096,
	LOCAL_AS = 64512,
};

static const char *path;

struct speaker {
	struct bgp_update_session session;
	unsigned messages;
};

static void speaker_read(const char *line, struct speaker *s)
{
	char kind[8];
	unsigned as, octets;
	assert_int_equal(sscanf(line, "> %7s %u, %u", kind, &as, &octets), 3);
	s->session = (struct bgp_update_session){.as4 = octets == 4,
		.ebgp = strcmp(kind, "ebgp") == 0,
		.remote_as = as,
		.families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6};
}

static const char *families(uint32_t f)
{
	static const char *const names[] = {"none", "ipv4", "ipv6", "ipv4+ipv6"};
	return names[f & 3];
}

static void graceful_mean(const struct bgp_graceful *g, char *out, size_t room)
{
	if (!g->present)
		return;
	snprintf(out, room, " graceful=%us%s%s,%s,kept=%s", g->time_s, g->restarted ? ",R" : "",
		g->notification ? ",N" : "", families(g->families), families(g->forwarding));
}

static void open_mean(const struct speaker *s, const uint8_t *body, size_t len, char *out)
{
	const struct bgp_open_expect expect = {
		.local_as = LOCAL_AS, .remote_as = s->session.remote_as, .local_id = addr_v4(1)};
	struct bgp_open o;
	struct bgp_error e;
	char id[ADDR_TEXT_MAX];
	if (!bgp_open_decode(body, len, &expect, &o, &e)) {
		sprintf(out, "refused %u/%u", e.code, e.subcode);
		return;
	}
	int n = sprintf(out, "OPEN as=%u id=%s hold=%u %s%s%s", o.as, addr_text(o.id, id),
		o.hold_time_s, families(o.families), o.as4 ? " as4" : "",
		o.route_refresh ? " refresh" : "");
	graceful_mean(&o.graceful, out + n, (size_t)(LINE_MAX - n));
	strcat(out, " capabilities=");
	for (unsigned c = 0, first = 1; c < 256; c++) {
		if (!(o.capabilities[c / 8] >> (c % 8) & 1))
			continue;
		sprintf(out + strlen(out), "%s%u", first ? "" : ",", c);
		first = 0;
	}
}

static void update_mean(const struct speaker *s, const uint8_t *body, size_t len, char *out)
{
	static const char *const action[] = {
		"", " without an attribute", " as a withdrawal", " a reset"};
	static struct bgp_update u;
	bgp_update_decode(body, len, &s->session, &u);
	sprintf(out, "UPDATE%s %s", action[u.action], update_text(&u));
}

static void notification_mean(const uint8_t *body, size_t len, char *out)
{
	struct bgp_notification n;
	char name[96];
	assert_true(bgp_notification_decode(body, len, &n));
	sprintf(out, "NOTIFICATION %u/%u %s%s%s", n.code, n.subcode,
		bgp_error_text(n.code, n.subcode, name, sizeof(name)), n.text[0] ? ": " : "",
		n.text);
}

static void refresh_mean(const uint8_t *body, size_t len, char *out)
{
	uint32_t family;
	uint8_t subtype;
	struct bgp_error e;
	assert_true(bgp_route_refresh_decode(body, len, &family, &subtype, &e));
	sprintf(out, "ROUTE-REFRESH %s subtype=%u", families(family), subtype);
}

/* The header is framing's and tested there. */
static void mean(const struct speaker *s, const struct bytes *m, char *out)
{
	size_t len = m->len - BGP_HEADER_LEN;
	uint8_t *body = bytes_exact(m->b + BGP_HEADER_LEN, len);
	assert_int_equal(m->b[16] << 8 | m->b[17], m->len);
	switch ((enum bgp_type)m->b[18]) {
	case BGP_TYPE_OPEN:
		open_mean(s, body, len, out);
		break;
	case BGP_TYPE_UPDATE:
		update_mean(s, body, len, out);
		break;
	case BGP_TYPE_NOTIFICATION:
		notification_mean(body, len, out);
		break;
	case BGP_TYPE_KEEPALIVE:
		strcpy(out, "KEEPALIVE");
		break;
	case BGP_TYPE_ROUTE_REFRESH:
		refresh_mean(body, len, out);
		break;
	}
	free(body);
}

static void each_means_what_it_says(void **state)
{
	(void)state;
	static char line[LINE_MAX], meaning[2 * LINE_MAX];
	struct speaker s = {.messages = 0};
	struct bytes m = {.len = 0};
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == '>') {
			speaker_read(line, &s);
		} else if (line[0] == '=') {
			mean(&s, &m, meaning);
			assert_string_equal(meaning, line + 2);
			s.messages++;
		} else if (line[0] && line[0] != '#') {
			m.len = 0;
			bytes_hex(&m, line);
			assert_true(m.len >= BGP_HEADER_LEN);
		}
	}
	fclose(f);
	assert_true(s.messages > 30);
}

static void same(const char *hex, const uint8_t *out, size_t len)
{
	struct bytes want = {.len = 0};
	bytes_hex(&want, hex);
	assert_int_equal(len, want.len);
	assert_memory_equal(out, want.b, len);
}

#define MARKER "ffffffffffffffffffffffffffffffff"

static void what_we_send(void **state)
{
	(void)state;
	uint8_t out[BGP_MESSAGE_MAX];
	const struct bgp_open_send open = {.local_as = 4200000001,
		.local_id = addr_v4(0x0a00000b),
		.hold_time_s = 90,
		.families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6,
		.graceful = {.present = true,
			.notification = true,
			.restarted = true,
			.time_s = 120,
			.families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6,
			.forwarding = BGP_FAMILY_IPV6}};
	/* AS_TRANS; IPv4, IPv6, refresh, AS of 4 octets, graceful restart with R and N, F of IPv6
	 */
	same(MARKER "003f 01 04 5ba0 005a 0a00000b 22 0220 0104 00010001 0104 00020001 0200"
		    "4104 fa56ea01 400a c078 00010100 00020180",
		out, bgp_open_encode(&open, out));
	same(MARKER "0013 04", out, bgp_keepalive_encode(out));
	/* Cease, administrative shutdown, "ok" */
	const struct bgp_error shutdown =
		bgp_error_make(BGP_ERROR_CEASE, BGP_CEASE_ADMIN_SHUTDOWN, "\2ok", 3);
	same(MARKER "0018 03 0602 026f6b", out, bgp_notification_encode(&shutdown, out));
	/* the same inside a hard reset */
	same(MARKER "001a 03 0609 0602 026f6b", out, bgp_hard_reset_encode(&shutdown, out));
	/* maximum prefixes of IPv6 unicast: 1000 */
	const struct bgp_error limit = bgp_cease_limit(BGP_FAMILY_IPV6, 1000);
	same(MARKER "001c 03 0601 0002 01 000003e8", out, bgp_notification_encode(&limit, out));
	same(MARKER "0017 02 0000 0000", out, bgp_end_of_rib_encode(BGP_FAMILY_IPV4, out));
	same(MARKER "001d 02 0000 0006 800f03 0002 01", out,
		bgp_end_of_rib_encode(BGP_FAMILY_IPV6, out));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_means_what_it_says),
		cmocka_unit_test(what_we_send),
	};
	assert_int_equal(argc, 2);
	path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
