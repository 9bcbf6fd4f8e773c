/* Adoption: what an earlier life left in the kernel stays in use until the neighbours have told all
 * again. A gateway of it that has no session cannot be watched by one, so it has to prove within
 * ADOPT_PROOF_S that it lives: by BFD where a neighbour of that address has it, else by its entry
 * in the kernel's neighbour table, for which fib makes the kernel ask at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

#define ADOPT_PROOF_S 5.0

static void remember(struct adopt *a, const struct fib_gateway *g)
{
	if (a->gateways_n == sizeof(a->gateways) / sizeof(a->gateways[0]))
		return;
	a->gateways[a->gateways_n++] = *g;
}

static void receive_gateways(struct daemon *d, const struct chan_head *head)
{
	const struct fib_gateway *g = (const void *)(head + 1);
	for (unsigned i = 0; i < head->count; i++) {
		rib_adopt_gateway(d->rib, &g[i]);
		remember(&d->adopt, &g[i]);
	}
}

static void listed(struct daemon *d)
{
	d->adopt.phase = ADOPT_KEEPS;
	rib_adopt_listed(d->rib);
	log_info("adopted routes=%llu", (unsigned long long)rib_adopted(d->rib));
	events_add(&d->events, clock_realtime_ns(), EVENT_DAEMON, "",
		"%llu routes of an earlier life taken over",
		(unsigned long long)rib_adopted(d->rib));
}

static bool group_whole(const struct chan_head *head, size_t len)
{
	const struct fib_msg_group *m = (const void *)head;
	return len >= offsetof(struct fib_msg_group, member) &&
	       m->live_n <= FIB_GROUP_MEMBERS_MAX && !m->fallback_n && len == fib_msg_group_len(m);
}

bool adopt_receive(struct daemon *d, const struct chan_head *head, size_t len)
{
	if (head->type == FIB_MSG_ADOPTED_GATEWAY &&
		len == sizeof(*head) + head->count * sizeof(struct fib_gateway))
		receive_gateways(d, head);
	else if (head->type == FIB_MSG_ADOPTED_GROUP && group_whole(head, len))
		rib_adopt_group(d->rib, (const struct fib_msg_group *)head);
	else if (head->type == FIB_MSG_ADOPTED)
		d->adopt.phase = ADOPT_KNOWN;
	else if (head->type == FIB_MSG_LISTED)
		listed(d);
	else
		return false;
	return true;
}

/* ---- does it live? ---- */

/* A neighbour of that address has BFD, and it is Up, or is not. */
static bool bfd_is(const struct daemon *d, struct addr address, bool up)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		bool is_up = n->bfd_told && n->bfd.state == BFD_STATE_UP;
		if (addr_equal(n->conf->address, address) && n->bfd_id && is_up == up)
			return true;
	}
	return false;
}

/* Why it counts as dead; NULL: it lives. */
static const char *death_of(const struct daemon *d, const struct fib_gateway *g)
{
	if (bfd_is(d, g->addr, false))
		return "of an earlier life, and its BFD is not up";
	if (bfd_is(d, g->addr, true) ||
		rib_neighbor(d->rib, g->ifindex, g->addr) == FIB_NEIGHBOR_GOOD)
		return NULL;
	return "of an earlier life, and it does not answer (ARP, ND)";
}

static bool nobody_holds(const struct daemon *d, uint32_t gateway)
{
	static struct rib_gateway_view views[FIB_ADOPTED_GATEWAYS_MAX + RIB_PEERS_MAX];
	size_t max = sizeof(views) / sizeof(views[0]), n = rib_gateways(d->rib, views, max);

	for (size_t i = 0; i < n && i < max; i++)
		if (views[i].gateway == gateway)
			return views[i].holders == 0;
	return false;
}

static void gateway_is_dead(
	struct daemon *d, uint32_t gateway, struct addr address, const char *why)
{
	struct fib_msg_gateway_lost m = {.gateway = gateway};
	char text[ADDR_TEXT_MAX];

	snprintf(m.text, sizeof(m.text), "%s", why);
	log_event(LOG_LEVEL_WARN, LOG_ID_GATEWAY_LOST, "gateway lost address=%s reason=\"%s\"",
		addr_text(address, text), m.text);
	events_add(&d->events, clock_realtime_ns(), EVENT_GATEWAY, addr_text(address, text),
		"lost: %s", m.text);
	fibc_gateway_down(d, gateway);
	rib_gateway_lost(d->rib, &m, clock_ms());
	fibc_kick(d);
}

static void on_proof(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	const struct adopt *a = &d->adopt;

	(void)loop;
	(void)events;
	for (size_t i = 0; i < a->gateways_n && d->stop == DAEMON_RUNS; i++) {
		const struct fib_gateway *g = &a->gateways[i];
		const char *why = nobody_holds(d, g->gateway) ? death_of(d, g) : NULL;
		if (why)
			gateway_is_dead(d, g->gateway, g->addr, why);
	}
}

/* ---- begin and end ---- */

void adopt_start(struct daemon *d)
{
	ev_timer_init(&d->adopt.proof, on_proof, ADOPT_PROOF_S, 0);
	d->adopt.proof.data = d;
}

void adopt_begin(struct daemon *d)
{
	if (d->adopt.gateways_n) {
		d->adopt.phase = ADOPT_LISTS;
		ev_timer_start(d->loop, &d->adopt.proof);
	} else {
		d->adopt.phase = ADOPT_ENDED;
	}
}

void adopt_list(struct daemon *d)
{
	struct chan_head list = {FIB_CHANNEL_VERSION, FIB_MSG_LIST, 1};
	if (d->adopt.phase != ADOPT_LISTS)
		return;
	rib_out_push(d->rib, &list, sizeof(list));
	fibc_kick(d);
}

bool adopt_end(struct daemon *d)
{
	if (d->adopt.phase == ADOPT_ENDED)
		return true;
	if (d->adopt.phase == ADOPT_KEEPS) {
		log_info("adoption ends routes=%llu", (unsigned long long)rib_adopted(d->rib));
		rib_adopt_end(d->rib);
		d->adopt.phase = ADOPT_ENDED;
		fibc_kick(d);
	}
	return false;
}
