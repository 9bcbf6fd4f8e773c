/*
 * For tests/bench/fib; not installed. Run in the namespace that is measured.
 *
 *   bench-fib-kernel floor FAMILY TABLE NEXTHOP_ID FILE   creates a route by nexthop id for each
 * prefix of the file (the address, 1 byte length) in its order, as fast as batches of rtnetlink
 *       messages go; prints seconds and CPU seconds. FAMILY: 4 or 6
 *   bench-fib-kernel monitor SAMPLE   listens to notifications of routes and nexthop objects, to
 * one of SAMPLE (chance decides, in the kernel) or to all (1). Each line on stdin is answered by
 * one of JSON; "clear" begins anew after it. Times are seconds of CLOCK_MONOTONIC. "stalls": pauses
 * of 5 ms to 1 s between two notifications of routes, and how many routes there had been
 *   bench-fib-kernel count FAMILY TABLE PROTOCOL   the routes of one protocol in the table: how
 * many have two next hops or more of their own, and how many use which nexthop object, as JSON
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "rib/fib/kernel.h"

enum {
	MONITOR_BYTES = 256 << 20,
	IDS_MAX = 4096,
	STALLS_MAX = 64,
};

static struct kernel kernel;

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* floor */

static void refused(void *ctx, size_t index, int error, const char *text)
{
	(void)ctx;
	fprintf(stderr, "floor: message %zu: %s (%d)\n", index, text, error);
	exit(1);
}

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct prefix read_prefix(enum addr_family family, const uint8_t *p)
{
	return prefix_make(addr_from_bytes(family, p), p[addr_bytes(family)]);
}

static uint8_t *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) < 0)
		return NULL;
	*len = (size_t)ftell(f);
	rewind(f);
	uint8_t *bytes = malloc(*len + 1);
	if (bytes && fread(bytes, 1, *len, f) != *len) {
		free(bytes);
		bytes = NULL;
	}
	fclose(f);
	return bytes;
}

static int run_floor(enum addr_family family, uint32_t table, uint32_t nh_id, const char *path)
{
	size_t step = addr_bytes(family) + 1u;
	size_t len = 0;
	uint8_t *prefixes = read_file(path, &len);
	if (!prefixes || kernel_open(&kernel) < 0)
		return fail(path);
	uint64_t t0 = clock_ns();
	double cpu0 = cpu_s();
	for (size_t at = 0; at + step <= len; at += step) {
		struct nlbuild_route r = {.table = table,
			.metric = 20,
			.nh_id = nh_id,
			.protocol = 186,
			.prefix = read_prefix(family, prefixes + at)};
		kernel_add(&kernel, nlbuild_route_set(kernel_next(&kernel), &r));
		if (kernel.n == KERNEL_BATCH_MAX)
			kernel_commit(&kernel, refused, NULL);
	}
	kernel_commit(&kernel, refused, NULL);
	printf("%.6f %.6f\n", (double)(clock_ns() - t0) / 1e9, cpu_s() - cpu0);
	kernel_close(&kernel);
	free(prefixes);
	return 0;
}

/* monitor */

struct heard {
	uint64_t routes, deleted_routes, nexthops, deleted_nexthops; /* notifications */
	uint64_t requests; /* of programs that caused them, as far as one's follow each other */
	uint64_t overruns;
	uint64_t first_ns, last_ns, last_route_ns,
		deleted_nexthop_ns, /* the first that is no group */
		new_nexthop_ns;     /* the last */
	uint32_t pid, seq;
	uint32_t stalls_n;
	struct {
		uint64_t from_ns, to_ns, routes;
	} stalls[STALLS_MAX];
};

static bool is_group(const struct nlmsghdr *m)
{
	int left = (int)m->nlmsg_len - (int)NLMSG_SPACE(sizeof(struct nhmsg));
	struct rtattr *a = (void *)((char *)NLMSG_DATA(m) + NLMSG_ALIGN(sizeof(struct nhmsg)));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == NHA_GROUP)
			return true;
	return false;
}

static void note_stall(struct heard *h, uint64_t now)
{
	uint64_t gap = now - h->last_route_ns;
	if (!h->last_route_ns || gap < 5000000 || gap > 1000000000 || h->stalls_n == STALLS_MAX)
		return;
	h->stalls[h->stalls_n].from_ns = h->last_route_ns;
	h->stalls[h->stalls_n].to_ns = now;
	h->stalls[h->stalls_n++].routes = h->routes;
}

static void hear(struct heard *h, const struct nlmsghdr *m)
{
	uint64_t now = clock_ns();
	if (m->nlmsg_type == RTM_NEWROUTE)
		note_stall(h, now);
	h->routes += m->nlmsg_type == RTM_NEWROUTE;
	h->deleted_routes += m->nlmsg_type == RTM_DELROUTE;
	h->nexthops += m->nlmsg_type == RTM_NEWNEXTHOP;
	h->deleted_nexthops += m->nlmsg_type == RTM_DELNEXTHOP;
	if (m->nlmsg_pid && (m->nlmsg_pid != h->pid || m->nlmsg_seq != h->seq)) {
		h->requests++;
		h->pid = m->nlmsg_pid;
		h->seq = m->nlmsg_seq;
	}
	h->first_ns = h->first_ns ? h->first_ns : now;
	h->last_ns = now;
	if (m->nlmsg_type == RTM_NEWROUTE || m->nlmsg_type == RTM_DELROUTE)
		h->last_route_ns = now;
	if (m->nlmsg_type == RTM_NEWNEXTHOP)
		h->new_nexthop_ns = now;
	if (m->nlmsg_type == RTM_DELNEXTHOP && !h->deleted_nexthop_ns && !is_group(m))
		h->deleted_nexthop_ns = now;
}

static void hear_all(struct heard *h, int fd)
{
	static _Alignas(8) char bytes[65536];
	for (;;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n < 0 && errno == ENOBUFS) {
			h->overruns++;
			continue;
		}
		if (n <= 0)
			return;
		unsigned int left = (unsigned int)n;
		for (struct nlmsghdr *m = (void *)bytes; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left))
			hear(h, m);
	}
}

static void tell(const struct heard *h)
{
	printf("{\"routes\": %lu, \"deleted_routes\": %lu, \"nexthops\": %lu, "
	       "\"deleted_nexthops\": %lu, \"requests\": %lu, \"overruns\": %lu, \"first\": %.6f, "
	       "\"last\": %.6f, \"last_route\": %.6f, \"deleted_nexthop\": %.6f, \"new_nexthop\": "
	       "%.6f, \"stalls\": [",
		h->routes, h->deleted_routes, h->nexthops, h->deleted_nexthops, h->requests,
		h->overruns, (double)h->first_ns / 1e9, (double)h->last_ns / 1e9,
		(double)h->last_route_ns / 1e9, (double)h->deleted_nexthop_ns / 1e9,
		(double)h->new_nexthop_ns / 1e9);
	for (uint32_t i = 0; i < h->stalls_n; i++)
		printf("%s[%.6f, %.6f, %lu]", i ? ", " : "", (double)h->stalls[i].from_ns / 1e9,
			(double)h->stalls[i].to_ns / 1e9, h->stalls[i].routes);
	printf("]}\n");
	fflush(stdout);
}

static int open_monitor(uint32_t sample)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl a = {.nl_family = AF_NETLINK};
	int size = MONITOR_BYTES;
	int groups[] = {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP};
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sample),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
		(sample > 1 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
				       sizeof(filter)) < 0) ||
		bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(int)) <
			0)
			return -1;
	return fd;
}

static int run_monitor(uint32_t sample)
{
	struct heard heard = {0};
	int fd = open_monitor(sample);
	if (fd < 0)
		return fail("monitor");
	setpriority(PRIO_PROCESS, 0, -20);
	struct pollfd fds[] = {{.fd = 0, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	char line[64];
	tell(&heard);
	while (poll(fds, 2, -1) > 0) {
		hear_all(&heard, fd);
		if (!fds[0].revents)
			continue;
		ssize_t n = read(0, line, sizeof(line));
		if (n <= 0)
			return 0;
		tell(&heard);
		if (*line == 'c')
			heard = (struct heard){0};
	}
	return 1;
}

/* count */

struct counts {
	uint32_t routes, multipath;
	uint32_t ids_n;
	struct {
		uint32_t id, routes;
	} ids[IDS_MAX];
};

static void count_id(struct counts *c, uint32_t id)
{
	for (uint32_t i = 0; i < c->ids_n; i++)
		if (c->ids[i].id == id) {
			c->ids[i].routes++;
			return;
		}
	if (c->ids_n < IDS_MAX) {
		c->ids[c->ids_n].id = id;
		c->ids[c->ids_n++].routes = 1;
	}
}

static void count_route(void *ctx, struct nlmsghdr *m)
{
	struct counts *c = ctx;
	struct rtmsg *r = NLMSG_DATA(m);
	unsigned int left = (unsigned int)RTM_PAYLOAD(m);
	uint32_t id = 0;
	bool multipath = false;
	if (m->nlmsg_type != RTM_NEWROUTE)
		return;
	for (struct rtattr *a = RTM_RTA(r); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_NH_ID)
			memcpy(&id, RTA_DATA(a), sizeof(id));
		multipath |= a->rta_type == RTA_MULTIPATH;
	}
	c->routes++;
	if (id)
		count_id(c, id);
	else
		c->multipath += multipath;
}

static void count_anew(void *ctx)
{
	memset(ctx, 0, sizeof(struct counts));
}

static int run_count(enum addr_family family, uint32_t table, uint8_t protocol)
{
	static struct counts c;
	if (kernel_open(&kernel) < 0)
		return fail("count");
	kernel_add(&kernel, nlbuild_dump_routes(kernel_next(&kernel), family, table, protocol));
	int error = kernel_dump(&kernel, count_anew, count_route, &c);
	kernel_close(&kernel);
	if (error) {
		fprintf(stderr, "count: %s\n", strerror(-error));
		return 1;
	}
	printf("{\"routes\": %u, \"multipath\": %u, \"by_nexthop\": {", c.routes, c.multipath);
	for (uint32_t i = 0; i < c.ids_n; i++)
		printf("%s\"%u\": %u", i ? ", " : "", c.ids[i].id, c.ids[i].routes);
	printf("}}\n");
	return 0;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static enum addr_family family_of(const char *text)
{
	return strcmp(text, "6") == 0 ? ADDR_V6 : ADDR_V4;
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "floor") == 0)
		return run_floor(family_of(argv[2]), number(argv[3]), number(argv[4]), argv[5]);
	if (argc == 3 && strcmp(argv[1], "monitor") == 0)
		return run_monitor(number(argv[2]));
	if (argc == 5 && strcmp(argv[1], "count") == 0)
		return run_count(family_of(argv[2]), number(argv[3]), (uint8_t)number(argv[4]));
	fprintf(stderr,
		"usage: bench-fib-kernel floor FAMILY TABLE NEXTHOP_ID FILE | monitor SAMPLE | "
		"count FAMILY TABLE "
		"PROTOCOL\n");
	return 2;
}
