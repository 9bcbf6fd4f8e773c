#include "bgpd-lite/announcer.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/announced.h"
#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/when.h"
#include "lib/clock.h"

enum {
	PATIENCE_MS = 60000,
};

struct announcer {
	struct daemon *daemon;
	struct adj_out *table;
	struct when *when;
	struct ev_timer changed;
	struct ev_timer patience; /* with speakers after a restart */
	bool complete;            /* stays true */
};

/* ---- what is announced ---- */

static struct adj_out_peers peers_of(
	const struct announcer *a, const struct conf_target *targets, size_t targets_n)
{
	struct adj_out_peers peers = {0};

	for (size_t i = 0; i < a->daemon->neighbors_n; i++) {
		const struct neighbor *n = a->daemon->neighbors[i];
		for (size_t k = 0; k < targets_n && n->out.number != OUTLET_NO_NUMBER; k++)
			if (conf_target_has(&targets[k], n->conf))
				adj_out_peers_add(&peers, n->out.number);
	}
	return peers;
}

/* What waits is there too, for nobody, so that it can be shown. */
static void offer(struct announcer *a, uint32_t index)
{
	const struct conf_announcement *c = &a->daemon->conf->announcements[index];
	struct adj_out_peers peers = peers_of(a, c->targets, c->targets_n), nobody = {0};
	const struct attrs *attrs =
		announced_attrs(adj_out_attrs(a->table), c, a->daemon->conf->bgp.local_as);
	uint32_t number = adj_out_offer(a->table, attrs, &peers, index);
	uint32_t waiting = c->when ? adj_out_offer(a->table, attrs, &nobody, index) : number;

	attr_put(adj_out_attrs(a->table), attrs);
	for (size_t i = 0; i < c->prefixes_n; i++) {
		bool waits = when_waits(a->daemon, c, &c->prefixes[i])[0];
		adj_out_add(a->table, waits ? waiting : number, &c->prefixes[i]);
	}
}

bool announcer_is_internal(const struct conf_neighbor *c)
{
	return c->remote_as_kind == CONF_REMOTE_AS_INTERNAL || c->remote_as == c->local_as;
}

/* Of these the internal ones, without the speaker itself. */
static struct adj_out_peers but_external(const struct announcer *a, struct adj_out_peers from)
{
	struct adj_out_peers peers = {0};

	for (size_t i = 0; i < a->daemon->neighbors_n; i++) {
		const struct neighbor *n = a->daemon->neighbors[i];
		if (n->out.number != OUTLET_NO_NUMBER && announcer_is_internal(n->conf) &&
			adj_out_peers_has(&from, n->out.number))
			adj_out_peers_add(&peers, n->out.number);
	}
	return peers;
}

/* One offer for each run of paths with the same attributes. */
static void offer_speaker(struct announcer *a, struct neighbor *n)
{
	const struct conf_neighbor *c = n->conf;
	struct adj_out_peers all = peers_of(a, c->announce_to, c->announce_to_n);
	const struct attrs *last = NULL;
	uint32_t number = 0;

	if (n->out.number != OUTLET_NO_NUMBER) /* never back to where it came from */
		all.bits[n->out.number / 64] &= ~((uint64_t)1 << (n->out.number % 64));
	struct adj_out_peers internal = but_external(a, all);
	speaker_find_echoes(n);
	for (size_t i = 0; i < n->speaker->paths_n; i++) {
		const struct speaker_path *p = &n->speaker->paths[i];
		if (!speaker_permits(n, p))
			continue;
		if (p->attrs != last)
			number = adj_out_offer(a->table, p->attrs,
				speaker_is_internal(p->attrs) ? &internal : &all,
				ANNOUNCER_SPEAKER | n->out.number);
		last = p->attrs;
		adj_out_add(a->table, number, &p->prefix);
	}
}

static bool somebody_is_told(const struct announcer *a, size_t i, size_t offers_n)
{
	static const struct adj_out_peers nobody;
	const struct adj_out_peers *peers;
	const struct attrs *attrs;

	for (size_t k = 0; k < offers_n; k++) {
		adj_out_look_offer(a->table, i, k, &attrs, &peers);
		if (memcmp(peers, &nobody, sizeof(nobody)) != 0)
			return true;
	}
	return false;
}

/* What we announce must not come back as a route. */
static void tell_rib(struct announcer *a)
{
	size_t n = 0, all = adj_out_count(a->table);
	struct prefix *own = calloc(all + 1, sizeof(*own));

	if (!own)
		abort();
	for (size_t i = 0; i < all; i++) {
		struct adj_out_view v;
		adj_out_look(a->table, i, &v);
		if (somebody_is_told(a, i, v.offers_n))
			own[n++] = v.prefix;
	}
	rib_own_announcements(a->daemon->rib, own, n);
	free(own);
	fibc_kick(a->daemon);
}

/* ---- End-of-RIB after a restart ---- */

static bool has_said_all(const struct neighbor *n)
{
	struct session_info info;

	session_info(n->session, &info);
	return info.state == FSM_ESTABLISHED && !(info.families & ~n->end_of_rib);
}

/* A restart that gateways help: they forget at our End-of-RIB what was not announced again. */
static bool speaker_is_awaited(const struct announcer *a)
{
	const struct daemon *d = a->daemon;

	if (!d->host_kept || clock_ms() - d->started_ms >= PATIENCE_MS)
		return false;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (n->conf->local_speaker && !n->waiting[0] && !neighbor_is_shutdown(n) &&
			!has_said_all(n))
			return true;
	}
	return false;
}

bool announcer_is_complete(const struct announcer *a)
{
	return a->complete;
}

static void on_patience(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct announcer *a = w->data;
	(void)loop;
	(void)events;
	if (!a->complete)
		announcer_changed(a);
}

/* ---- the whole set ---- */

static void offer_all(struct announcer *a)
{
	adj_out_begin(a->table);
	for (size_t i = 0; i < a->daemon->conf->announcements_n; i++)
		offer(a, (uint32_t)i);
	for (size_t i = 0; i < a->daemon->neighbors_n; i++)
		if (a->daemon->neighbors[i]->speaker)
			offer_speaker(a, a->daemon->neighbors[i]);
	adj_out_commit(a->table);
	tell_rib(a);
	a->complete = a->complete || !speaker_is_awaited(a);
	for (size_t i = 0; i < a->daemon->neighbors_n; i++)
		outlet_send(a->daemon->neighbors[i]);
}

void announcer_addresses_changed(struct announcer *a)
{
	const struct conf *c = a->daemon->conf;

	for (size_t i = 0; i < c->announcements_n; i++) {
		if (c->announcements[i].when != CONF_WHEN_ADDRESS_PRESENT)
			continue;
		offer_all(a);
		return;
	}
}

void announcer_rib_at_rest(struct announcer *a)
{
	when_rib_at_rest(a->when);
}

static void on_changed(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct announcer *a = w->data;
	(void)loop;
	(void)events;
	if (a->daemon->stop == DAEMON_RUNS)
		offer_all(a);
}

void announcer_changed(struct announcer *a)
{
	if (ev_is_active(&a->changed))
		return;
	ev_timer_set(&a->changed, 0, 0);
	ev_timer_start(a->daemon->loop, &a->changed);
}

void announcer_update(struct announcer *a)
{
	when_update(a->when);
	offer_all(a);
}

struct announcer *announcer_new(struct daemon *d, uint32_t hash_seed)
{
	struct announcer *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->daemon = d;
	a->table = adj_out_new(hash_seed);
	a->when = when_new(d);
	ev_timer_init(&a->changed, on_changed, 0, 0);
	a->changed.data = a;
	ev_timer_init(&a->patience, on_patience, PATIENCE_MS / 1000.0 + 0.1, 0);
	a->patience.data = a;
	ev_timer_start(d->loop, &a->patience);
	if (a->table && a->when)
		return a;
	announcer_free(a);
	return NULL;
}

void announcer_free(struct announcer *a)
{
	if (!a)
		return;
	ev_timer_stop(a->daemon->loop, &a->changed);
	ev_timer_stop(a->daemon->loop, &a->patience);
	when_free(a->when);
	adj_out_free(a->table);
	free(a);
}

struct attr_store *announcer_attrs(struct announcer *a)
{
	return adj_out_attrs(a->table);
}

struct adj_out *announcer_table(const struct announcer *a)
{
	return a->table;
}
