/* What happens in the simulated world: sessions, paths, links, addresses, the VRF's device, faults.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fib/sim.h"

struct prefix sim_prefix(unsigned i)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff, (uint8_t)i};
	if (i >= SIM_V6)
		return prefix_make(addr_from_bytes(ADDR_V6, b), 48);
	return prefix_make(addr_v4(0x14000000 + (i << 8)), 24);
}

unsigned sim_link_of(unsigned peer)
{
	return peer >= 4 ? 5 : SIM_LINK + peer % 3;
}

unsigned sim_vrf_of(unsigned peer)
{
	return sim_link_of(peer) == 5;
}

static struct addr host_address(unsigned link, bool v6, uint8_t last)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)link};
	b[15] = last;
	return v6 ? addr_from_bytes(ADDR_V6, b) : addr_v4(0x0a000000 + (link << 8) + last);
}

struct addr sim_address(unsigned peer, bool v6)
{
	return host_address(sim_link_of(peer), v6, (uint8_t)(10 + peer));
}

/* ---- what policies set ---- */

static struct addr source_address(unsigned vrf, unsigned i, bool v6)
{
	uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0xaa, (uint8_t)vrf};
	b[15] = (uint8_t)(1 + i);
	return v6 ? addr_from_bytes(ADDR_V6, b) : addr_v4(0xc6120001 + (vrf << 8) + i);
}

struct addr sim_effect_source(unsigned vrf, uint8_t effect, bool v6)
{
	unsigned i = effect % (SIM_SOURCES + 1);
	return i ? source_address(vrf, i - 1, v6) : (struct addr){0};
}

uint32_t sim_effect_metric(uint8_t effect)
{
	return effect > SIM_SOURCES ? SIM_OTHER_METRIC : SIM_METRIC;
}

/* ---- the host ---- */

static struct fib_link link_of(unsigned link, bool up, uint32_t master)
{
	struct fib_link l = {.ifindex = link,
		.master = master,
		.flags = FIB_LINK_UP | (up ? FIB_LINK_CARRIER : 0u)};
	snprintf(l.name, sizeof(l.name), "eth%u", link);
	return l;
}

static void vrf_device(struct fake_kernel *k, uint32_t table)
{
	struct fib_link l = {.ifindex = SIM_VRF_LINK,
		.vrf_table = table,
		.flags = table ? FIB_LINK_UP | FIB_LINK_CARRIER : FIB_LINK_GONE};
	strcpy(l.name, "vrf-blue");
	fake_link_set(k, &l);
}

static void address(struct fake_kernel *k, unsigned link, bool v6, bool present)
{
	struct fib_address a = {.ifindex = link,
		.addr = host_address(link, v6, 2),
		.len = v6 ? 64 : 24,
		.flags = present ? 0 : FIB_ADDRESS_GONE};
	fake_address_set(k, &a);
}

/* Beside the address that the gateways are reached by. */
static void source(struct fake_kernel *k, unsigned vrf, unsigned i, bool v6, bool present)
{
	struct fib_address a = {.ifindex = vrf ? 5 : SIM_LINK,
		.addr = source_address(vrf, i, v6),
		.len = v6 ? 128 : 32,
		.flags = present ? 0 : FIB_ADDRESS_GONE};
	fake_address_set(k, &a);
}

void sim_source_set(struct sim *s, unsigned vrf, unsigned i, bool v6, bool present)
{
	sim_say(s, "IPv%c source %u of VRF %u %s", v6 ? '6' : '4', i, vrf,
		present ? "back" : "gone");
	source(s->kernel, vrf, i, v6, present);
}

static void all_sources(struct fake_kernel *k)
{
	for (unsigned i = 0; i < 4 * SIM_SOURCES; i++)
		source(k, i / (2 * SIM_SOURCES), i / 2 % SIM_SOURCES, i % 2, true);
}

void sim_host(struct fake_kernel *k)
{
	all_sources(k);
	vrf_device(k, SIM_BLUE);
	for (unsigned link = SIM_LINK; link < SIM_LINK + SIM_LINKS; link++) {
		struct fib_link l = link_of(link, true, link == 5 ? SIM_VRF_LINK : 0);
		fake_link_set(k, &l);
		address(k, link, false, true);
		address(k, link, true, true);
	}
}

void sim_link(struct sim *s, unsigned link, bool up)
{
	struct fib_link l = link_of(link, up, link == 5 && s->blue_table ? SIM_VRF_LINK : 0);
	sim_say(s, "link %u %s", link, up ? "up" : "down");
	fake_link_set(s->kernel, &l);
}

void sim_address_set(struct sim *s, unsigned link, bool v6, bool present)
{
	sim_say(s, "IPv%c address of link %u %s", v6 ? '6' : '4', link, present ? "back" : "gone");
	address(s->kernel, link, v6, present);
}

void sim_blue(struct sim *s, uint32_t table)
{
	bool up = fake_link(s->kernel, 5)->flags & FIB_LINK_CARRIER;
	sim_say(s, "VRF blue has table %u", table);
	s->blue_table = table;
	vrf_device(s->kernel, table);
	struct fib_link l = link_of(5, up, table ? SIM_VRF_LINK : 0);
	fake_link_set(s->kernel, &l);
}

/* ---- sessions ---- */

static void tell_fib(struct sim *s, unsigned n, enum fib_cause cause)
{
	struct fib_msg_session_down m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_SESSION_DOWN, 1},
		.incarnation = s->peer[n].life,
		.cause = (uint8_t)cause,
		.at_ns = fake_edges.now_ns};
	fake_pipe_put(&fake_edges.to_fib[cause == FIB_CAUSE_BFD ? 2 : 1], &m, sizeof(m));
}

static void peer_down(struct sim *s, unsigned n, enum fib_cause cause)
{
	rib_peer_down(s->rib, s->peer[n].slot, cause);
	s->peer[n].up = s->peer[n].bfd_told = false;
}

void sim_session_down(struct sim *s, unsigned n)
{
	if (!s->peer[n].up)
		return;
	sim_say(s, "session %u down", n);
	tell_fib(s, n, FIB_CAUSE_SESSION);
	peer_down(s, n, FIB_CAUSE_SESSION);
}

void sim_bfd_down(struct sim *s, unsigned n)
{
	if (!s->peer[n].up || s->peer[n].bfd_told)
		return;
	sim_say(s, "BFD of %u down", n);
	tell_fib(s, n, FIB_CAUSE_BFD);
	s->peer[n].bfd_told = true;
}

void sim_bfd_heard(struct sim *s, unsigned n)
{
	if (!s->peer[n].bfd_told)
		return;
	sim_say(s, "bgp hears that BFD of %u is down", n);
	peer_down(s, n, FIB_CAUSE_BFD);
}

static void announce(struct sim *s, unsigned n, unsigned i)
{
	static const uint8_t as_path[] = {2, 1, 0, 0, 0xfd, 0xe9};
	struct prefix p = sim_prefix(i);
	const struct sim_path *x = &s->peer[n].path[i];
	const uint8_t community[4] = {0, 0, 0, x->effect};
	struct attr_view v = {.has_local_pref = x->local_pref != 0,
		.local_pref = x->local_pref + 100u,
		.communities = {community, x->effect ? sizeof(community) : 0},
		.as_path = {as_path, sizeof(as_path)}};
	bool v6 = i >= SIM_V6;
	const struct attrs *a = attr_get(rib_attrs(s->rib), &v,
		sim_is_far(s, n) ? sim_far_address(n, v6) : sim_address(n, v6), (struct addr){0});
	rib_announce(s->rib, s->peer[n].slot, &p, a);
	attr_put(rib_attrs(s->rib), a);
}

void sim_path_say(struct sim *s, unsigned n, unsigned i, bool said, uint8_t local_pref)
{
	struct prefix p = sim_prefix(i);
	s->peer[n].path[i].said = said;
	s->peer[n].path[i].local_pref = local_pref;
	if (!s->peer[n].up)
		return;
	sim_say(s, "%u %s prefix %u, LOCAL_PREF %u, effect %u", n, said ? "announces" : "withdraws",
		i, local_pref, s->peer[n].path[i].effect);
	if (said)
		announce(s, n, i);
	else
		rib_withdraw(s->rib, s->peer[n].slot, &p);
}

void sim_peer_up(struct sim *s, unsigned n)
{
	struct rib_peer p = {.name = "peer",
		.vrf = (uint16_t)sim_vrf_of(n),
		.incarnation = ++s->lives,
		.address = sim_address(n, false),
		.ifindex = sim_is_far(s, n) ? 0 : sim_link_of(n),
		.local_as = 64512,
		.remote_as = 65001,
		.ebgp = true,
		.router_id = addr_v4(0x01000000 + n)};
	if (s->peer[n].up || s->phase == SIM_STARTS)
		return;
	sim_say(s, "session %u up, incarnation %u", n, p.incarnation);
	s->peer[n].life = p.incarnation;
	s->peer[n].slot = rib_peer_up(s->rib, &p, s->all[p.vrf]);
	s->peer[n].up = true;
	for (unsigned i = 0; i < SIM_PREFIXES; i++)
		if (s->peer[n].path[i].said)
			announce(s, n, i);
}

/* ---- faults ---- */

static int some_errno(struct sim *s)
{
	static const int list[] = {ENOBUFS, EEXIST, ENETUNREACH, ENOMEM, EINVAL, ENOENT, ESRCH,
		EBUSY, EAGAIN, EINTR, EPERM, E2BIG, EOPNOTSUPP, ENETDOWN, EHOSTUNREACH};
	return list[sim_dice(s, sizeof(list) / sizeof(list[0]))];
}

/* "It is not there" is true: someone else was faster. */
static bool was_faster(struct sim *s, const struct nlmsghdr *m, int error)
{
	bool deletes = m->nlmsg_type == RTM_DELNEXTHOP || m->nlmsg_type == RTM_DELROUTE ||
		       m->nlmsg_type == RTM_DELRULE;
	if (!deletes || (error != ENOENT && error != ESRCH))
		return false;
	sim_say(s, "another program deletes first: message type %u", m->nlmsg_type);
	fake_kernel_foreign(s->kernel, m);
	return true;
}

static int refuse(void *ctx, const struct nlmsghdr *m)
{
	struct sim *s = ctx;
	if (!s->chaos || sim_dice(s, 1000) >= s->errors)
		return 0;
	int error = some_errno(s);
	if (was_faster(s, m, error))
		return 0;
	sim_say(s, "refused: message type %u with %s", m->nlmsg_type, strerror(error));
	return error;
}

static int lose_send(void *ctx)
{
	static const int list[] = {ENOBUFS, ENOMEM, EAGAIN, EINTR, EPERM};
	struct sim *s = ctx;
	return s->chaos && sim_dice(s, 200) == 0 ? list[sim_dice(s, 5)] : 0;
}

static int lose_receive(void *ctx, bool event, bool dump)
{
	struct sim *s = ctx;
	if (!s->chaos || sim_dice(s, 100))
		return 0;
	return event || dump || sim_dice(s, 2) ? ENOBUFS : EINTR;
}

static size_t cut(void *ctx, size_t len)
{
	struct sim *s = ctx;
	return s->chaos && sim_dice(s, 200) == 0 ? sim_dice(s, (uint32_t)len) : len;
}

static void faults_arm(struct sim *s)
{
	struct fake_socket *e = fake_event_socket();
	bool losses = s->faults & SIM_LOSSES;
	s->errors = s->faults & SIM_ERRORS ? 30 : 0;
	s->kernel->refuse = s->errors ? refuse : NULL;
	fake_edges.send_error = losses ? lose_send : NULL;
	fake_edges.receive_error = losses ? lose_receive : NULL;
	fake_edges.cut = losses ? cut : NULL;
	if (e)
		e->room = losses && s->chaos ? 12 : 0;
}

/* Notifications change their places, or a dump is told to be interrupted. */
static void disorder(struct sim *s)
{
	struct fake_socket *e = fake_event_socket();
	if (e && e->head && e->head->next) {
		struct fake_datagram *first = e->head, *second = first->next;
		sim_say(s, "two notifications change places");
		first->next = second->next;
		second->next = first;
		e->head = second;
		if (!first->next)
			e->tail = first;
	}
	for (unsigned i = 0; i < FAKE_SOCKETS; i++)
		s->kernel->socket[i].dump.interrupted |= s->kernel->socket[i].dump.runs;
}

/* ---- events by dice ---- */

static void event_session(struct sim *s, unsigned n)
{
	if (!s->peer[n].up)
		sim_peer_up(s, n);
	else if (!(s->faults & SIM_SESSIONS))
		return;
	else if (s->peer[n].bfd_told)
		sim_bfd_heard(s, n);
	else if (sim_dice(s, 2))
		sim_bfd_down(s, n);
	else
		sim_session_down(s, n);
}

static void event_path(struct sim *s)
{
	unsigned n = sim_dice(s, SIM_PEERS), i = sim_dice(s, SIM_PREFIXES);
	if (s->faults & SIM_POLICIES)
		s->peer[n].path[i].effect = (uint8_t)sim_dice(s, SIM_EFFECTS);
	sim_path_say(s, n, i, sim_dice(s, 3), sim_dice(s, 2) ? 0 : 100);
}

static void event_host(struct sim *s)
{
	unsigned link = SIM_LINK + sim_dice(s, SIM_LINKS);
	bool up = fake_link(s->kernel, link)->flags & FIB_LINK_CARRIER;
	if (s->faults & SIM_POLICIES && sim_dice(s, 3) == 0)
		sim_source_set(s, sim_dice(s, 2), sim_dice(s, SIM_SOURCES), sim_dice(s, 2),
			sim_dice(s, 3));
	else if (sim_dice(s, 4))
		sim_link(s, link, !up);
	else
		sim_address_set(s, link, sim_dice(s, 2), sim_dice(s, 2));
}

static void event_step(struct sim *s)
{
	switch (sim_dice(s, 8)) {
	case 0:
	case 1:
	case 2:
		sim_fib_step(s);
		break;
	case 3:
	case 4:
		sim_bgp_run(s, 1 + sim_dice(s, 20));
		break;
	case 5:
	case 6:
		sim_bgp_hear(s, 1 + sim_dice(s, 4));
		break;
	default:
		fake_edges.now_ns += (uint64_t)sim_dice(s, 1500) * 1000000;
	}
}

static void event_rare(struct sim *s)
{
	static const uint32_t tables[] = {SIM_BLUE, 0, SIM_BLUE + 1};
	switch (sim_dice(s, 6)) {
	case 0:
		s->plain ^=
			s->faults & SIM_RESTARTS && s->faults & SIM_MODES && sim_dice(s, 3) == 0;
		if (s->faults & SIM_RESTARTS)
			sim_restart(s);
		break;
	case 1:
		sim_adoption_ends(s);
		break;
	case 2:
		if (s->faults & SIM_VRFS)
			sim_blue(s, tables[sim_dice(s, 3)]);
		break;
	case 3:
		if (s->faults & SIM_LOSSES)
			disorder(s);
		break;
	default:
		sim_settle(s);
	}
}

void sim_event(struct sim *s)
{
	faults_arm(s);
	switch (sim_dice(s, 24)) {
	case 0:
	case 1:
	case 2:
		event_session(s, sim_dice(s, SIM_PEERS));
		break;
	case 3:
		if (s->faults & SIM_FAR && sim_dice(s, 2))
			sim_far_event(s);
		else if (s->faults & SIM_LINKS_FLAP)
			event_host(s);
		break;
	case 4:
	case 5:
		if (s->faults & SIM_FOREIGN)
			sim_foreign(s);
		break;
	case 6:
		event_rare(s);
		break;
	case 7:
	case 8:
	case 9:
	case 10:
		event_path(s);
		break;
	default:
		event_step(s);
	}
}

void sim_repair_world(struct sim *s)
{
	s->chaos = false;
	faults_arm(s);
	all_sources(s->kernel);
	sim_far_repair(s);
	for (unsigned n = 0; n < SIM_PEERS; n++)
		sim_bfd_heard(s, n);
}
