/* The two processes of the simulator and what passes between them. */
#include "tests/unit/fib/sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rib/policy.h"

enum {
	BULK_ROOM = 16,
	BGP_ROOM = 24, /* packets that bgp has not read */
	ROUNDS_MAX = 200000,
};

uint32_t sim_dice(struct sim *s, uint32_t sides)
{
	s->random = s->random * 1664525 + 1013904223;
	return (s->random >> 8) % sides;
}

uint64_t sim_now_ms(void)
{
	return fake_edges.now_ns / 1000000;
}

void sim_say(const struct sim *s, const char *format, ...)
{
	va_list ap;
	if (!s->trace)
		return;
	fprintf(stderr, "%8llu  ", (unsigned long long)sim_now_ms() - 1000000);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- bgp ---- */

static void push_head(struct sim *s, enum fib_msg_type type)
{
	struct chan_head m = {FIB_CHANNEL_VERSION, (uint8_t)type, 1};
	rib_out_push(s->rib, &m, sizeof(m));
}

static void push_config(struct sim *s)
{
	struct fib_msg_config m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_CONFIG, 1},
		.metric = SIM_METRIC,
		.nexthop_id_first = SIM_ID_FIRST,
		.nexthop_id_last = SIM_ID_LAST,
		.route_protocol = 186,
		.nexthop_protocol = 2,
		.adopt = 1,
		.multipath = s->plain,
		.plain_left = s->plain_left && !s->plain};
	rib_out_push(s->rib, &m, sizeof(m));
}

static void push_rules(struct sim *s)
{
	struct {
		struct chan_head head;
		struct fib_rule rule[2];
	} m = {{FIB_CHANNEL_VERSION, FIB_MSG_RULE, 2}, {{.table = 254,
								.priority = 900,
								.family = ADDR_V4,
								.present = 1,
								.to_len = 8,
								.to = {10}},
							       {.table = SIM_RED,
								       .priority = 979,
								       .family = ADDR_V4,
								       .present = 1,
								       .from_len = 24,
								       .from = {198, 51, 100}}}};
	rib_out_push(s->rib, &m, sizeof(m));
	push_head(s, FIB_MSG_RULES_END);
}

/* The configuration is applied when the host is known. */
static void apply_configuration(struct sim *s)
{
	struct rib_vrf red = {.name = "red",
		.table = SIM_RED,
		.maximum_paths = 16,
		.multipath_relax = true,
		.unreachable_default = !(s->faults & SIM_FALLTHROUGH)};
	struct rib_vrf blue = red;
	strcpy(blue.name, "blue");
	strcpy(blue.device, "vrf-blue");
	blue.table = 0;
	rib_links_changed(s->rib);
	rib_vrf_set(s->rib, 0, &red);
	rib_vrf_set(s->rib, 1, &blue);
	push_rules(s);
	s->phase = SIM_SWEEPS;
	if (s->adopted_any) {
		s->phase = SIM_LISTS;
		push_head(s, FIB_MSG_LIST);
	}
}

static void hear_links(struct sim *s, const struct chan_head *head)
{
	const struct fib_link *l = (const void *)(head + 1);
	bool changed = false;
	for (unsigned i = 0; i < head->count; i++)
		changed |= host_link_set(rib_host(s->rib), &l[i]);
	if (changed && s->phase != SIM_STARTS)
		rib_links_changed(s->rib);
}

static void hear_addresses(struct sim *s, const struct chan_head *head)
{
	const struct fib_address *a = (const void *)(head + 1);
	bool changed = false;
	for (unsigned i = 0; i < head->count; i++)
		changed |= host_address_set(rib_host(s->rib), &a[i]);
	if (changed && s->phase != SIM_STARTS)
		rib_links_changed(s->rib);
}

static void hear_adopted(struct sim *s, const struct chan_head *head)
{
	const struct fib_gateway *g = (const void *)(head + 1);
	for (unsigned i = 0; i < head->count; i++)
		rib_adopt_gateway(s->rib, &g[i]);
	s->adopted_any = true;
}

/* What is told of each element of an array. */
static void hear_array(struct sim *s, const struct chan_head *head)
{
	const struct fib_handle *h = (const void *)(head + 1);
	const struct fib_drift *d = (const void *)(head + 1);
	const struct fib_route *r = (const void *)(head + 1);
	for (unsigned i = 0; i < head->count; i++)
		if (head->type == FIB_MSG_GROUP_FLUSHED)
			rib_group_flushed(s->rib, h[i].handle);
		else if (head->type == FIB_MSG_DRIFT)
			rib_route_drift(s->rib, &d[i]);
		else
			rib_audit_found(s->rib, &r[i]);
}

static void hear(struct sim *s, const void *packet)
{
	const struct chan_head *head = packet;
	switch (head->type) {
	case FIB_MSG_LINK:
		hear_links(s, head);
		break;
	case FIB_MSG_ADDRESS:
		hear_addresses(s, head);
		break;
	case FIB_MSG_DONE:
		rib_fib_done(s->rib, ((const struct fib_msg_done *)packet)->packets);
		break;
	case FIB_MSG_ROUTE_ERROR:
		rib_route_error(s->rib, packet, sim_now_ms());
		break;
	case FIB_MSG_GATEWAY_LOST:
		rib_gateway_lost(s->rib, packet, sim_now_ms());
		break;
	case FIB_MSG_GROUP_FLUSHED:
	case FIB_MSG_DRIFT:
	case FIB_MSG_FOUND:
		hear_array(s, head);
		break;
	case FIB_MSG_AUDIT:
		rib_audit(s->rib, packet);
		break;
	case FIB_MSG_RESOLVED:
		rib_resolved(s->rib, (const void *)(head + 1));
		break;
	case FIB_MSG_SWEPT:
		s->plain_left = false;
		break;
	case FIB_MSG_SYNCED:
		s->synced = true;
		break;
	case FIB_MSG_ADOPTED_GATEWAY:
		hear_adopted(s, head);
		break;
	case FIB_MSG_ADOPTED_GROUP:
		rib_adopt_group(s->rib, packet);
		break;
	case FIB_MSG_ADOPTED:
		s->adopted_told = true;
		break;
	case FIB_MSG_LISTED:
		rib_adopt_listed(s->rib);
		s->phase = SIM_ADOPTS;
		break;
	default: /* told to people alone */
		break;
	}
	if (s->phase == SIM_STARTS && s->synced && s->adopted_told)
		apply_configuration(s);
}

bool sim_bgp_hear(struct sim *s, unsigned packets)
{
	unsigned n = 0;
	struct fake_packet *p;
	for (; n < packets && (p = fake_pipe_take(&fake_edges.to_bgp)); n++) {
		hear(s, p->bytes);
		free(p);
	}
	return n > 0;
}

void sim_adoption_ends(struct sim *s)
{
	if (s->phase != SIM_ADOPTS)
		return;
	sim_say(s, "adoption ends, %llu routes", (unsigned long long)rib_adopted(s->rib));
	rib_adopt_end(s->rib);
	s->phase = SIM_SWEEPS;
}

static bool send_packets(struct sim *s)
{
	const void *packet;
	size_t len, n = 0;
	while ((packet = rib_out_peek(s->rib, &len)) &&
		fake_pipe_put(&fake_edges.to_fib[0], packet, len)) {
		rib_out_pop(s->rib);
		n++;
	}
	return n > 0;
}

bool sim_bgp_run(struct sim *s, unsigned budget)
{
	bool more = rib_run(s->rib, budget, sim_now_ms());
	bool sent = send_packets(s);
	if (more || s->phase != SIM_SWEEPS)
		return more || sent;
	push_head(s, FIB_MSG_SWEEP);
	s->phase = SIM_RUNS;
	return true;
}

/* ---- fib ---- */

bool sim_fib_step(struct sim *s)
{
	struct fib *f = s->fib;
	bool all_sent = outbox_flush(&f->out, &f->view);
	bool room = !outbox_full(&f->out);
	unsigned ready = (fake_edges.to_fib[2].n ? FIB_READY_BFD : 0u) |
			 (fake_edges.to_fib[1].n ? FIB_READY_URGENT : 0u) |
			 (fake_event_waits() ? FIB_READY_EVENT : 0u) |
			 (fake_fd_waits(f->kernel.routes.fd) ? FIB_READY_ROUTES : 0u) |
			 (room && !f->bulk.busy && fake_edges.to_fib[0].n ? FIB_READY_BULK : 0u);
	if (!ready && fib_wait_ms(f) > 0)
		return !all_sent && !fake_edges.to_bgp.n;
	fib_serve(f, ready);
	if (f->ended) { /* as systemd does */
		sim_restart(s);
		return true;
	}
	outbox_flush(&f->out, &f->view);
	return true;
}

/* ---- both ---- */

void sim_settle(struct sim *s)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		bool more = sim_bgp_run(s, 1000);
		more |= sim_fib_step(s);
		more |= sim_bgp_hear(s, 1000);
		if (!more && !rib_run(s->rib, 1000, sim_now_ms()))
			return;
	}
	snprintf(s->why, sizeof(s->why), "it never comes to rest");
}

void sim_wait(struct sim *s, uint64_t ms)
{
	uint64_t end = sim_now_ms() + ms;
	sim_settle(s);
	while (sim_now_ms() < end && !s->why[0]) {
		int rib = rib_next_ms(s->rib, sim_now_ms()), fib = fib_wait_ms(s->fib);
		uint64_t left = end - sim_now_ms();
		if (rib >= 0 && (uint64_t)rib < left)
			left = (uint64_t)rib;
		if (fib >= 0 && (uint64_t)fib < left)
			left = (uint64_t)fib;
		fake_edges.now_ns += (left ? left : 1) * 1000000;
		sim_settle(s);
	}
}

/* ---- lives ---- */

static void begin_life(struct sim *s)
{
	s->fib = fib_new(FAKE_BULK_FD, FAKE_URGENT_FD, FAKE_BFD_FD, -1);
	s->rib = rib_new(42);
	s->phase = SIM_STARTS;
	s->plain_left |= s->plain;
	s->synced = s->adopted_told = s->adopted_any = false;
	if (fib_start(s->fib))
		abort();
	rib_kernel_metric(s->rib, SIM_METRIC);
	rib_multipath(s->rib, s->plain);
	if (s->faults & SIM_JOIN)
		rib_groups_join(s->rib, 0);
	push_config(s);
}

static void end_life(struct sim *s)
{
	fib_free(s->fib);
	rib_free(s->rib);
	fake_edges_clear();
	for (unsigned n = 0; n < SIM_PEERS; n++)
		s->peer[n].up = s->peer[n].bfd_told = false;
}

void sim_restart(struct sim *s)
{
	sim_say(s, "restart");
	end_life(s);
	begin_life(s);
}

/* Permits all; what is set is named by a community. */
static struct filter *import_of(unsigned vrf)
{
	struct filter_rule any[2] = {{.permit = true, .le = 32}, {.permit = true, .le = 128}};
	struct filter_step step[SIM_EFFECTS];
	struct filter *f = filter_new();

	any[0].prefix.addr.family = ADDR_V4;
	any[1].prefix.addr.family = ADDR_V6;
	for (uint8_t i = 1; i < SIM_EFFECTS; i++) {
		uint32_t community = i, metric = sim_effect_metric(i);
		struct policy_rule rule = {.name = "sets",
			.file = "a.conf",
			.communities_n = 1,
			.communities = &community,
			.length_max = UINT16_MAX,
			.effect = {.kernel = {.metric = metric == SIM_METRIC ? 0 : metric}},
			.source = {sim_effect_source(vrf, i, false),
				sim_effect_source(vrf, i, true)},
			.action = POLICY_NEXT};
		step[i - 1] = (struct filter_step){.policy = policy_new(&rule)};
	}
	step[SIM_EFFECTS - 1] =
		(struct filter_step){.list = filter_list_new("any", "a.conf", any, 2)};
	filter_add_steps(f, "any", step, SIM_EFFECTS);
	for (unsigned i = 0; i < SIM_EFFECTS - 1; i++)
		policy_put(step[i].policy);
	filter_list_put(step[SIM_EFFECTS - 1].list);
	return f;
}

struct sim *sim_new(uint32_t seed, unsigned faults)
{
	struct sim *s = calloc(1, sizeof(*s));

	for (unsigned vrf = 0; vrf < 2; vrf++)
		s->all[vrf] = import_of(vrf);
	s->random = seed;
	s->faults = faults;
	s->kernel = fake_kernel_new();
	s->kernel->ctx = s;
	fake_edges = (struct fake_edges){
		.kernel = s->kernel, .now_ns = 1000000000000, .to_bgp = {.room = BGP_ROOM}};
	for (unsigned i = 0; i < 3; i++)
		fake_edges.to_fib[i].room = i ? 1024 : BULK_ROOM;
	fake_edges.ctx = s;
	sim_host(s->kernel);
	s->blue_table = SIM_BLUE;
	s->plain = s->faults & SIM_PLAIN;
	if (s->faults & SIM_FAR)
		sim_far_all(s);
	begin_life(s);
	return s;
}

void sim_free(struct sim *s)
{
	end_life(s);
	fake_kernel_free(s->kernel);
	filter_put(s->all[0]);
	filter_put(s->all[1]);
	free(s);
}
