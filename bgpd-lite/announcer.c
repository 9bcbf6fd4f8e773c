#include "bgpd-lite/announcer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"
#include "rib/as_path.h"

#define RETRY_S 0.05 /* until a full queue is tried again */
#define FILE_S  1.0  /* where inotify tells nothing of a file */

enum {
	COMMUNITIES_BYTES_MAX = UINT16_MAX,
};

/* A file that an announcement waits for. */
struct watch {
	struct announcer *announcer;
	char *path;
	struct ev_stat stat;
};

struct announcer {
	struct daemon *daemon;
	struct adj_out *table;
	struct ev_timer retry;
	struct ev_timer changed;
	struct watch *watches;
	size_t watches_n;
};

/* ---- sending ---- */

static int send_message(void *arg, const void *bytes, size_t len)
{
	struct neighbor *n = arg;
	return session_send(n->session, bytes, len);
}

static bool send_end_of_rib(struct neighbor *n)
{
	static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};
	uint8_t message[BGP_MESSAGE_MAX];

	for (size_t i = 0; i < 2; i++) {
		if (!(n->out.end_of_rib_due & each[i]))
			continue;
		if (session_send(n->session, message, bgp_end_of_rib_encode(each[i], message)) != 0)
			return false;
		n->out.end_of_rib_due &= ~each[i];
	}
	return true;
}

/* False: its queue is full, the rest comes later. */
static bool flush(struct announcer *a, struct neighbor *n)
{
	if (!n->out.up)
		return true;
	return adj_out_flush(a->table, n->out.number, &n->out.to, send_message, n) &&
	       send_end_of_rib(n);
}

static void flush_or_wait(struct announcer *a, struct neighbor *n)
{
	if (!flush(a, n) && !ev_is_active(&a->retry)) {
		ev_timer_set(&a->retry, RETRY_S, RETRY_S);
		ev_timer_start(a->daemon->loop, &a->retry);
	}
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct announcer *a = w->data;
	bool all = true;

	(void)events;
	for (size_t i = 0; i < a->daemon->neighbors_n; i++)
		all = flush(a, a->daemon->neighbors[i]) && all;
	if (all)
		ev_timer_stop(loop, w);
}

/* ---- next hops ---- */

static struct addr link_local_on(const struct host *h, uint32_t ifindex)
{
	const struct fib_address *a;
	size_t n = host_addresses(h, &a);

	for (size_t i = 0; ifindex && i < n; i++)
		if (a[i].ifindex == ifindex && a[i].addr.family == ADDR_V6 &&
			addr_is_link_local(a[i].addr))
			return a[i].addr;
	return (struct addr){.family = ADDR_NONE};
}

/* RFC 2545 3: the link-local address too where the neighbour is on the link; alone where there is
 * no global one. */
static void next_hops_v6(struct bgp_update_to *to, struct addr local, struct addr link_local)
{
	to->next_hop[1] = local;
	to->next_hop_link_local = link_local;
	if (local.family == ADDR_NONE || addr_is_link_local(local)) {
		to->next_hop[1] = local.family ? local : link_local;
		to->next_hop_link_local = (struct addr){.family = ADDR_NONE};
	}
}

static struct bgp_update_to to_make(const struct neighbor *n)
{
	const struct host *h = rib_host(n->daemon->rib);
	const struct session_conf *c = session_configuration(n->session);
	uint32_t ifindex = n->conf->ebgp_multihop > 1 ? 0 : neighbor_ifindex(n);
	struct session_info info;

	session_info(n->session, &info);
	struct bgp_update_to to = {
		.as4 = info.peer.as4, .ebgp = info.peer.as != c->local_as, .local_as = c->local_as};
	struct addr local = info.local, v6 = {.family = ADDR_NONE};
	if (local.family == ADDR_V4)
		to.next_hop[0] = local;
	else
		host_link_address(h, ifindex, ADDR_V4, &to.next_hop[0]);
	if (local.family == ADDR_V6 && !addr_is_link_local(local))
		v6 = local;
	else if (!host_link_address(h, ifindex, ADDR_V6, &v6))
		v6 = local.family == ADDR_V6 ? local : (struct addr){.family = ADDR_NONE};
	next_hops_v6(&to, v6, link_local_on(h, ifindex));
	return to;
}

static void say_next_hops(const struct neighbor *n, uint32_t families)
{
	for (int v6 = 0; v6 < 2; v6++)
		if ((families & (v6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4)) &&
			n->out.to.next_hop[v6].family == ADDR_NONE)
			log_warn("not announced neighbor=\"%s\" family=ipv%d reason=\"this host "
				 "has no address of that family on the way to it\"",
				n->conf->name, v6 ? 6 : 4);
}

/* ---- what is announced ---- */

/* A local speaker hears only what is for it by name. */
static bool target_is(const struct conf_target *t, const struct conf_neighbor *c)
{
	switch (t->kind) {
	case CONF_TARGET_ALL:
		return !c->local_speaker;
	case CONF_TARGET_VRF:
		return !c->local_speaker && t->vrf == c->vrf;
	case CONF_TARGET_NEIGHBOR:
		return t->vrf == c->vrf && addr_equal(t->address, c->address) &&
		       strcmp(t->interface, c->interface) == 0;
	}
	return false;
}

static struct adj_out_peers peers_of(
	const struct announcer *a, const struct conf_target *targets, size_t targets_n)
{
	struct adj_out_peers peers = {0};

	for (size_t i = 0; i < a->daemon->neighbors_n; i++) {
		const struct neighbor *n = a->daemon->neighbors[i];
		for (size_t k = 0; k < targets_n && n->out.number != ANNOUNCER_NO_NUMBER; k++)
			if (target_is(&targets[k], n->conf))
				adj_out_peers_add(&peers, n->out.number);
	}
	return peers;
}

static struct attr_bytes path_bytes(uint32_t as, uint8_t times, struct wr *w)
{
	size_t at = wr_len(w);

	if (times) {
		wr_u8(w, AS_SEGMENT_SEQUENCE);
		wr_u8(w, times);
	}
	for (uint8_t i = 0; i < times; i++)
		wr_u32(w, as);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static struct attr_bytes community_bytes(const struct conf_announcement *c, struct wr *w)
{
	size_t at = wr_len(w);

	for (size_t i = 0; i < c->communities_n; i++)
		wr_u32(w, c->communities[i]);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static struct attr_bytes large_community_bytes(const struct conf_announcement *c, struct wr *w)
{
	size_t at = wr_len(w);

	for (size_t i = 0; i < c->large_communities_n; i++)
		for (size_t k = 0; k < 3; k++)
			wr_u32(w, c->large_communities[i].number[k]);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static const struct attrs *attrs_of(struct announcer *a, const struct conf_announcement *c)
{
	static uint8_t bytes[COMMUNITIES_BYTES_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));
	struct attr_view v = {.origin = ATTR_ORIGIN_IGP,
		.has_med = c->has_med,
		.med = c->med,
		.has_local_pref = c->has_local_preference,
		.local_pref = c->local_preference};

	v.as_path = path_bytes(a->daemon->conf->bgp.local_as, c->as_path_prepend, &w);
	v.communities = community_bytes(c, &w);
	v.large_communities = large_community_bytes(c, &w);
	const struct attrs *attrs = attr_get(adj_out_attrs(a->table), &v,
		(struct addr){.family = ADDR_NONE}, (struct addr){.family = ADDR_NONE});
	if (!attrs || w.err)
		abort(); /* the configuration has limits, so this is a lack of memory */
	return attrs;
}

static bool has_address(const struct host *h, const struct prefix *p)
{
	const struct fib_address *a;
	size_t n = host_addresses(h, &a);

	for (size_t i = 0; i < n; i++)
		if (prefix_has_addr(*p, a[i].addr) && host_is_own(h, a[i].addr))
			return true;
	return false;
}

const char *announcer_waits(
	const struct announcer *a, const struct conf_announcement *c, const struct prefix *p)
{
	switch (c->when) {
	case CONF_WHEN_ALWAYS:
		break;
	case CONF_WHEN_ADDRESS_PRESENT:
		return has_address(rib_host(a->daemon->rib), p)
			       ? ""
			       : "no address of this host is in it";
	case CONF_WHEN_FILE_PRESENT:
		return access(c->when_file, F_OK) == 0 ? "" : "the file does not exist";
	}
	return "";
}

/* What waits is there too, for nobody, so that it can be shown. */
static void offer(struct announcer *a, uint32_t index)
{
	const struct conf_announcement *c = &a->daemon->conf->announcements[index];
	struct adj_out_peers peers = peers_of(a, c->targets, c->targets_n), nobody = {0};
	const struct attrs *attrs = attrs_of(a, c);
	uint32_t number = adj_out_offer(a->table, attrs, &peers, index);
	uint32_t waiting = c->when ? adj_out_offer(a->table, attrs, &nobody, index) : number;

	attr_put(adj_out_attrs(a->table), attrs);
	for (size_t i = 0; i < c->prefixes_n; i++) {
		bool waits = announcer_waits(a, c, &c->prefixes[i])[0];
		adj_out_add(a->table, waits ? waiting : number, &c->prefixes[i]);
	}
}

static bool is_internal(const struct conf_neighbor *c)
{
	return c->remote_as_kind == CONF_REMOTE_AS_INTERNAL || c->remote_as == c->local_as;
}

/* Of these the internal ones, without the speaker itself. */
static struct adj_out_peers but_external(const struct announcer *a, struct adj_out_peers from)
{
	struct adj_out_peers peers = {0};

	for (size_t i = 0; i < a->daemon->neighbors_n; i++) {
		const struct neighbor *n = a->daemon->neighbors[i];
		if (n->out.number != ANNOUNCER_NO_NUMBER && is_internal(n->conf) &&
			adj_out_peers_has(&from, n->out.number))
			adj_out_peers_add(&peers, n->out.number);
	}
	return peers;
}

/* One offer for each run of paths with the same attributes. */
static void offer_speaker(struct announcer *a, const struct neighbor *n)
{
	const struct conf_neighbor *c = n->conf;
	struct adj_out_peers all = peers_of(a, c->announce_to, c->announce_to_n);
	const struct attrs *last = NULL;
	uint32_t number = 0;

	if (n->out.number != ANNOUNCER_NO_NUMBER) /* never back to where it came from */
		all.bits[n->out.number / 64] &= ~((uint64_t)1 << (n->out.number % 64));
	struct adj_out_peers internal = but_external(a, all);
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
	for (size_t i = 0; i < a->daemon->neighbors_n; i++)
		flush_or_wait(a, a->daemon->neighbors[i]);
}

/* ---- what `when` looks at ---- */

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

static void on_file(struct ev_loop *loop, struct ev_stat *w, int events)
{
	struct watch *watch = w->data;
	(void)loop;
	(void)events;
	if (!w->attr.st_nlink != !w->prev.st_nlink)
		offer_all(watch->announcer);
}

static void watches_stop(struct announcer *a)
{
	for (size_t i = 0; i < a->watches_n; i++) {
		ev_stat_stop(a->daemon->loop, &a->watches[i].stat);
		free(a->watches[i].path);
	}
	free(a->watches);
	a->watches = NULL;
	a->watches_n = 0;
}

static void watch_file(struct announcer *a, const char *path)
{
	struct watch *w = &a->watches[a->watches_n++];

	w->announcer = a;
	w->path = strdup(path);
	if (!w->path)
		abort();
	ev_stat_init(&w->stat, on_file, w->path, FILE_S);
	w->stat.data = w;
	ev_stat_start(a->daemon->loop, &w->stat);
}

static void watches_start(struct announcer *a)
{
	const struct conf *c = a->daemon->conf;

	watches_stop(a);
	a->watches = calloc(c->announcements_n + 1, sizeof(*a->watches));
	if (!a->watches)
		abort();
	for (size_t i = 0; i < c->announcements_n; i++)
		if (c->announcements[i].when == CONF_WHEN_FILE_PRESENT)
			watch_file(a, c->announcements[i].when_file);
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
	watches_start(a);
	offer_all(a);
}

/* ---- neighbours ---- */

uint16_t announcer_number_free(const struct daemon *d)
{
	struct adj_out_peers used = {0};

	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->out.number != ANNOUNCER_NO_NUMBER)
			adj_out_peers_add(&used, d->neighbors[i]->out.number);
	for (uint16_t i = 0; i < ADJ_OUT_PEERS_MAX; i++)
		if (!adj_out_peers_has(&used, i))
			return i;
	return ANNOUNCER_NO_NUMBER;
}

void announcer_neighbor_up(struct announcer *a, struct neighbor *n)
{
	struct session_info info;

	session_info(n->session, &info);
	n->out.end_of_rib_due = info.families;
	n->out.to = to_make(n);
	n->out.up = true;
	if (n->out.number != ANNOUNCER_NO_NUMBER) {
		adj_out_peer_up(a->table, n->out.number, info.families);
		say_next_hops(n, adj_out_pending(a->table, n->out.number) ? info.families : 0);
	}
	flush_or_wait(a, n);
}

void announcer_neighbor_down(struct announcer *a, struct neighbor *n)
{
	if (n->out.up && n->out.number != ANNOUNCER_NO_NUMBER)
		adj_out_peer_down(a->table, n->out.number);
	n->out.up = false;
	n->out.end_of_rib_due = 0;
}

void announcer_refresh(struct announcer *a, struct neighbor *n, uint32_t families)
{
	if (!n->out.up || n->out.number == ANNOUNCER_NO_NUMBER)
		return;
	n->out.end_of_rib_due |= families;
	adj_out_refresh(a->table, n->out.number, families);
	flush_or_wait(a, n);
}

void announcer_links_changed(struct announcer *a, struct neighbor *n)
{
	struct bgp_update_to to;
	uint32_t families = 0;

	if (!n->out.up || n->out.number == ANNOUNCER_NO_NUMBER)
		return;
	to = to_make(n);
	if (!addr_equal(to.next_hop[0], n->out.to.next_hop[0]))
		families |= BGP_FAMILY_IPV4;
	if (!addr_equal(to.next_hop[1], n->out.to.next_hop[1]) ||
		!addr_equal(to.next_hop_link_local, n->out.to.next_hop_link_local))
		families |= BGP_FAMILY_IPV6;
	n->out.to = to;
	adj_out_refresh(a->table, n->out.number, families);
	flush_or_wait(a, n);
}

struct announcer *announcer_new(struct daemon *d, uint32_t hash_seed)
{
	struct announcer *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->daemon = d;
	a->table = adj_out_new(hash_seed);
	ev_timer_init(&a->retry, on_retry, RETRY_S, RETRY_S);
	a->retry.data = a;
	ev_timer_init(&a->changed, on_changed, 0, 0);
	a->changed.data = a;
	if (a->table)
		return a;
	free(a);
	return NULL;
}

void announcer_free(struct announcer *a)
{
	if (!a)
		return;
	ev_timer_stop(a->daemon->loop, &a->retry);
	ev_timer_stop(a->daemon->loop, &a->changed);
	watches_stop(a);
	adj_out_free(a->table);
	free(a);
}

struct attr_store *announcer_attrs(struct announcer *a)
{
	return adj_out_attrs(a->table);
}

const struct adj_out *announcer_table(const struct announcer *a)
{
	return a->table;
}
