/*
 * What the RIB costs: N prefixes from each of two gateways (default 1M), 7.7 prefixes an attribute
 * set, announced, decided and turned into packets; then one gateway is lost.
 *
 *     bench-rib [PREFIXES]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rib/rib.h"

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Distinct prefixes in a mixed-up order, lengths 16 .. 24. */
static struct prefix prefix_n(uint32_t i)
{
	uint32_t x = (i * 2654435761u) & 0xffffff; /* odd: a permutation of 24 bits */
	return prefix_make(addr_v4(0x14000000 + (x << 8) % 0xb0000000), 24);
}

static const struct attrs *attrs_n(struct rib *r, unsigned peer, uint32_t i)
{
	uint8_t path[2 + 4 * 4] = {2, 4, 0, 0, 0xfd, (uint8_t)(peer + 1)};
	uint32_t set = i * 10 / 77;
	memcpy(path + 8, &set, sizeof(set));
	struct attr_view v = {.as_path = {path, sizeof(path)}};
	return attr_get(rib_attrs(r), &v, addr_v4(0x0a00020a + (peer << 8)), (struct addr){0});
}

static uint16_t peer_up(struct rib *r, unsigned n, struct filter *all)
{
	struct rib_peer p = {.name = "gateway",
		.incarnation = n + 1,
		.address = addr_v4(0x0a00020a + (n << 8)),
		.ifindex = 2 + n,
		.local_as = 64512,
		.remote_as = 65001 + n,
		.ebgp = true,
		.router_id = addr_v4(n + 1)};
	return rib_peer_up(r, &p, all);
}

static uint64_t packets;

static double drain(struct rib *r, double *longest)
{
	double start = cpu_s();
	bool more = true;

	while (more) {
		double slice = cpu_s();
		more = rib_run(r, 1000, 1);
		slice = cpu_s() - slice;
		*longest = slice > *longest ? slice : *longest;
		size_t len;
		while (rib_out_peek(r, &len)) {
			rib_out_pop(r);
			packets++;
		}
		rib_fib_done(r, packets);
	}
	return cpu_s() - start;
}

static void announce(struct rib *r, uint16_t peer, unsigned n, uint32_t prefixes, double *longest)
{
	for (uint32_t i = 0; i < prefixes; i++) {
		struct prefix p = prefix_n(i);
		const struct attrs *a = attrs_n(r, n, i);
		double t = i % 64 ? 0 : cpu_s();
		if (rib_announce(r, peer, &p, a) != RIB_OK)
			abort();
		if (t != 0 && cpu_s() - t > *longest)
			*longest = cpu_s() - t;
		attr_put(rib_attrs(r), a);
	}
}

static struct filter *everything(void)
{
	struct filter_rule rule = {.ge = 0, .le = 32, .permit = true};
	rule.prefix.addr.family = ADDR_V4;
	struct filter_list *l = filter_list_new("all", "-", &rule, 1);
	struct filter *f = filter_new();
	filter_add_chain(f, "-", &l, 1);
	filter_list_put(l);
	return f;
}

static void links(struct rib *r)
{
	for (unsigned i = 2; i < 4; i++) {
		struct fib_link l = {.ifindex = i, .flags = FIB_LINK_UP | FIB_LINK_CARRIER};
		struct fib_address a = {
			.ifindex = i, .addr = addr_v4(0x0a000002 + (i << 8)), .len = 24};
		snprintf(l.name, sizeof(l.name), "eth%u", i);
		host_link_set(rib_host(r), &l);
		host_address_set(rib_host(r), &a);
	}
	rib_links_changed(r);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	struct rib *r = rib_new(7);
	struct rib_vrf v = {.table = 1001, .maximum_paths = 16, .multipath_relax = true};
	struct filter *all = everything();
	double longest = 0, slice = 0;
	struct rib_counts c;

	rib_vrf_set(r, 0, &v);
	links(r);
	uint16_t peer[2] = {peer_up(r, 0, all), peer_up(r, 1, all)};
	double start = cpu_s();
	for (unsigned p = 0; p < 2; p++)
		announce(r, peer[p], p, n, &longest);
	double announced = cpu_s() - start;
	double decided = drain(r, &slice);
	rib_count(r, &c);
	struct mallinfo2 m = mallinfo2();
	printf("prefixes %llu paths %llu sets %llu operations %llu\n",
		(unsigned long long)c.prefixes, (unsigned long long)c.paths,
		(unsigned long long)c.attr_sets, (unsigned long long)c.ops_sent);
	printf("announce %.0f ns a path (with interning), longest %.3f ms\n",
		announced * 1e9 / (2.0 * n), longest * 1e3);
	printf("decide %.0f ns a prefix, longest slice of 1000 %.3f ms\n", decided * 1e9 / n,
		slice * 1e3);
	printf("memory %.1f bytes a prefix without attributes, heap %.1f MB in all\n",
		(double)c.bytes / (double)c.prefixes, (double)(m.uordblks + m.hblkhd) / 1e6);
	uint64_t ops = c.ops_sent;
	start = cpu_s();
	rib_peer_down(r, peer[0], FIB_CAUSE_BFD);
	double down = cpu_s() - start;
	slice = 0;
	double swept = drain(r, &slice);
	rib_count(r, &c);
	printf("loss of one: %.3f ms at once, %.0f ns a prefix after, longest slice %.3f ms, "
	       "operations %llu\n",
		down * 1e3, swept * 1e9 / n, slice * 1e3, (unsigned long long)(c.ops_sent - ops));
	rib_free(r);
	filter_put(all);
	return 0;
}
