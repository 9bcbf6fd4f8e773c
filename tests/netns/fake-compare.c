/*
 * For tests/netns/fake_kernel.py; not installed.
 *
 *   fake-compare SEED STEPS   random requests to the kernel of this namespace and to the fake one
 *                             (tests/unit/fib/fake_kernel.h), each message byte for byte the same;
 *                             errno, notifications and dumps must agree. Links are v1 .. v3.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rib/fib/kernel.h"
#include "tests/netns/fake-lines.h"
#include "tests/unit/fib/fake_kernel.h"

enum {
	LINKS = 3,
	OBJECT_ID = 100, /* 8 objects, 6 groups behind them */
	OBJECTS = 8,
	GROUPS = 6,
};
static const uint32_t tables[] = {1001, 1002, 1003};

static struct transport *request, *event;
static struct fake_kernel *fake;
static struct fake_socket *fake_request_socket, *fake_event;
static uint32_t seq, random_state, step;
static uint32_t link_index[LINKS];
static char doing[LINE];
static unsigned differences;
static struct lines real_lines, fake_lines;

static uint32_t dice(uint32_t sides)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % sides;
}

static void die(const char *what)
{
	fprintf(stderr, "step %u (%s): %s\n", step, doing, what);
	exit(1);
}

/* The order of what one request causes is the kernel's own matter. */
static void compare(const char *what)
{
	lines_sort(&real_lines);
	lines_sort(&fake_lines);
	bool same = real_lines.n == fake_lines.n;
	for (size_t i = 0; same && i < real_lines.n; i++)
		same = strcmp(real_lines.text[i], fake_lines.text[i]) == 0;
	if (!same) {
		printf("step %u: %s: %s differ\n", step, doing, what);
		for (size_t i = 0; i < real_lines.n; i++)
			printf("  kernel: %s\n", real_lines.text[i]);
		for (size_t i = 0; i < fake_lines.n; i++)
			printf("  fake:   %s\n", fake_lines.text[i]);
		differences++;
	}
	real_lines.n = fake_lines.n = 0;
}

/* ---- both kernels ---- */

static _Alignas(8) uint8_t buffer[65536];

static int answer_of(struct nlmsghdr *m, char *text)
{
	struct nlread_error e;
	if (m->nlmsg_seq != seq || !nlread_error(m, &e))
		return -1;
	strcpy(text, e.text);
	return e.error;
}

static int ask_real(struct nlmsghdr *m, char *text)
{
	if (transport_send(request, m, m->nlmsg_len) < 0)
		die("send");
	for (;;) {
		ssize_t n = transport_recv(request, buffer, sizeof(buffer), true);
		int error = n > 0 ? answer_of((void *)buffer, text) : 0;
		if (n <= 0)
			die("no answer");
		if (error >= 0)
			return error;
	}
}

static int ask_fake(struct nlmsghdr *m, char *text)
{
	fake_kernel_request(fake, fake_request_socket, fake_request_socket->port, m, m->nlmsg_len);
	struct fake_datagram *d = fake_socket_take(fake, fake_request_socket);
	if (!d)
		die("no answer of the fake");
	int error = answer_of((void *)d->bytes, text);
	free(d);
	return error;
}

static void events(void)
{
	ssize_t n;
	while ((n = transport_recv(event, buffer, sizeof(buffer), false)) > 0) {
		struct nlmsghdr *m = (void *)buffer;
		for (int left = (int)n; nlmsg_ok(m, left); m = nlmsg_next(m, &left))
			lines_take(&real_lines, m, transport_port(request));
	}
	struct fake_datagram *d;
	while ((d = fake_socket_take(fake, fake_event))) {
		lines_take(&fake_lines, (void *)d->bytes, fake_request_socket->port);
		free(d);
	}
	compare("notifications");
}

static void ask(struct nl_msg *msg, bool built)
{
	char real_text[128] = "", fake_text[128] = "";
	struct nlmsghdr *m = nlmsg_hdr(msg);
	if (!built)
		die("not built");
	m->nlmsg_flags |= NLM_F_ACK;
	int real = ask_real(m, real_text), fakes = ask_fake(m, fake_text);
	if (real != fakes || !real_text[0] != !fake_text[0]) {
		printf("step %u: %s: kernel %d \"%s\" (%s), fake %d \"%s\"\n", step, doing, real,
			real_text, strerror(real), fakes, fake_text);
		differences++;
	} else if (strcmp(real_text, fake_text) != 0) {
		printf("step %u: other words: kernel \"%s\", fake \"%s\"\n", step, real_text,
			fake_text);
	}
	events();
}

/* ---- dumps ---- */

static int dump_end(struct nlmsghdr *m)
{
	struct nlread_error e;
	if (m->nlmsg_type == NLMSG_ERROR && nlread_error(m, &e))
		return 1000 + e.error;
	return m->nlmsg_type == NLMSG_DONE ? nlread_done(m) : -1;
}

static int take_datagram(uint8_t *bytes, size_t len, struct lines *l)
{
	struct nlmsghdr *m = (void *)bytes;
	for (int left = (int)len; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
		int end = dump_end(m);
		if (end >= 0)
			return end;
		m->nlmsg_flags = 0;
		lines_take(l, m, 0);
	}
	return -1;
}

static void dump(struct nl_msg *msg, bool built, const char *what)
{
	int real = -1, fakes = -1;
	struct nlmsghdr *m = nlmsg_hdr(msg);
	if (!built || transport_send(request, m, m->nlmsg_len) < 0)
		die("dump");
	while (real < 0) {
		ssize_t n = transport_recv(request, buffer, sizeof(buffer), true);
		if (n <= 0)
			die("dump not answered");
		real = take_datagram(buffer, (size_t)n, &real_lines);
	}
	fake_kernel_request(fake, fake_request_socket, fake_request_socket->port, m, m->nlmsg_len);
	while (fakes < 0) {
		struct fake_datagram *d = fake_socket_take(fake, fake_request_socket);
		fakes = take_datagram(d->bytes, d->len, &fake_lines);
		free(d);
	}
	if (real != fakes) {
		printf("step %u: %s ends with %d in the kernel, %d in the fake\n", step, what, real,
			fakes);
		differences++;
	}
	compare(what);
}

static void dumps(struct nl_msg *msg)
{
	nlbuild_reset(msg, ++seq);
	dump(msg, nlbuild_dump_nexthops(msg), "nexthops");
	for (unsigned i = 0; i < 2 * sizeof(tables) / sizeof(tables[0]); i++) {
		nlbuild_reset(msg, ++seq);
		dump(msg, nlbuild_dump_routes(msg, i % 2 ? ADDR_V6 : ADDR_V4, tables[i / 2], 186),
			i % 2 ? "IPv6 routes" : "IPv4 routes");
	}
	for (unsigned i = 0; i < 2; i++) {
		nlbuild_reset(msg, ++seq);
		dump(msg, nlbuild_dump_rules(msg, i ? ADDR_V6 : ADDR_V4), "rules");
	}
}

/* ---- random requests ---- */

static struct addr gateway_address(uint32_t link, bool v6)
{
	struct addr a = addr_v4(0x0aff0000 + (link << 8) + 2 + dice(3));
	if (dice(12) == 0)
		a = addr_v4(0xc0000201);
	if (!v6)
		return a;
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)link};
	b[15] = (uint8_t)(2 + dice(3));
	b[4] = dice(12) == 0;
	return addr_from_bytes(ADDR_V6, b);
}

/* Other flags than those of nlbuild: create, replace, either. */
static void flags_by_dice(struct nl_msg *m)
{
	static const uint16_t flags[] = {NLM_F_CREATE | NLM_F_EXCL, NLM_F_CREATE | NLM_F_REPLACE,
		NLM_F_REPLACE, NLM_F_CREATE | NLM_F_REPLACE};
	struct nlmsghdr *h = nlmsg_hdr(m);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags[dice(4)]);
}

static void object_new(struct nl_msg *m)
{
	struct kops k = {0};
	uint32_t link = 1 + dice(LINKS);
	struct kop op = {.kind = KOP_GATEWAY_SET,
		.id = OBJECT_ID + dice(OBJECTS + (dice(8) == 0)),
		.ifindex = dice(20) ? link_index[link - 1] : 99999,
		.addr = gateway_address(link, dice(2)),
		.onlink = dice(10) == 0};
	char a[ADDR_TEXT_MAX];
	kops_add(&k, op);
	bool built = nlbuild_kop(m, &k, 0, dice(2) ? 2 : 4);
	flags_by_dice(m);
	snprintf(doing, sizeof(doing), "object %u if %u via %s onlink %d flags %x", op.id,
		op.ifindex, addr_text(op.addr, a), op.onlink, nlmsg_hdr(m)->nlmsg_flags);
	ask(m, built);
	kops_free(&k);
}

static void group_new(struct nl_msg *m)
{
	struct kops k = {0};
	uint32_t id = OBJECT_ID + OBJECTS + dice(GROUPS);
	int len = snprintf(doing, sizeof(doing), "group %u of", id);
	kops_add(&k, (struct kop){.kind = KOP_GROUP_SET, .id = id});
	for (uint32_t n = 1 + dice(3); n; n--) {
		struct kop_member member = {.id = OBJECT_ID + dice(OBJECTS + (dice(16) == 0)),
			.weight = (uint16_t)(1 + dice(3))};
		kops_add_member(&k, member);
		len += snprintf(doing + len, sizeof(doing) - (size_t)len, " %u*%u", member.id,
			member.weight);
	}
	bool built = nlbuild_kop(m, &k, 0, 2);
	flags_by_dice(m);
	snprintf(doing + len, sizeof(doing) - (size_t)len, " flags %x", nlmsg_hdr(m)->nlmsg_flags);
	ask(m, built);
	kops_free(&k);
}

static void nexthop_delete(struct nl_msg *m)
{
	uint32_t id = OBJECT_ID + dice(OBJECTS + GROUPS);
	snprintf(doing, sizeof(doing), "delete nexthop %u", id);
	ask(m, nlbuild_nexthop_del(m, id));
}

/* Of link 1, or nobody's. */
static struct addr source_address(bool v6)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};
	b[15] = dice(4) ? 1 : 99;
	return v6 ? addr_from_bytes(ADDR_V6, b) : addr_v4(0x0aff0100 + b[15]);
}

static struct nlbuild_route some_route(void)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, (uint8_t)dice(4)};
	struct prefix v6 = prefix_make(addr_from_bytes(ADDR_V6, b), 48);
	struct prefix v4 = prefix_make(addr_v4(0x0a000000 + (dice(5) << 8)), 24);
	bool is_v6 = dice(2);
	return (struct nlbuild_route){.table = tables[dice(2)],
		.metric = dice(4) ? 20 : 0,
		.nh_id = dice(4) ? OBJECT_ID + dice(OBJECTS + GROUPS) : 0,
		.protocol = dice(8) ? 186 : 4,
		.prefix = is_v6 ? v6 : v4,
		.source = dice(6) ? (struct addr){0} : source_address(is_v6)};
}

static bool link_is_up(uint32_t link)
{
	return fake_link(fake, link_index[link - 1])->flags & FIB_LINK_UP;
}

/* Next hops of its own, one to three, each of another link that is up. */
static void some_hops(struct nlbuild_route *r, struct hop hop[3])
{
	bool v6 = r->prefix.addr.family == ADDR_V6;
	r->hop = hop;
	for (uint32_t link = 1 + dice(LINKS); link <= LINKS; link++) {
		if (!link_is_up(link))
			continue;
		hop[r->hop_n++] = (struct hop){.ifindex = link_index[link - 1],
			.addr = gateway_address(link, v6 || dice(4) == 0),
			.weight = (uint16_t)(1 + dice(3))};
	}
}

static void route_new(struct nl_msg *m)
{
	struct nlbuild_route r = some_route();
	struct hop hop[3];
	char p[PREFIX_TEXT_MAX];
	if (!r.nh_id && dice(3))
		some_hops(&r, hop);
	bool built = nlbuild_route_set(m, &r);
	struct rtmsg *f = nlmsg_data(nlmsg_hdr(m));
	flags_by_dice(m);
	if (!r.nh_id && !r.hop_n)
		f->rtm_type = dice(2) ? RTN_UNREACHABLE : RTN_BLACKHOLE;
	snprintf(doing, sizeof(doing),
		"route %s table %u metric %u nh %u hops %zu type %u source %d flags %x",
		prefix_text(r.prefix, p), r.table, r.metric, r.nh_id, r.hop_n, f->rtm_type,
		r.source.family, nlmsg_hdr(m)->nlmsg_flags);
	ask(m, built);
}

static void route_delete(struct nl_msg *m)
{
	struct nlbuild_route r = some_route();
	char p[PREFIX_TEXT_MAX];
	if (dice(3))
		r.nh_id = 0;
	snprintf(doing, sizeof(doing), "delete route %s table %u metric %u nh %u proto %u",
		prefix_text(r.prefix, p), r.table, r.metric, r.nh_id, r.protocol);
	ask(m, nlbuild_route_del(m, &r));
}

static void default_route(struct nl_msg *m)
{
	enum addr_family family = dice(2) ? ADDR_V4 : ADDR_V6;
	uint32_t table = tables[dice(2)];
	bool set = dice(2);
	snprintf(doing, sizeof(doing), "%s default of %u", set ? "set" : "delete", table);
	ask(m, (set ? nlbuild_default_set : nlbuild_default_del)(m, family, table, 186));
}

static void rule(struct nl_msg *m)
{
	struct fib_rule r = {
		.table = dice(4) ? 2001 + dice(2) : 0, /* empty: nothing resolves there */
		.priority = (uint16_t)(900 + dice(2)),
		.family = dice(2) ? ADDR_V4 : ADDR_V6,
		.from_len = dice(2) ? 32 : 0,
		.mask = dice(2) ? 0xff : 0,
		.mark = 0};
	bool set = dice(2);
	if (!r.from_len) /* one that matches every packet would be about everything else here */
		r.mask = 0xff;
	r.mark = r.mask ? 1 + dice(2) : 0;
	if (r.from_len)
		memcpy(r.from, "\x20\x01\x0d\xb8", 4);
	snprintf(doing, sizeof(doing), "%s rule %u v%u table %u from_len %u mark %x/%x",
		set ? "set" : "delete", r.priority, r.family, r.table, r.from_len, r.mark, r.mask);
	ask(m, (set ? nlbuild_rule_set : nlbuild_rule_del)(m, &r, dice(4) ? 186 : 4));
}

/* What the kernel does for IPv6 when a link comes up begins a moment later. */
static void wait_for_link(const char *name)
{
	char path[64], state[16] = "";
	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", name);
	for (unsigned i = 0; i < 10000 && strncmp(state, "up", 2) != 0; i++) {
		FILE *f = fopen(path, "r");
		if (!f || !fgets(state, sizeof(state), f))
			die(path);
		fclose(f);
		usleep(200);
	}
}

/* Admin down and up: at once, where the carrier of a veth takes its time. */
static void link_flip(void)
{
	uint32_t i = dice(LINKS);
	struct fib_link l = *fake_link(fake, link_index[i]);
	bool up = !(l.flags & FIB_LINK_UP);
	char text[128];
	struct {
		struct nlmsghdr h;
		struct ifinfomsg f;
	} m = {{sizeof(m), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, ++seq, 0},
		{.ifi_index = (int)l.ifindex, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP}};
	snprintf(doing, sizeof(doing), "link %s %s", l.name, up ? "up" : "down");
	if (ask_real(&m.h, text))
		die("link");
	if (up)
		wait_for_link(l.name);
	l.flags = up ? FIB_LINK_UP | FIB_LINK_CARRIER : 0;
	fake_link_set(fake, &l);
	events();
}

static void one_step(struct nl_msg *m)
{
	nlbuild_reset(m, ++seq);
	switch (dice(20)) {
	case 0:
		link_flip();
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		object_new(m);
		break;
	case 5:
	case 6:
	case 7:
		group_new(m);
		break;
	case 8:
	case 9:
		nexthop_delete(m);
		break;
	case 10:
		default_route(m);
		break;
	case 11:
	case 12:
		rule(m);
		break;
	case 13:
	case 14:
		route_delete(m);
		break;
	default:
		route_new(m);
	}
}

/* ---- the start ---- */

static void learn_host(struct nlmsghdr *m)
{
	struct fib_link l;
	struct fib_address a;
	if (m->nlmsg_type == RTM_NEWLINK && nlread_link(m, &l) && l.name[0] == 'v') {
		link_index[(l.name[1] - '1') % LINKS] = l.ifindex;
		fake_link_set(fake, &l);
	}
	if (m->nlmsg_type == RTM_NEWADDR && nlread_address(m, &a) && fake_link(fake, a.ifindex))
		fake_address_set(fake, &a);
}

static void read_host(struct nl_msg *msg, bool built)
{
	int end = -1;
	if (!built || transport_send(request, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len) < 0)
		die("dump of the host");
	while (end < 0) {
		ssize_t n = transport_recv(request, buffer, sizeof(buffer), true);
		struct nlmsghdr *m = (void *)buffer;
		if (n <= 0)
			die("dump of the host");
		for (int left = (int)n; nlmsg_ok(m, left); m = nlmsg_next(m, &left)) {
			end = dump_end(m);
			learn_host(m);
		}
	}
}

static void begin(struct nl_msg *m)
{
	static const int group[] = {RTNLGRP_NEXTHOP, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
		RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};
	fake = fake_kernel_new();
	fake_request_socket = fake_socket_open(fake);
	fake_event = fake_socket_open(fake);
	if (transport_open(&request, 1 << 20) < 0 || transport_open(&event, 1 << 20) < 0)
		die("rtnetlink");
	for (size_t i = 0; i < sizeof(group) / sizeof(group[0]); i++) {
		transport_join(event, group[i]);
		fake_event->groups |= 1ull << group[i];
	}
	nlbuild_reset(m, ++seq);
	read_host(m, nlbuild_dump_links(m));
	nlbuild_reset(m, ++seq);
	read_host(m, nlbuild_dump_addresses(m));
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: fake-compare SEED STEPS\n");
		return 2;
	}
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	uint32_t steps = (uint32_t)atoi(argv[2]);
	random_state = (uint32_t)atoi(argv[1]);
	begin(m);
	for (step = 1; step <= steps && differences < 5; step++) {
		one_step(m);
		dumps(m);
	}
	printf("seed %s steps %u differences %u\n", argv[1], step - 1, differences);
	return differences != 0;
}
